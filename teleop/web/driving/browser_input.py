"""`BrowserInput` is `OperatorInput` with the keys and pads of a browser, over a `Link`.

What the window knows of focus, locks, deadzones, clutch and gripper is the same here.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from ....datasets.step import Driver
from ....sim_envs.worlds.contract import TaskWorld
from ...devices.bindings import Bindings
from ...devices.controls import KEYBOARD, Control
from ...devices.input_sample import InputSample, Loss
from ...devices.operator_input import OperatorInput
from ...session.command import Command
from .browser_pads import BrowserPads
from .link import Link


class BrowserInput(OperatorInput):
    """One driver's devices; who drives may change between two episodes."""

    def __init__(
        self,
        env: TaskWorld,
        bindings: Bindings[Control],
        pads: BrowserPads,
        link: Link,
        operator: str,
        latch: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(env, bindings, pads, operator, clock, latch)
        self.link, self._browser_pads = link, pads
        self._bound = bindings.inputs(KEYBOARD)

    def sample(self, driving: bool = True) -> InputSample:
        """Take in the newest message, then read it as the window's devices are read."""
        message, keys, pads = self.link.take()
        if message is None:
            self.keyboard.release()
            self._browser_pads.report((), {})
        else:
            held = {self._key(*key) for key in message.keys}
            pressed = {self._key(*key.split("\n")) for key in keys}
            self.keyboard.report(held - {""}, pressed - {""})
            gone = self._browser_pads.report(message.pads, pads)
            if gone and gone.instance_id == self.source:
                self._gone = gone
            if message.camera in self._env.shown_cameras and message.camera != self._clicked:
                self.camera = message.camera
            self._clicked = message.camera
        return super().sample(driving)

    def poll(self, driver: Driver) -> Command:
        """The command of the last sample; not alive while the link is not to be trusted."""
        if self.link.loss() is None:
            command = super().poll(driver)
        else:
            self._gripper.forget()
            command = Command(self._spec.rest(), alive=False)
        return replace(command, round_trip_ms=self.link.round_trip_s * 1000)

    _clicked = ""
    """The camera that the last message clicked on."""
    _by_hand = True
    """Whether somebody drives, or supervises, the arm in front of the driver."""

    def _loss(self, silent_s: float) -> Loss | None:
        return self.link.loss(self._by_hand) or super()._loss(silent_s)

    def _key(self, symbol: str, place: str) -> str:
        """The name of a key by the bindings: its symbol, or its place where that is bound alone."""
        return place if place in self._bound and symbol not in self._bound else symbol or place
