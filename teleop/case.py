"""A case: an episode that shall be evidence, written down before it is driven."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..datasets.step import Level
from ..sim_envs.errors import DamagedFile


@dataclass(frozen=True)
class Case:
    """What is known of an episode when it begins."""

    task: str
    policy: str
    """Id of the policy that was loaded; empty without one."""
    fingerprint: str
    """What the policy's weights were, see `LadderBook.fingerprint`; empty without a policy."""
    level: Level
    seed: int
    episode: str = ""
    """Id of the recording; empty where nothing is recorded."""
    audited: bool = False
    """Whether a person watches an autonomous episode."""

    def to_json(self) -> dict[str, Any]:
        """As an event's payload."""
        return {**asdict(self), "level": int(self.level)}

    @classmethod
    def from_json(cls, payload: Mapping[str, Any]) -> "Case":
        """From an event's payload; fields of later versions are left out."""
        known = {f.name for f in fields(cls)}
        try:
            values = {key: value for key, value in payload.items() if key in known}
            return cls(**{**values, "level": Level(values["level"])})
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedFile(f"an event that is no case: {error!r}") from error
