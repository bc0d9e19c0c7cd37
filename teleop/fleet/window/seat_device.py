"""A `SeatDevice` is the window's devices as one arm of a fleet has them."""

from ....sim_envs.world import Pose
from ....sim_envs.worlds.contract import Capability, TaskWorld
from ....sim_envs.worlds.spec import ActionSpec
from ...devices.operator_input import OperatorInput
from ..focused_device import FocusedDevice


class SeatDevice(FocusedDevice):
    """The window's devices, as one arm has them; it remembers where this arm's episode began."""

    def __init__(self, inside: OperatorInput, env: TaskWorld) -> None:
        spec: ActionSpec = env.world_spec.action
        super().__init__(inside, spec)
        self._env = env
        self.home: Pose | None = None

    def begin(self, seed: int) -> None:
        """Prepare for an episode: the hand's pose is home."""
        self.home = self._env.tool() if Capability.HAND in self._env.capabilities else None
        if self.in_focus:
            super().begin(seed)
