"""`RemoteSettings` say where a policy server is, and how its entries and numbers are ours.

They are the part "remote" of a policy's config.json; `sidestick policies --remote` writes it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from ...datasets.files.decoding import decoded
from ...sim_envs.errors import BadValue

WEBSOCKET, HTTP = ("ws", "wss"), ("http", "https")
INSTRUCTION = "instruction"
"""Stands for the episode's instruction among our entries."""
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Words = Annotated[tuple[Word, ...], msgspec.Meta(min_length=1, max_length=64)]
Number = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
Place = tuple[Word, Annotated[int, msgspec.Meta(ge=0, le=1000)]]


@dataclass(frozen=True)
class RemoteSettings:
    """A server, what it is sent, and what its answer means."""

    url: Word
    """ws:// or wss:// for a WebSocket, as openpi's servers have; http:// or https:// to post to."""
    observation: Mapping[Word, Word | Words] = field(default_factory=dict)
    """The server's entries and ours: "observation/state": ["ee_pos", "gripper"] joins readings,
    "prompt": "instruction" is what the episode asks for; unless given, all under our names."""
    constants: Mapping[Word, str | bool | float] = field(default_factory=dict)
    """Entries that are always the same."""
    prompts: Annotated[tuple[str, ...], msgspec.Meta(max_length=256)] = ()
    """The instruction for each goal, in the order of the goal's numbers."""
    actions: Word = "actions"
    """The answer's entry with the next actions, [H, A] or [A]."""
    low: tuple[Number, ...] = ()
    """The server's number at our -1, one for each of an action; unless given, -1."""
    high: tuple[Number, ...] = ()
    """The server's number at our 1; unless given, 1. Below `low` turns an axis around."""
    targets: Mapping[Word, Place] = field(default_factory=dict)
    """Axes for which the server gives the target itself, where ours is a change: axis -> reading
    and place where it stands. `high` is then how far a tick at 1 goes, in the server's unit."""
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 2.0
    """How long an answer may take."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        known = (*WEBSOCKET, *HTTP)
        if parts.scheme not in known or not parts.hostname or parts.username or parts.password:
            forms = ", ".join(f"{scheme}://HOST:PORT" for scheme in known)
            raise BadValue("policy server", forms, self.url)
        if any(character.isspace() or not character.isprintable() for character in self.url):
            raise BadValue("policy server", "an address without blanks", repr(self.url))
        if len(self.low) != len(self.high):
            sizes = f"{len(self.low)} and {len(self.high)}"
            raise BadValue("low and high", "as many of one as of the other", sizes)

    def to_json(self) -> dict[str, Any]:
        """The inverse of from_json()."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> "RemoteSettings":
        """The settings in a config.json; BadValue for unknown keys and values out of bounds."""
        return decoded(decoded(value, dict[str, Any], "remote"), cls, "remote", closed=True)
