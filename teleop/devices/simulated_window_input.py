"""`SimulatedWindowInput` lets the simulated operator drive at the window until a person does.

The window uses it in place of `OperatorInput` where its option `simulated` is set.
"""

import time
from collections.abc import Callable

from ...datasets.step import Driver, Level
from ...sim_envs.worlds.contract import TaskWorld
from ..session.command import Command
from ..session.subscriber import EpisodeContext, Subscriber, Tick
from .bindings import Bindings
from .controls import Control
from .gamepads import Gamepads
from .operator_input import OperatorInput
from .simulated_operator import SimulatedOperator


class SimulatedWindowInput(OperatorInput, Subscriber):
    """An operator's input whose commands come from the simulated operator and from all devices."""

    def __init__(
        self,
        env: TaskWorld,
        bindings: Bindings[Control],
        pads: Gamepads,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(env, bindings, pads, SimulatedOperator.name, clock)
        self._operator = SimulatedOperator(env, Level.DEMONSTRATE)

    def on_begin(self, context: EpisodeContext) -> None:
        """Make a simulated operator for the episode's level and seed."""
        self._operator = SimulatedOperator(context.env, context.assignment.level)
        self._operator.begin(context.seed)

    def on_tick(self, tick: Tick) -> None:
        """Pass the tick to the simulated operator, for help requests."""
        self._operator.on_tick(tick)

    def poll(self, driver: Driver) -> Command:
        """The devices' command while their clutch is held or they are not alive, else its own."""
        command = super().poll(driver)
        overrides = command.clutch or not command.alive
        return command if overrides else self._operator.poll(driver)

    @property
    def label(self) -> str:
        """The name of what drives."""
        return "the simulated operator"
