"""What a grader of predictions can do, and the keys for it."""

from enum import auto

from ..ui.key_input import Key, KeyTable, ReviewAction


class Say(ReviewAction):
    """One press."""

    ACCEPT = auto()
    REJECT = auto()
    AS_DONE = auto()
    AWAY = auto()
    NEAR = auto()
    LEFT = auto()
    RIGHT = auto()
    UP = auto()
    DOWN = auto()
    GRIP = auto()
    DRIVE = auto()
    UNDO = auto()
    SKIP = auto()
    HELP = auto()
    QUIT = auto()


KEYS = KeyTable(
    "predictions",
    [
        Key(Say.ACCEPT, "a, enter", "A", "right as drawn; a moved one is a correction", "right"),
        Key(Say.REJECT, "r", "B", "wrong: it counts for nothing", "wrong"),
        Key(Say.AS_DONE, "c", "Y", "right would be what was done (blue)", "as was done"),
        Key(Say.AWAY, "up", "D-pad up, left stick up", "move its end away from you, 5 mm",
            "move the end", True),
        Key(Say.NEAR, "down", "D-pad down, left stick down", "move its end towards you", "", True),
        Key(Say.LEFT, "left", "D-pad left, left stick left", "move its end to the left", "", True),
        Key(Say.RIGHT, "right", "D-pad right, left stick right",
            "move its end to the right", "", True),
        Key(Say.UP, "page up", "RB + D-pad up", "move its end up", "", True),
        Key(Say.DOWN, "page down", "RB + D-pad down", "move its end down", "", True),
        Key(Say.GRIP, "g", "X", "the hand ends closed, or open", "grip"),
        Key(Say.DRIVE, "d", "START", "drive it from this very state; again: done", "drive"),
        Key(Say.UNDO, "u, backspace", "LB", "take the last grade back", "undo"),
        Key(Say.SKIP, "n, tab", "BACK", "next, without a grade", "next"),
        Key(Say.HELP, "h, f1", "GUIDE", "this help", "help"),
        Key(Say.QUIT, "q, escape", "RB + BACK", "leave; everything is kept already"),
    ],
)  # fmt: skip
DIRECTIONS = {
    Say.AWAY: (1, 0, 0),
    Say.NEAR: (-1, 0, 0),
    Say.LEFT: (0, 1, 0),
    Say.RIGHT: (0, -1, 0),
    Say.UP: (0, 0, 1),
    Say.DOWN: (0, 0, -1),
}
"""In the base frame: x away from the robot, y to its left, z up."""
