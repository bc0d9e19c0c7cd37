"""What a session tells those who listen: every tick, and how the episode ended."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol

import numpy as np

from ...datasets.step import Level, Step
from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import DamagedFile
from ...sim_envs.spaces import Observation
from .command import Command
from .help_requests import Reason
from .levels import State, Switch
from .policy_runner import Proposal


@dataclass(frozen=True)
class Tick:
    """All that happened in one control tick, for whoever listens."""

    step: Step
    """The record, observation before and outcome after the action."""
    switch: Switch | None
    """What changed hands."""
    proposal: Proposal
    """What the policy wanted, with its whole plan."""
    command: Command
    """What the human wanted."""
    state: State = State.RESTING
    """Who has the arm, and why nobody has it; CALLING while help is waited for."""
    share: float = float("nan")
    """The policy's share of the motion, in [0, 1]; NaN where nobody drives."""
    asked: Reason | None = None
    """Why the policy asks for help on this very tick."""


@dataclass(frozen=True)
class Outcome:
    """How an episode ended."""

    seed: int
    success: bool
    """By the environment's verdict, or by the human's where she gave one."""
    steps: int
    human_steps: int
    """Ticks that the human drove, alone or blended, or on which the arm rested."""
    policy_steps: int
    takeovers: int
    stage: str
    """The task's furthest stage that was reached."""
    progress: float
    """Highest progress that was reached."""
    discarded: bool = False
    """The human threw the episode away."""
    quit: bool = False
    """The human wants to leave."""
    complete: bool = True
    """False when she left in the middle, before anybody could judge it."""
    waiting_steps: int = 0
    """Ticks on which the arm waited for help."""
    requests: int = 0
    """How often the policy asked for help."""
    rewinds: int = 0
    """How often the human went back in time."""


class Subscriber(Protocol):
    """Told of everything, asked for nothing: recorder, screen, ledger, sound."""

    wants_images: bool
    """Whether every step's observation must carry fresh images."""

    def on_begin(self, env: ArmEnv, seed: int, level: Level, operator: str) -> None:
        """An episode begins."""

    def on_tick(self, tick: Tick) -> None:
        """A tick has passed."""

    def on_end(self, outcome: Outcome, observation: Observation, state: np.ndarray) -> None:
        """The episode is over; `observation` and `state` are the last ones."""


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
