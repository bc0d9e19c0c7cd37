"""The simulated operator at the window: its hand drives, and a person's takes the stick from it."""

import time
from collections.abc import Callable

from ...datasets.step import Driver, Level
from ...sim_envs.environment import ArmEnv
from ..session.command import Command
from ..session.subscriber import EpisodeContext, Subscriber, Tick
from .bindings import Bindings
from .controls import Control
from .gamepads import Gamepads
from .operator_input import OperatorInput
from .simulated_operator import SimulatedOperator


class SimulatedWindowInput(OperatorInput, Subscriber):
    """Hears every device like the hands that it is, and the session, which it listens to."""

    def __init__(
        self,
        env: ArmEnv,
        bindings: Bindings[Control],
        pads: Gamepads,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(env, bindings, pads, SimulatedOperator.name, clock)
        self._operator = SimulatedOperator(env, Level.DEMONSTRATE)

    def on_begin(self, context: EpisodeContext) -> None:
        """Somebody who demonstrates does other things than somebody who supervises."""
        self._operator = SimulatedOperator(context.env, context.assignment.level)
        self._operator.begin(context.seed)

    def on_tick(self, tick: Tick) -> None:
        """A policy on call may ask for help."""
        self._operator.on_tick(tick)

    def poll(self, driver: Driver) -> Command:
        """The person's command while she holds the clutch, or cannot be heard; else its own."""
        own = super().poll(driver)
        return own if own.clutch or not own.alive else self._operator.poll(driver)

    @property
    def label(self) -> str:
        """Who drives, for people."""
        return "the simulated operator"
