"""`Subscriber` is the base of all that follows a session; the records here are what it is given.

A session passes `EpisodeContext` at the beginning, a `Tick` each tick, `EpisodeOutcome` at the end.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...datasets.step import Step
from ...sim_envs.spaces import Observation
from ...sim_envs.worlds.contract import TaskWorld
from .assignment import Assignment
from .command import Command
from .help_requests import HelpReason
from .levels import ControlState, Switch
from .policy_runner import Proposal


@dataclass(frozen=True)
class EpisodeContext:
    """An episode as it begins."""

    env: TaskWorld
    seed: int
    operator: str
    """Who is at the device; empty where nobody is."""
    assignment: Assignment
    """Level and policy, for the whole episode."""
    episode_id: str = ""
    """Id of the recording, if the episode is recorded; empty before it has begun."""
    started: float = 0.0
    """When it began, time.time() in s; 0 before."""
    answer_within_s: float | None = None
    """So long a tick waits for the policy; None: as long as it takes, as where nobody drives."""


@dataclass(frozen=True)
class Tick:
    """All that happened in one control tick."""

    step: Step
    """The recorded step: observation before the action, reward and success after it."""
    switch: Switch | None
    """The change of who controls the arm; None where there is none."""
    proposal: Proposal
    """The policy's action, with its whole plan."""
    command: Command
    """The operator's command."""
    state: ControlState = ControlState.RESTING
    """Who controls the arm, or why nobody does; CALLING while the arm waits for help."""
    share: float = float("nan")
    """The policy's share of the motion, in [0, 1]; NaN where nobody drives."""
    asked: HelpReason | None = None
    """Why the policy asks for help on this very tick; None where it does not."""


@dataclass(frozen=True)
class EpisodeOutcome:
    """How an episode ended."""

    seed: int
    success: bool
    """By the task's verdict, or the operator's where there is one."""
    steps: int
    human_steps: int
    """Ticks that the operator drove, alone or blended, or on which the arm rested."""
    policy_steps: int
    takeovers: int
    stage: str
    """The furthest stage of the task that was reached."""
    progress: float
    """Highest progress that was reached."""
    discarded: bool = False
    """The operator discarded the episode."""
    quit: bool = False
    """The operator asked to quit."""
    complete: bool = True
    """False when the operator quit in the middle, before a verdict."""
    waiting_steps: int = 0
    """Ticks on which the arm waited for help."""
    requests: int = 0
    """How often the policy asked for help."""
    rewinds: int = 0
    """How often the operator rewound."""


class Subscriber:
    """Follows a session without acting on it; a subclass overrides the methods that it needs."""

    wants_images: bool = False
    """Whether every step's observation must carry fresh images."""

    def on_assign(self, before: Assignment, after: Assignment) -> None:
        """Called when another level or policy is assigned, from the next episode on."""

    def on_begin(self, context: EpisodeContext) -> None:
        """Called when an episode begins."""

    def on_tick(self, tick: Tick) -> None:
        """Called after every tick."""

    def on_rewind(self, undone: int) -> None:
        """Called when the last `undone` ticks left the main line, by a rewind."""

    def on_end(
        self, outcome: EpisodeOutcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """Called when the episode is over, with the last observation and `state` float64[S]."""


class DrawImages(Subscriber):
    """Makes every tick render images where no other subscriber needs them, as for the window."""

    wants_images = True
