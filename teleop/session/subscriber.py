"""What a session tells its subscribers: what an episode begins with, every tick, how it ended."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...datasets.step import Step
from ...sim_envs.environment import ArmEnv
from ...sim_envs.spaces import Observation
from .assignment import Assignment
from .command import Command
from .help_requests import HelpReason
from .levels import ControlState, Switch
from .policy_runner import Proposal


@dataclass(frozen=True)
class EpisodeContext:
    """What is known of an episode when it begins."""

    env: ArmEnv
    seed: int
    operator: str
    """Who is at the device; empty where nobody is."""
    assignment: Assignment
    """Level and policy, for the whole episode."""
    episode_id: str = ""
    """Id of the recording, if the episode is recorded; empty before it has begun."""
    started: float = 0.0
    """When it began, time.time() in s; 0 before."""


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
    state: ControlState = ControlState.RESTING
    """Who has the arm, and why nobody has it; CALLING while help is waited for."""
    share: float = float("nan")
    """The policy's share of the motion, in [0, 1]; NaN where nobody drives."""
    asked: HelpReason | None = None
    """Why the policy asks for help on this very tick."""


@dataclass(frozen=True)
class EpisodeOutcome:
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


class Subscriber:
    """Told of everything, asked for nothing; a subclass overrides what it wants to hear."""

    wants_images: bool = False
    """Whether every step's observation must carry fresh images."""

    def on_assign(self, before: Assignment, after: Assignment) -> None:
        """Another level or policy is assigned, from the next episode on."""

    def on_begin(self, context: EpisodeContext) -> None:
        """An episode begins."""

    def on_tick(self, tick: Tick) -> None:
        """A tick has passed."""

    def on_rewind(self, undone: int) -> None:
        """The last `undone` ticks left the main line; the episode goes on from before them."""

    def on_end(
        self, outcome: EpisodeOutcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """The episode is over; `observation` and `state` float64[S] are the last ones."""


class DrawImages(Subscriber):
    """Makes every tick draw its images where nobody else wants them, as for the screen."""

    wants_images = True
