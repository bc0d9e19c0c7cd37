"""The simulated operator at the window: its hand drives, and a person's takes the stick from it."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...datasets.step import Driver, Level
from ...sim_envs.environment import ArmEnv
from ...sim_envs.spaces import Observation
from ..session.command import Command
from ..session.subscriber import Outcome, Tick
from .bindings import Bindings
from .controls import Control
from .gamepads import Pads
from .operator_input import Hands
from .simulated_operator import SimulatedOperator


class SimulatedHands(Hands):
    """Hears every device like the hands that it is, and listens to the session for its calls."""

    wants_images = False

    def __init__(
        self,
        env: ArmEnv,
        bindings: Bindings[Control],
        pads: Pads,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(env, bindings, pads, SimulatedOperator.name, clock)
        self._operator = SimulatedOperator(env, Level.DEMONSTRATE)

    def on_begin(self, env: ArmEnv, seed: int, level: Level, operator: str) -> None:
        """Somebody who demonstrates does other things than somebody who supervises."""
        self._operator = SimulatedOperator(env, level)
        self._operator.begin(seed)

    def on_tick(self, tick: Tick) -> None:
        """It may be called."""
        if self._operator.summons:
            self._operator.summons.on_tick(tick)

    def on_end(
        self, outcome: Outcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """Nothing is held over to the next episode."""

    def poll(self, driver: Driver) -> Command:
        """The person's command while she holds the clutch, or cannot be heard; else its own."""
        own = super().poll(driver)
        return own if own.clutch or not own.alive else self._operator.poll(driver)

    @property
    def words(self) -> str:
        """Who drives, for people."""
        return "the simulated operator"
