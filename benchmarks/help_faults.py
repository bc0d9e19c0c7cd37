"""Faults that spoil a policy's episode at a moment known to the benchmark, reproducible by seed.

`help_traces` lets a policy drive through a `FaultyRunner`. A fault reads the simulator, which says
when an item is carried or about to be grasped; the policy and its help monitor never see it.
"""

from abc import ABC, abstractmethod

import numpy as np

from sidestick.datasets.step import Driver
from sidestick.policies.base.plan import Policy
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.spaces import GRIP, METRES_PER_UNIT, MOVE, Action, Observation
from sidestick.teleop.session.policy_runner import PolicyRunner, Proposal

STREAM = 16
"""Words of a fault's random stream are this and the seed, apart from those of scenes."""
LATEST_CARRY_TICK = 30
"""A drop begins on a random one of so many ticks of the carry."""
OPEN_TICKS = 6
"""So long the gripper opens: 0.3 s, in which each finger moves 36 mm."""
DISPLACED_M = (0.02, 0.04)
"""How far a spoilt grasp is displaced in the horizontal plane."""


class Fault(ABC):
    """Replaces the policy's action on some ticks of an episode."""

    def begin(self, seed: int) -> None:
        """Draw this episode's fault."""
        self.since: int | None = None
        """Ticks since the fault began; None before."""
        self._draw(np.random.default_rng((STREAM, seed)))

    @abstractmethod
    def _draw(self, rng: np.random.Generator) -> None: ...

    @abstractmethod
    def act(self, env: ArmEnv, action: Action) -> Action:
        """The action [7] of this tick in place of the policy's."""


class Drop(Fault):
    """The gripper opens for OPEN_TICKS at a random tick of the first carry."""

    def _draw(self, rng: np.random.Generator) -> None:
        self._wait = int(rng.integers(1, LATEST_CARRY_TICK, endpoint=True))

    def act(self, env: ArmEnv, action: Action) -> Action:
        """Open the gripper while the fault lasts."""
        if self.since is None:
            self._wait -= env.status.stage == "carry"
            if self._wait > 0:
                return action
        self.since = 0 if self.since is None else self.since + 1
        if self.since >= OPEN_TICKS:
            return action
        opened = action.copy()
        opened[GRIP] = -1.0
        return opened


class SpoiltGrasp(Fault):
    """The end effector is displaced with an open gripper as the policy first closes it."""

    def _draw(self, rng: np.random.Generator) -> None:
        angle, length_m = rng.uniform(0, 2 * np.pi), rng.uniform(*DISPLACED_M)
        way = np.array([np.cos(angle), np.sin(angle), 0.0]) * length_m / METRES_PER_UNIT
        self._ticks = int(np.ceil(np.abs(way).max()))
        self._move = way / self._ticks

    def act(self, env: ArmEnv, action: Action) -> Action:
        """Move aside while the fault lasts."""
        if self.since is None and action[GRIP] <= 0:
            return action
        self.since = 0 if self.since is None else self.since + 1
        if self.since >= self._ticks:
            return action
        aside = np.zeros_like(action)
        aside[MOVE], aside[GRIP] = self._move, -1.0
        return aside


class FaultyRunner(PolicyRunner):
    """Executes a policy's plans, through a fault where there is one."""

    def __init__(self, policy: Policy, env: ArmEnv, fault: Fault | None) -> None:
        super().__init__(policy)
        self._env, self._fault = env, fault

    def propose(self, observation: Observation, driver: Driver) -> Proposal:
        """The policy's proposal, with the fault's action."""
        found = super().propose(observation, driver)
        if self._fault is None or found.action is None:
            return found
        return Proposal(self._fault.act(self._env, found.action), found.novelty, found.plan)
