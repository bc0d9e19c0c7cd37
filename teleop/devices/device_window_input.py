"""`DeviceWindowInput` lets another device drive at the window: a leader arm, a glove, a script.

Pads and keyboard stay: what they ask for counts, and while their clutch is held they drive.
"""

import time
from collections.abc import Callable

from ...datasets.step import Driver
from ...sim_envs.worlds.contract import TaskWorld
from ..session.command import Command, Request
from ..session.device import InputDevice
from ..session.subscriber import EpisodeContext, Subscriber, Tick
from .bindings import Bindings
from .controls import Control
from .gamepads import Gamepads
from .input_sample import InputSample, Loss
from .operator_input import OperatorInput


class DeviceWindowInput(OperatorInput, Subscriber):
    """An operator's input whose commands come from a device, and from pads and keyboard."""

    def __init__(
        self,
        env: TaskWorld,
        bindings: Bindings[Control],
        pads: Gamepads,
        device: InputDevice,
        clock: Callable[[], float] = time.perf_counter,
        latch: bool = False,
    ) -> None:
        super().__init__(env, bindings, pads, device.name, clock, latch)
        self.inside = device
        self._period, self._asked_at = 1 / env.world_spec.control_hz, clock()
        self._driver = Driver.NOBODY
        self._wanted: set[Request] = set()
        self._closed, self._silence = False, ""

    def begin(self, seed: int) -> None:
        """Prepare both for an episode."""
        super().begin(seed)
        self.inside.begin(seed)

    def on_begin(self, context: EpisodeContext) -> None:
        """Tell a device that follows the session."""
        if isinstance(self.inside, Subscriber):
            self.inside.on_begin(context)

    def on_tick(self, tick: Tick) -> None:
        """Pass the tick on to it."""
        if isinstance(self.inside, Subscriber):
            self.inside.on_tick(tick)

    def sample(self, driving: bool = True) -> InputSample:
        """What was asked for with any device; a silent one is a loss that its command undoes.

        While no tick asks the device, it is asked here, no more often than ticks come.
        """
        found = super().sample(driving)
        if not driving and self._clock() - self._asked_at >= self._period:
            self._ask(Driver.NOBODY)
        requests, self._wanted = found.requests | self._wanted, set()
        loss = found.loss or (Loss(self._silence) if driving and self._silence else None)
        return InputSample(frozenset(requests), found.pressed, loss, found.unclutched)

    def poll(self, driver: Driver) -> Command:
        """The command of pads and keyboard while their clutch is held or they are not to be
        trusted, else the device's."""
        command = super().poll(driver)
        told = self._ask(driver)
        return command if command.clutch or not command.alive else told

    @property
    def label(self) -> str:
        """The name of what drives."""
        return self.inside.name

    def _ask(self, driver: Driver) -> Command:
        """The device's command, of which the requests are for sample()."""
        self._asked_at = self._clock()
        try:
            told = self.inside.poll(driver)
            action = self._spec.checked(told.action)
            self._silence = "" if told.alive else f"{self.inside.name} does not answer"
        except Exception as error:
            self._silence = f"{self.inside.name}: {type(error).__name__}: {error}"
            return Command(self._spec.rest(), alive=False)
        self._wanted |= told.requests
        if told.clutch and not self._closed:
            self._wanted.add(Request.DRIVE)
        self._closed = told.clutch
        return Command(action, clutch=told.clutch, alive=told.alive)
