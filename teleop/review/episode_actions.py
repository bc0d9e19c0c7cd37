"""The actions of a reviewer of episodes, the keys for them, and the reasons and tags on offer.

`EpisodeWindow` reads the keys; `EpisodeReview.do` carries the actions out.
"""

from enum import auto

from ..ui.key_input import Key, KeyTable, ReviewAction

REASONS = (
    "missed the grasp",
    "dropped it",
    "wrong item",
    "wrong place",
    "pushed things about",
    "got stuck",
    "too slow",
    "clumsy driving",
    "odd recording",
)
TAGS = (
    "example to show",
    "unusual scene",
    "hard to see",
    "good recovery",
    "near miss",
    "look again",
    "leave out of figures",
    "instructive failure",
    "ask the operator",
)


class EpisodeAction(ReviewAction):
    """What one press of a key or button does."""

    SUCCESS = auto()
    FAILURE = auto()
    ONE = auto()
    TWO = auto()
    THREE = auto()
    FOUR = auto()
    FIVE = auto()
    SIX = auto()
    SEVEN = auto()
    EIGHT = auto()
    NINE = auto()
    REASON = auto()
    TAG = auto()
    WRITE = auto()
    BAD = auto()
    TRIM_START = auto()
    TRIM_END = auto()
    STAGE = auto()
    UNDO = auto()
    PLAY = auto()
    FORWARD = auto()
    BACK = auto()
    SECOND_ON = auto()
    SECOND_BACK = auto()
    FIRST = auto()
    LAST = auto()
    SCRUB_ON = auto()
    SCRUB_BACK = auto()
    FASTER = auto()
    SLOWER = auto()
    NEXT = auto()
    PREVIOUS = auto()
    HELP = auto()
    QUIT = auto()

    @property
    def number(self) -> int | None:
        """1 to 9 for the number keys; None for all others."""
        return _NUMBERS.index(self.name) + 1 if self.name in _NUMBERS else None


_NUMBERS = ("ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")

KEYS = KeyTable(
    "episodes",
    [
        Key(EpisodeAction.SUCCESS, "s, enter", "A", "success, and on to the next", "success"),
        Key(EpisodeAction.FAILURE, "f", "B", "failure, and on to the next", "failure"),
        Key(
            EpisodeAction.ONE,
            "1",
            "RB + D-pad down",
            "quality 1, poor; in a list: the first, 1 to 9",
            "…5 quality",
        ),
        Key(EpisodeAction.TWO, "2", "RB + D-pad left", "quality 2"),
        Key(EpisodeAction.THREE, "3", "RB + A", "quality 3"),
        Key(EpisodeAction.FOUR, "4", "RB + D-pad right", "quality 4"),
        Key(EpisodeAction.FIVE, "5", "RB + D-pad up", "quality 5, excellent"),
        Key(EpisodeAction.SIX, "6", "", ""),
        Key(EpisodeAction.SEVEN, "7", "", ""),
        Key(EpisodeAction.EIGHT, "8", "", ""),
        Key(EpisodeAction.NINE, "9", "", ""),
        Key(EpisodeAction.REASON, "r", "Y", "why: choose from a list", "reason"),
        Key(EpisodeAction.WRITE, "w", "", "why, in your own words: enter keeps", ""),
        Key(EpisodeAction.TAG, "t", "RB + Y", "tag: choose from a list", "tag"),
        Key(
            EpisodeAction.BAD,
            "b",
            "X",
            "a bad stretch begins here; again: it ends here",
            "bad stretch",
        ),
        Key(EpisodeAction.TRIM_START, "i", "L3", "trim: keep from here on", "trim"),
        Key(EpisodeAction.TRIM_END, "o", "R3", "trim: keep up to here", ""),
        Key(EpisodeAction.STAGE, "g", "RB + X", "the next stage of the job begins here", "stage"),
        Key(EpisodeAction.UNDO, "u, backspace", "LB", "take the last judgement back", "undo"),
        Key(EpisodeAction.PLAY, "space", "START", "play, pause", "play"),
        Key(EpisodeAction.FORWARD, "right", "D-pad right", "one step on; held: scrub", "", True),
        Key(EpisodeAction.BACK, "left", "D-pad left", "one step back; held: scrub", "", True),
        Key(EpisodeAction.SECOND_ON, "page down", "", "one second on", "", True),
        Key(EpisodeAction.SECOND_BACK, "page up", "", "one second back", "", True),
        Key(EpisodeAction.FIRST, "home", "", "to the beginning"),
        Key(EpisodeAction.LAST, "end", "", "to the end"),
        Key(EpisodeAction.SCRUB_ON, "", "RT", "forward, as fast as it is pulled", held=True),
        Key(EpisodeAction.SCRUB_BACK, "", "LT", "backward, as fast as it is pulled", held=True),
        Key(EpisodeAction.FASTER, "up", "D-pad up", "faster: 1, 2, 4, 8 times", "faster"),
        Key(EpisodeAction.SLOWER, "down", "D-pad down", "slower", ""),
        Key(EpisodeAction.NEXT, "n, tab", "BACK", "next, without a verdict", "next"),
        Key(EpisodeAction.PREVIOUS, "p", "RB + LB", "the one before", ""),
        Key(EpisodeAction.HELP, "h, f1", "GUIDE", "this help", "help"),
        Key(EpisodeAction.QUIT, "q, escape", "RB + BACK", "leave; everything is kept already", ""),
    ],
)
