"""An `ExpertPad` drives a rig's pad as the task's expert would, with sticks and buttons alone."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sidestick.teleop.devices.stick_motion import DEADZONE, EXPO, RAMP_S, SATURATION
from sidestick.teleop.station.states import WindowState
from tests import virtual_pad as vp

TICK_S = 0.05
TURN_PRIORITY = 0.12
"""The D-pad is pressed for turns larger than this, and released once it turns twice as fast."""


def push_sticks(pad: Any, action: np.ndarray) -> tuple[tuple[int, float], ...]:
    """Push the sticks for an action [7] in the base frame at full speed.

    Gives the buttons of the D-pad with what is wanted of each, since a button is down or up.
    """
    left = raw_stick(-action[1], -action[0])
    right = raw_stick(-action[5], -action[2])
    for axis, value in zip(range(4), (*left, *right), strict=True):
        pad.axis(axis, value)
    roll, pitch = float(action[3]), -float(action[4])
    return (vp.UP, pitch), (vp.DOWN, -pitch), (vp.RIGHT, roll), (vp.LEFT, -roll)


class ExpertPad:
    """A rig's pad in the hands of an expert; the rig has the clock, the world and the window."""

    time: Any
    env: Any
    pad: Any
    """With `press(button, down)` and `axis(axis, value)`, by the numbers of `virtual_pad`."""
    expert: Any
    _turned: dict[int, float]

    @property
    def state(self) -> WindowState:
        """The window's state."""
        raise NotImplementedError

    def run(self, seconds: float) -> None:
        """Let time pass."""
        raise NotImplementedError

    def pull(self, trigger: int) -> None:
        """Pull and release a trigger."""
        self.pad.axis(trigger, 1.0)
        self.run(0.06)
        self.pad.axis(trigger, 0.0)
        self.run(0.06)

    def drive_like_an_expert(
        self,
        seconds: float,
        driving: WindowState = WindowState.RECORDING,
        enough: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Hold the clutch and follow the expert of the task; whether a verdict is due."""
        self._turned = {}
        self.pad.press(vp.LB)
        until = self.time.now + seconds
        while self.time.now < until and self.state is driving and not enough():
            intent = self.expert.next(self.env)
            if intent.closing != self.env.arm.controller.closing:
                self.pull(vp.RT)
            self._push(intent.action(self.env.arm.tool()))
            self.run(TICK_S)
        self._push(np.zeros(7))
        self.pad.release(vp.LB)
        return self.state is WindowState.VERDICT

    def _push(self, action: np.ndarray) -> None:
        """Push sticks and D-pad for an action [7] in the base frame at full speed."""
        for button, wanted in push_sticks(self.pad, action):
            grown = self._turned.get(button, 0.0) + TICK_S / RAMP_S
            pressed = bool(wanted > max(TURN_PRIORITY, 0.5 * min(1.0, grown)))
            self._turned[button] = grown if pressed else 0.0
            self.pad.press(button, pressed)


def raw_stick(x: float, y: float) -> tuple[float, float]:
    """Where to push a stick so that it gives x and y: the inverse of the response curve."""
    wanted = min(1.0, float(np.hypot(x, y)))
    if wanted < 1e-3:
        return 0.0, 0.0
    pushes = np.linspace(0, 1, 2001)
    pushed = float(np.interp(wanted, (1 - EXPO) * pushes + EXPO * pushes**3, pushes))
    radius = (DEADZONE + pushed * (SATURATION - DEADZONE)) / float(np.hypot(x, y))
    return float(x * radius), float(y * radius)
