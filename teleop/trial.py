"""One episode as evidence: what the ladder keeps of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ..datasets.step import Level
from ..sim_envs.errors import DamagedFile


@dataclass(frozen=True)
class Trial:
    """One episode that was driven to its end."""

    task: str
    policy: str
    """Id of the policy that was loaded; empty without one."""
    fingerprint: str
    """What the policy's weights were, see `LadderBook.fingerprint`; empty without a policy."""
    level: Level
    seed: int
    success: bool
    clean: bool
    """In the sense of the level's rung."""
    episode: str = ""
    """Id of the recording; empty in evidence of earlier versions."""
    stages: Mapping[str, bool] = field(default_factory=dict)
    """For every stage that was come to, whether it was passed clean."""
    last_stage: str = ""
    """The stage in which it ended; empty in evidence of earlier versions."""
    requests: int = 0
    takeovers: int = 0
    rewinds: int = 0
    policy_share: float | None = None
    """The policy's share of the motion where both drove, in [0, 1]; None elsewhere."""
    agreement: Mapping[str, Any] = field(default_factory=dict)
    """At the levels where the human drives: how far the policy wanted the same."""
    audited: bool = False
    """Whether a person watched an autonomous episode."""

    def to_json(self) -> dict[str, Any]:
        """As an event's payload."""
        return {**asdict(self), "level": int(self.level)}

    @classmethod
    def from_json(cls, payload: Mapping[str, Any]) -> "Trial":
        """From an event's payload; fields of later versions are left out."""
        known = {f.name for f in fields(cls)}
        try:
            values = {key: value for key, value in payload.items() if key in known}
            return cls(**{**values, "level": Level(values["level"])})
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedFile(f"an event that is no trial: {error!r}") from error
