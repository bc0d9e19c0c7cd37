"""`SimulatedWindowInput` lets the simulated operator drive at the window until a person does.

The window uses it in place of `OperatorInput` where its option `simulated` is set.
"""

import time
from collections.abc import Callable

from ...datasets.step import Level
from ...sim_envs.worlds.contract import TaskWorld
from ..session.subscriber import EpisodeContext
from .bindings import Bindings
from .controls import Control
from .device_window_input import DeviceWindowInput
from .gamepads import Gamepads
from .input_sample import InputSample
from .operator_input import OperatorInput
from .simulated_operator import SimulatedOperator


class SimulatedWindowInput(DeviceWindowInput):
    """An operator's input whose commands come from the simulated operator and from all devices."""

    def __init__(
        self,
        env: TaskWorld,
        bindings: Bindings[Control],
        pads: Gamepads,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(env, bindings, pads, SimulatedOperator(env, Level.DEMONSTRATE), clock)

    def begin(self, seed: int) -> None:
        """Prepare pads and keyboard alone."""
        OperatorInput.begin(self, seed)

    def on_begin(self, context: EpisodeContext) -> None:
        """Make a simulated operator for the episode's level and seed."""
        self.inside = SimulatedOperator(context.env, context.assignment.level)
        self.inside.begin(context.seed)

    def sample(self, driving: bool = True) -> InputSample:
        """What pads and keyboard ask for; `AutoButtons` presses its buttons."""
        return OperatorInput.sample(self, driving)

    @property
    def label(self) -> str:
        """The name of what drives."""
        return "the simulated operator"
