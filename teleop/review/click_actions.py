"""The actions of a reviewer of clicks, and the keys and buttons for them.

`ClickWindow` reads the keys; `ClickReview.do` carries the actions out.
"""

from enum import auto

from ..ui.key_input import Key, KeyTable, ReviewAction


class ClickAction(ReviewAction):
    """What one press of a key or button does."""

    HERE = auto()
    HIDDEN = auto()
    LEFT = auto()
    RIGHT = auto()
    UP = auto()
    DOWN = auto()
    SLIDE_LEFT = auto()
    SLIDE_RIGHT = auto()
    SLIDE_UP = auto()
    SLIDE_DOWN = auto()
    UNDO = auto()
    HELP = auto()
    QUIT = auto()


KEYS = KeyTable(
    "clicks",
    [
        Key(
            ClickAction.HERE,
            "enter, space",
            "A",
            "it is here; so does a click of the mouse",
            "here",
        ),
        Key(
            ClickAction.HIDDEN,
            "n, tab",
            "B",
            "it cannot be seen: the next picture",
            "not to be seen",
        ),
        Key(ClickAction.LEFT, "left", "D-pad left", "cursor to the left, 2 pixels", "move", True),
        Key(ClickAction.RIGHT, "right", "D-pad right", "cursor to the right", "", True),
        Key(ClickAction.UP, "up", "D-pad up", "cursor up", "", True),
        Key(ClickAction.DOWN, "down", "D-pad down", "cursor down", "", True),
        Key(
            ClickAction.SLIDE_LEFT, "", "left stick left", "cursor to the left, gliding", held=True
        ),
        Key(
            ClickAction.SLIDE_RIGHT,
            "",
            "left stick right",
            "cursor to the right, gliding",
            held=True,
        ),
        Key(ClickAction.SLIDE_UP, "", "left stick up", "cursor up, gliding", held=True),
        Key(ClickAction.SLIDE_DOWN, "", "left stick down", "cursor down, gliding", held=True),
        Key(ClickAction.UNDO, "u, backspace", "LB", "take the last click back", "undo"),
        Key(ClickAction.HELP, "h, f1", "GUIDE", "this help", "help"),
        Key(
            ClickAction.QUIT,
            "q, escape",
            "RB + BACK",
            "leave, and fine-tune perception",
            "leave and fine-tune",
        ),
    ],
)
MOVES = {
    ClickAction.LEFT: (-2, 0),
    ClickAction.RIGHT: (2, 0),
    ClickAction.UP: (0, -2),
    ClickAction.DOWN: (0, 2),
}
"""Pixels of the picture to the right and down."""
