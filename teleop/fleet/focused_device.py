"""A `FocusedDevice` gives one arm the operator's commands while her attention is there.

Each arm of a fleet has one around its device: the simulated operator, or the devices of the window.
"""

from ...datasets.step import Driver
from ...sim_envs.worlds.spec import ActionSpec
from ..session.command import Command, zero_action
from ..session.device import InputDevice
from ..session.subscriber import Subscriber, Tick


class FocusedDevice(Subscriber):
    """An input device that is idle, and reads nothing, while its arm is not in focus."""

    def __init__(self, inside: InputDevice, spec: ActionSpec) -> None:
        self.inside, self.in_focus = inside, False
        self.name = inside.name
        self._idle = Command(zero_action(spec))

    def begin(self, seed: int) -> None:
        """Prepare for an episode of this seed."""
        self.inside.begin(seed)

    def poll(self, driver: Driver) -> Command:
        """The operator's command, or an idle one."""
        return self.inside.poll(driver) if self.in_focus else self._idle

    def on_tick(self, tick: Tick) -> None:
        """Pass the tick on to a device that follows its session."""
        if isinstance(self.inside, Subscriber):
            self.inside.on_tick(tick)
