"""A `BegunTick` is a control tick whose action is decided, and whose outcome is not known yet.

`LiveEpisode` begins one and finishes it; in between, a world that runs elsewhere steps.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...datasets.step import Level, Step
from ...sim_envs.spaces import Action, Observation
from .authority import Decision
from .command import Command
from .help_requests import HelpReason
from .policy_runner import Proposal


@dataclass(frozen=True)
class BegunTick:
    """What was seen before the action, and who decided on it."""

    observation: Observation
    """What the action was decided on."""
    state: NDArray[np.float64]
    """The world's state() before the action, [S]."""
    stage: str
    """The task's stage before the action."""
    command: Command
    proposal: Proposal
    decision: Decision
    reason: HelpReason | None
    """Why the policy wants help; None where it does not."""
    wall_time: float
    """time.time() as it began, s."""
    late_ms: float
    """How long after it was due it began."""

    def step(
        self, executed: Action, reward: float, done: bool, success: bool, level: Level, stage: int
    ) -> Step:
        """The step to record; `stage` is the number of the stage before the action."""
        command, proposal, decision = self.command, self.proposal, self.decision
        return Step(
            observation=self.observation,
            action=executed,
            human_action=command.action if command.clutch else None,
            policy_action=proposal.action,
            driver=decision.driver,
            level=level,
            action_mode=decision.mode,
            novelty=proposal.novelty,
            stage=stage,
            reward=reward,
            done=done,
            success=success,
            reseat=decision.reseat,
            takeover_id=decision.takeover_id,
            state=self.state,
            wall_time=self.wall_time,
            late_ms=self.late_ms,
            round_trip_ms=command.round_trip_ms,
        )
