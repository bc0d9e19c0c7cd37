"""The witness of the tick: makes each episode that ends evidence for the ladder."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..datasets.step import Level
from ..sim_envs.environment import ArmEnv
from ..sim_envs.spaces import ACTION_SIZE, Action, Observation
from .agreement import Agreement, agreement, agreement_by_stage
from .ladder import Change
from .ladder_book import LadderBook
from .levels import State, supervises
from .tick import Outcome, Tick
from .trial import Trial

LEAST_SHARE = 0.10
"""With assist the policy has its share from here on, over an episode's motion."""
OnChange = Callable[[Change], object]


class Witness:
    """Listens to episodes of one policy, and adds a trial for each that was judged."""

    wants_images = False

    def __init__(
        self,
        book: LadderBook,
        policy: str | None,
        audited: Callable[[int], bool] = lambda _: False,
        on_change: OnChange = lambda _: None,
    ) -> None:
        self.book, self.audited, self.on_change = book, audited, on_change
        self.follow(policy)

    def follow(self, policy: str | None) -> None:
        """From the next episode on another policy is on trial."""
        self.policy = policy
        self.fingerprint = self.book.fingerprint(policy) if policy else ""

    def on_begin(self, env: ArmEnv, seed: int, level: Level, operator: str) -> None:
        """Nothing is known of the episode yet."""
        self._task, self._names, self._level = env.task_name, env.task.stages, level
        self._wanted: list[tuple[Action, Action]] = []
        self._stages: list[int] = []
        self._states: list[State] = []
        self._shares: list[float] = []

    def on_tick(self, tick: Tick) -> None:
        """Remember who wanted what, and who had the arm."""
        nothing = np.full(ACTION_SIZE, np.nan, np.float32)
        human, policy = tick.step.human_action, tick.step.policy_action
        self._wanted.append(
            (nothing if human is None else human, nothing if policy is None else policy)
        )
        self._stages.append(tick.step.stage)
        self._states.append(tick.state)
        self._shares.append(tick.share)

    def on_end(
        self, outcome: Outcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """Add the evidence; what was thrown away or broken off is none."""
        if outcome.discarded or not outcome.complete or not self._states:
            return
        for change in self.book.add(self._trial(outcome)):
            self.on_change(change)

    def _trial(self, outcome: Outcome) -> Trial:
        whole, parts = self._agreement()
        share = self._policy_share()
        if self._level is Level.SHADOW:
            clean = whole is not None and whole.good
            stages = {stage: found.good for stage, found in parts.items()}
        elif self._level is Level.ASSIST:
            clean, stages = share is not None and share >= LEAST_SHARE, {}
        else:
            clean = not (self._helped(outcome) and supervises(self._level))
            stages = self._passed(outcome.success)
        shown = {"all": whole, **parts} if whole else {}
        return Trial(
            task=self._task,
            policy=self.policy or "",
            fingerprint=self.fingerprint,
            level=self._level,
            seed=outcome.seed,
            success=outcome.success,
            clean=clean and outcome.success,
            stages=stages,
            requests=outcome.requests,
            takeovers=outcome.takeovers,
            rewinds=outcome.rewinds,
            policy_share=share,
            agreement={stage: found.to_json() for stage, found in shown.items()},
            audited=self._level is Level.AUTONOMOUS and self.audited(outcome.seed),
        )

    @staticmethod
    def _helped(outcome: Outcome) -> bool:
        return bool(outcome.takeovers or outcome.rewinds or outcome.requests)

    def _agreement(self) -> tuple[Agreement | None, dict[str, Agreement]]:
        """Of the episode and of its stages, where the human drove with a policy beside her."""
        if supervises(self._level) or not self.policy:
            return None, {}
        human, policy = (np.array(side) for side in zip(*self._wanted, strict=True))
        stage = np.array(self._stages)
        return agreement(human, policy), agreement_by_stage(human, policy, stage, self._names)

    def _policy_share(self) -> float | None:
        """The policy's mean share of the motion, over the ticks on which both drove."""
        shares = [
            share
            for share, state in zip(self._shares, self._states, strict=True)
            if state is State.BLEND
        ]
        return float(np.mean(shares)) if shares else None

    def _passed(self, success: bool) -> dict[str, bool]:
        """Which stages the policy passed alone; the last one that was come to only on success."""
        alone = {state: state is State.POLICY for state in State}
        passed: dict[str, bool] = {}
        for stage, state in zip(self._stages, self._states, strict=True):
            stage_name = self._names[stage]
            passed[stage_name] = passed.get(stage_name, True) and alone[state]
        if not success and self._stages:
            passed[self._names[self._stages[-1]]] = False
        return passed if supervises(self._level) else {}
