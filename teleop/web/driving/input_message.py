"""An `InputMessage` is what a driver's browser sends 60 times a second, checked at the door."""

import math
from dataclasses import dataclass, field

from ....datasets.files.decoding import decoded, parsed_json
from ....sim_envs.errors import BadValue

MOST_KEYS, MOST_PADS, MOST_INPUTS = 40, 4, 40
LONGEST_KEY = 20


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
    numbers = [message.sent_s, *(v for pad in message.pads for v in (*pad.axes, *pad.buttons))]
    words = [word for key in (*message.keys, *message.pressed) for word in key]
    sizes = (
        len(message.keys) <= MOST_KEYS
        and len(message.pressed) <= MOST_KEYS
        and len(message.pads) <= MOST_PADS
        and all(len(p.axes) <= MOST_INPUTS and len(p.buttons) <= MOST_INPUTS for p in message.pads)
        and all(len(word) <= LONGEST_KEY for word in words)
    )
    if message.sequence < 0 or not sizes or not all(math.isfinite(n) for n in numbers):
        raise BadValue("input", "a number of keys and pads that a person has", "more or others")
    return message
