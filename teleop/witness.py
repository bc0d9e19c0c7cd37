"""The witness of the tick: makes each episode that ends evidence for the ladder."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..datasets.step import Level
from ..sim_envs.environment import ArmEnv
from ..sim_envs.spaces import ACTION_SIZE, Action, Observation
from .account import Account
from .case import Case
from .ladder import Change
from .ladder_book import LadderBook
from .levels import State
from .tick import Outcome, Tick

OnChange = Callable[[Change], object]


class Witness:
    """Listens to episodes of one policy, and adds a trial for each that was judged.

    It must hear of an episode after the recorder, whose id of the recording it asks for: by that
    the evidence can be had from the file where this process dies before it is written (see
    `hindsight`).
    """

    wants_images = False

    def __init__(
        self,
        book: LadderBook,
        policy: str | None,
        audited: Callable[[int], bool] = lambda _: False,
        on_change: OnChange = lambda _: None,
        episode_id: Callable[[], str] = lambda: "",
    ) -> None:
        self.book, self.audited, self.on_change = book, audited, on_change
        self._episode_id = episode_id
        self.follow(policy)

    def follow(self, policy: str | None) -> None:
        """From the next episode on another policy is on trial."""
        self.policy = policy
        self.fingerprint = self.book.fingerprint(policy) if policy else ""

    def on_begin(self, env: ArmEnv, seed: int, level: Level, operator: str) -> None:
        """Write down that the episode shall be evidence."""
        self._names = env.task.stages
        self._wanted: list[tuple[Action, Action]] = []
        self._stages: list[int] = []
        self._states: list[State] = []
        self._shares: list[float] = []
        self._case = Case(
            env.task_name,
            self.policy or "",
            self.fingerprint,
            level,
            seed,
            self._episode_id(),
            level is Level.AUTONOMOUS and self.audited(seed),
        )
        self.book.open(self._case)

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
        for change in self.book.add(self._account(outcome).trial(self._case)):
            self.on_change(change)

    def _account(self, outcome: Outcome) -> Account:
        human, policy = (np.array(side) for side in zip(*self._wanted, strict=True))
        return Account(
            human=human,
            policy=policy,
            states=self._states,
            shares=self._shares,
            stages=np.array(self._stages),
            names=self._names,
            success=outcome.success,
            takeovers=outcome.takeovers,
            requests=outcome.requests,
            rewinds=outcome.rewinds,
        )
