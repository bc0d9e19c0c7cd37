"""An `InputMessage` is what a driver's browser sends 60 times a second, checked at the door."""

import math
from dataclasses import dataclass, field

from ....datasets.files.decoding import decoded, parsed_json
from ....sim_envs.errors import BadValue

MOST_KEYS, MOST_PADS, MOST_INPUTS = 40, 4, 40
LONGEST_KEY, LONGEST_NAME = 20, 100
MOST_COUNTED = 2**53
"""Browsers count no further."""


@dataclass(frozen=True)
class PadMessage:
    """One gamepad, in the standard mapping of the Gamepad API."""

    index: int
    name: str = ""
    axes: tuple[float, ...] = ()
    """In [-1, 1]: left stick x, y, right stick x, y."""
    buttons: tuple[float, ...] = ()
    """In [0, 1]; the triggers are buttons."""
    pressed: tuple[int, ...] = ()
    """Buttons that were pressed since the last message."""


@dataclass(frozen=True)
class InputMessage:
    """All inputs of a browser at one moment."""

    sequence: int
    sent_s: float
    """The browser's own clock, s."""
    frame: int = -1
    """Number of the picture that is shown; -1 for none."""
    keys: tuple[tuple[str, str], ...] = ()
    """Keys that are held: the names of their symbols, and of their places."""
    pressed: tuple[tuple[str, str], ...] = ()
    """Keys that were pressed since the last message."""
    pads: tuple[PadMessage, ...] = ()
    hidden: bool = False
    """Whether the tab is hidden."""
    camera: str = ""
    """A camera that was clicked on; empty for none."""
    key_presses: frozenset[str] = field(default_factory=frozenset, init=False)
    """`pressed` as the texts that `joined` makes."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key_presses", frozenset(map(joined, self.pressed)))


def joined(key: tuple[str, str]) -> str:
    """Symbol and place of a key as one text."""
    return f"{key[0]}\n{key[1]}"


def parsed_input(text: str) -> InputMessage:
    """A message of a browser; BadValue where it makes no sense."""
    message = decoded(parsed_json(text, "input", 16 * 1024), InputMessage, "input")
    if not (_has_few(message) and _has_sound_numbers(message)):
        raise BadValue("input", "a number of keys and pads that a person has", "more or others")
    return message


def _has_few(message: InputMessage) -> bool:
    """Whether there are so many keys, pads and letters as a person's browser sends."""
    words = [word for key in (*message.keys, *message.pressed) for word in key]
    names = [message.camera, *(pad.name for pad in message.pads)]
    return (
        max(len(message.keys), len(message.pressed)) <= MOST_KEYS
        and len(message.pads) <= MOST_PADS
        and all(max(len(p.axes), len(p.buttons)) <= MOST_INPUTS for p in message.pads)
        and all(len(word) <= LONGEST_KEY for word in words)
        and all(len(name) <= LONGEST_NAME for name in names)
    )


def _has_sound_numbers(message: InputMessage) -> bool:
    """Whether every number is one that a browser counts or measures."""
    counts = [message.sequence, message.frame + 1, *(pad.index for pad in message.pads)]
    numbers = [message.sent_s, *(v for pad in message.pads for v in (*pad.axes, *pad.buttons))]
    return all(0 <= n <= MOST_COUNTED for n in counts) and all(map(math.isfinite, numbers))
