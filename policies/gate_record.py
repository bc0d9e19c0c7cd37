"""A `GateRecord` says what the gate found of one policy, and so whether it may drive unasked.

The learner writes it into a policy's folder; the store, the ladder and the command line read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

import msgspec

from ..datasets.files.decoding import decoded
from ..datasets.files.plain_file import require_own_folder
from ..sim_envs.errors import BadValue, DamagedFile
from .base.json_files import read_json, write_json

GATE = "gate.json"
"""Name of the file in a policy's folder."""


Reason = Annotated[str, msgspec.Meta(max_length=10_000)]


class GateVerdict(StrEnum):
    """What a comparison of a new policy with the one that it would replace has shown."""

    FIRST = "first policy"
    """There was none to compare it with."""
    BETTER = "better"
    NOT_WORSE = "not worse"
    """Not worse by more than the margin of the gate, shown at its error rate."""
    WORSE = "worse"
    UNDECIDED = "undecided"
    """Neither was shown within the gate's budget of episodes."""

    @property
    def drives(self) -> bool:
        """Whether a policy with this verdict may take over unasked."""
        return self in (GateVerdict.FIRST, GateVerdict.BETTER, GateVerdict.NOT_WORSE)


@dataclass(frozen=True)
class GateRecord:
    """The gate's decision on one policy."""

    verdict: GateVerdict
    reasons: tuple[str, ...]
    """One sentence for each comparison, those against the policy first."""
    compared_with: str | None = None
    """Number of the policy that it would replace; None for the first."""
    reference: str | None = None
    """Number of the last policy that was shown to be better, or was the first, before this one:
    the drift of many small updates is bounded against it. None where this policy is itself such a
    one, and in records of earlier versions."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else was measured, as JSON values."""

    def write(self, policy: Path) -> None:
        """Write the record into a policy's folder."""
        require_own_folder(policy)
        write_json(policy / GATE, self.to_json())

    def to_json(self) -> dict[str, Any]:
        """As JSON values; the details beside the rest."""
        own = {
            "verdict": self.verdict.value,
            "passed": self.verdict.drives,
            "reasons": list(self.reasons),
            "compared_with": self.compared_with,
            "reference": self.reference,
        }
        return {**self.details, **own}

    @classmethod
    def read(cls, policy: Path) -> Self | None:
        """The record in a policy's folder; None where there is none.

        Records of earlier versions hold only whether the policy passed; they count as FIRST,
        NOT_WORSE or WORSE. Raises DamagedFile for a file that is no record.
        """
        path = policy / GATE
        return cls.of(read_json(path), str(path)) if path.exists() else None

    @classmethod
    def of(cls, found: Mapping[str, Any], where: str) -> Self:
        """The record from its JSON values; `where` names them in an error."""
        try:
            said = decoded(found, _GateDocument, "gate")
        except BadValue as error:
            raise DamagedFile(f"{where}: no decision of the gate: {error}") from error
        before = found.get("compared_with", said.parent)
        passed = GateVerdict.FIRST if before is None else GateVerdict.NOT_WORSE
        verdict = said.verdict or (passed if said.passed else GateVerdict.WORSE)
        own = ("verdict", "passed", "reasons", "compared_with", "reference")
        details = {key: value for key, value in found.items() if key not in own}
        return cls(verdict, said.reasons, before, said.reference, details)


class _GateDocument(msgspec.Struct):
    """What gate.json holds; the details of a candidate have their types too."""

    reasons: tuple[Reason, ...]
    passed: bool
    verdict: GateVerdict | None = None
    compared_with: str | None = None
    reference: str | None = None
    parent: str | None = None
    kind: str = ""
    episodes: tuple[str, ...] = ()
    fresh: tuple[str, ...] = ()
    token: str | None = None
    occasion: dict[str, str | int | None] = {}
