"""This module records where a policy comes from: its episodes, its parent and the code version.

Training fills it in and the policy's config stores it; the ledger and the report read it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import version
from typing import Annotated, Any

import msgspec

from ...datasets.files.decoding import decoded
from ...sim_envs.errors import BadValue


class ProvenanceKind(StrEnum):
    """What a policy last learned from; the values stand in its config."""

    DEMONSTRATIONS = "demonstrations"
    CORRECTIONS = "corrections"
    PRACTICE = "practice"
    NUDGE = "nudge"
    """A few steps of fine-tuning on new corrections."""
    ELSEWHERE = "elsewhere"
    """Of somebody else, on a server of theirs."""


@dataclass(frozen=True)
class Provenance:
    """What is needed to train the policy again."""

    episodes: tuple[str, ...] = ()
    """Ids of the training episodes; filled in by `train` where it is empty."""
    parent: str | None = None
    """Id of the policy that drove while these episodes were made; None before the first."""
    round: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] = 0
    """Number of the round of corrections or practice; 0 for demonstrations alone."""
    kind: str = ProvenanceKind.DEMONSTRATIONS
    """What the round added: a value of `ProvenanceKind`."""
    version: str = ""
    """Version of Sidestick; filled in where it is empty."""

    def __post_init__(self) -> None:
        known = tuple(ProvenanceKind)
        if self.kind not in known:
            raise BadValue("provenance kind", f"one of {', '.join(known)}", repr(self.kind))

    def complete(self, episodes: tuple[str, ...]) -> "Provenance":
        """A copy with episodes and version filled in."""
        values = {"episodes": self.episodes or episodes, "version": self.version or code_version()}
        return Provenance(**{**asdict(self), **values})

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Provenance":
        """The provenance in a policy's config; fields of later versions are left out.

        BadValue for anything else.
        """
        return decoded(value, cls, "provenance")


def code_version() -> str:
    """The installed version of Sidestick."""
    return version("sidestick")
