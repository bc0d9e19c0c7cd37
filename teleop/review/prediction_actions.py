"""The actions of a reviewer of predictions, and the keys for them.

`PredictionWindow` reads the keys; `PredictionReview.do` carries the actions out.
"""

from enum import auto

from ..ui.key_input import Key, KeyTable, ReviewAction


class PredictionAction(ReviewAction):
    """What one press of a key or button does."""

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
        Key(
            PredictionAction.ACCEPT,
            "a, enter",
            "A",
            "right as drawn; a moved one is a correction",
            "right",
        ),
        Key(PredictionAction.REJECT, "r", "B", "wrong: it counts for nothing", "wrong"),
        Key(
            PredictionAction.AS_DONE, "c", "Y", "right would be what was done (blue)", "as was done"
        ),
        Key(
            PredictionAction.AWAY,
            "up",
            "D-pad up, left stick up",
            "move its end away from you, 5 mm",
            "move the end",
            True,
        ),
        Key(
            PredictionAction.NEAR,
            "down",
            "D-pad down, left stick down",
            "move its end towards you",
            "",
            True,
        ),
        Key(
            PredictionAction.LEFT,
            "left",
            "D-pad left, left stick left",
            "move its end to the left",
            "",
            True,
        ),
        Key(
            PredictionAction.RIGHT,
            "right",
            "D-pad right, left stick right",
            "move its end to the right",
            "",
            True,
        ),
        Key(PredictionAction.UP, "page up", "RB + D-pad up", "move its end up", "", True),
        Key(PredictionAction.DOWN, "page down", "RB + D-pad down", "move its end down", "", True),
        Key(PredictionAction.GRIP, "g", "X", "the gripper ends closed, or open", "grip"),
        Key(
            PredictionAction.DRIVE,
            "d",
            "START",
            "drive it from this very state; again: done",
            "drive",
        ),
        Key(PredictionAction.UNDO, "u, backspace", "LB", "take the last grade back", "undo"),
        Key(PredictionAction.SKIP, "n, tab", "BACK", "next, without a grade", "next"),
        Key(PredictionAction.HELP, "h, f1", "GUIDE", "this help", "help"),
        Key(PredictionAction.QUIT, "q, escape", "RB + BACK", "leave; everything is kept already"),
    ],
)
DIRECTIONS = {
    PredictionAction.AWAY: (1, 0, 0),
    PredictionAction.NEAR: (-1, 0, 0),
    PredictionAction.LEFT: (0, 1, 0),
    PredictionAction.RIGHT: (0, -1, 0),
    PredictionAction.UP: (0, 0, 1),
    PredictionAction.DOWN: (0, 0, -1),
}
"""Unit vectors in the base frame: x away from the robot, y to its left, z up."""
