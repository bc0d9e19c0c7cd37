"""The account of an episode: who wanted what and who drove, and the trial that follows from it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ..datasets.step import Level
from .agreement import Agreement, agreement, agreement_by_stage
from .case import Case
from .levels import State, supervises
from .trial import Trial

LEAST_SHARE = 0.10
"""With assist the policy has its share from here on, over an episode's motion."""


@dataclass(frozen=True)
class Account:
    """An episode that was driven to its end; branches that were left by a rewind are in it."""

    human: NDArray[np.float32]
    """[T, 7] what the human wanted; NaN for nothing."""
    policy: NDArray[np.float32]
    """[T, 7] what the policy wanted; NaN for nothing."""
    states: Sequence[State]
    """[T] who had the arm."""
    shares: Sequence[float]
    """[T] the policy's share of the motion, in [0, 1]; NaN where nobody drove."""
    stages: NDArray[np.integer]
    """[T] the stage, counted in `names`."""
    names: tuple[str, ...]
    """The task's stages."""
    success: bool
    takeovers: int = 0
    requests: int = 0
    rewinds: int = 0

    def trial(self, case: Case) -> Trial:
        """The evidence that the episode is."""
        whole, parts = self._agreement(case)
        share = self._policy_share()
        if case.level is Level.SHADOW:
            clean = whole is not None and whole.good
            stages = {stage: found.good for stage, found in parts.items()}
        elif case.level is Level.ASSIST:
            clean, stages = share is not None and share >= LEAST_SHARE, {}
        else:
            helped = self.takeovers or self.rewinds or self.requests
            clean = not (helped and supervises(case.level))
            stages = self._passed() if supervises(case.level) else {}
        shown = {"all": whole, **parts} if whole else {}
        known = asdict(case)
        known["audited"] &= case.level is Level.AUTONOMOUS
        return Trial(
            **known,
            success=self.success,
            clean=clean and self.success,
            stages=stages,
            last_stage=self.names[self.stages[-1]],
            requests=self.requests,
            takeovers=self.takeovers,
            rewinds=self.rewinds,
            policy_share=share,
            agreement={stage: found.to_json() for stage, found in shown.items()},
        )

    def _agreement(self, case: Case) -> tuple[Agreement | None, dict[str, Agreement]]:
        """Of the episode and of its stages, where the human drove with a policy beside her."""
        if supervises(case.level) or not case.policy:
            return None, {}
        parts = agreement_by_stage(self.human, self.policy, self.stages, self.names)
        return agreement(self.human, self.policy), parts

    def _policy_share(self) -> float | None:
        """The policy's mean share of the motion, over the ticks on which both drove."""
        shares = [
            share
            for share, state in zip(self.shares, self.states, strict=True)
            if state is State.BLEND
        ]
        return float(np.mean(shares)) if shares else None

    def _passed(self) -> dict[str, bool]:
        """Which stages the policy passed alone; the last one that was come to only on success."""
        passed: dict[str, bool] = {}
        for stage, state in zip(self.stages.tolist(), self.states, strict=True):
            alone = state is State.POLICY
            passed[self.names[stage]] = passed.get(self.names[stage], True) and alone
        if not self.success:
            passed[self.names[self.stages[-1]]] = False
        return passed
