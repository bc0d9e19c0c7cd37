"""A WindowRig runs the window's loop for tests, with a virtual pad and a fake clock.

Simulation, input and recording are the real ones; tests press buttons and read the state.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pygame

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.judgements.judgements import Judge
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.plan import Plan
from sidestick.sim_envs.experts import make_expert
from sidestick.sim_envs.spaces import Observation
from sidestick.teleop.devices.bindings import Bindings, defaults
from sidestick.teleop.devices.controls import DRIVING, Control
from sidestick.teleop.devices.gamepads import Gamepads
from sidestick.teleop.devices.operator_input import OperatorInput
from sidestick.teleop.devices.simulated_window_input import SimulatedWindowInput
from sidestick.teleop.devices.stick_motion import DEADZONE, EXPO, RAMP_S, SATURATION
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.command import Request
from sidestick.teleop.session.environments import workspace_env
from sidestick.teleop.session.recording import Recording
from sidestick.teleop.session.session import Session
from sidestick.teleop.session.subscriber import Subscriber
from sidestick.teleop.station.auto_buttons import AutoButtons
from sidestick.teleop.station.cues import CuePlayer
from sidestick.teleop.station.live_episode import LIMITS_AT_THE_WINDOW, OperatorEpisode
from sidestick.teleop.station.loop import StationLoop
from sidestick.teleop.station.options import OperatorContext, StationOptions
from sidestick.teleop.station.states import WindowState
from sidestick.teleop.station.workspace_counts import WorkspaceCounts
from tests import virtual_pad as vp

DEMONSTRATE = Assignment(Level.DEMONSTRATE)
TURN_S = 0.01
TICK_S = 0.05
TURN_PRIORITY = 0.12
"""The D-pad is pressed for turns larger than this, and released once it turns twice as fast."""


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Sideways:
    """A policy that goes to the left; its novelty is a parameter."""

    chunk, execute = 16, 8

    def __init__(self, novelty: float = 0.1) -> None:
        self.novelty = novelty

    def reset(self) -> None:
        """Nothing to forget."""

    def plan(self, observation: Observation) -> Plan:
        actions = np.tile(np.array([0, 0.3, 0, 0, 0, 0, -1], np.float32), (self.chunk, 1))
        return Plan(actions, np.zeros_like(actions), self.novelty)


class WindowRig:
    """The window's loop, a virtual pad, and methods that push its buttons and sticks."""

    def __init__(
        self,
        folder: Path,
        options: StationOptions | None = None,
        assignment: Assignment = DEMONSTRATE,
        bindings: Bindings[Control] | None = None,
        pad: bool = True,
        num_items: int = 1,
        subscribers: Sequence[Subscriber] = (),
        answer_within_s: float | None = None,
        task: str = "ShelfPick",
        config: WorkspaceConfig | None = None,
    ) -> None:
        options = options or StationOptions()
        self.time = FakeTime()
        config = config or WorkspaceConfig(task, env_kwargs={"num_items": num_items})
        self.workspace = Workspace.open_or_create(folder, config)
        self.env: Any = workspace_env(self.workspace.config)
        self.pad = vp.VirtualPad() if pad else None
        self.pads = Gamepads()
        bound = bindings or defaults(DRIVING)
        if options.simulated:
            self.operator_input: OperatorInput = SimulatedWindowInput(
                self.env, bound, self.pads, self.time
            )
        else:
            self.operator_input = OperatorInput(
                self.env, bound, self.pads, "tester", self.time, options.latch
            )
        self._press_buttons = AutoButtons() if options.simulated else lambda loop: None
        self.recorder = Recorder(self.workspace)
        self.tally = WorkspaceCounts(self.workspace)
        listening = [Recording(self.recorder, self.tally.refresh), *subscribers]
        limit = self.env.world_spec.max_steps * LIMITS_AT_THE_WINDOW
        session = Session(
            self.env, self.operator_input, assignment, listening, max_steps=limit,
            answer_within_s=answer_within_s,
        )  # fmt: skip
        self.live = OperatorEpisode(session, options.seeds.start)
        feedback = CuePlayer(self.pads, options.sound, self.time)
        context = OperatorContext(
            self.operator_input, self.tally, feedback, self.time, self.time.sleep, options,
            Judge(self.workspace, "tester"),
        )  # fmt: skip
        self.loop = StationLoop(context, self.live, lambda _: TURN_S)
        self.expert = None if config.world else make_expert(task)
        self._turned: dict[int, float] = {}
        self.run(0.3)

    @property
    def state(self) -> WindowState:
        return self.loop.state

    @property
    def steps(self) -> int:
        return self.live.episode.steps

    def run(self, seconds: float) -> None:
        """Step the loop for some seconds of the fake clock."""
        until = self.time.now + seconds
        while self.time.now < until and self.state is not WindowState.CLOSED:
            self.loop.step()
            self._press_buttons(self.loop)

    def tap(self, button: int, pad: vp.VirtualPad | None = None) -> None:
        """Press and release a button."""
        pad = pad or self.pad
        pad.press(button)
        self.run(0.1)
        pad.release(button)
        self.run(0.1)

    def chord(self, button: int) -> None:
        """Press a button while RB is held."""
        self.pad.press(vp.RB)
        self.run(0.05)
        self.tap(button)
        self.pad.release(vp.RB)
        self.run(0.05)

    def hold(self, button: int, seconds: float) -> None:
        """Hold a button for a while."""
        self.pad.press(button)
        self.run(seconds)
        self.pad.release(button)
        self.run(0.05)

    def pull(self, trigger: int) -> None:
        """Pull and release a trigger."""
        self.pad.axis(trigger, 1.0)
        self.run(0.06)
        self.pad.axis(trigger, 0.0)
        self.run(0.06)

    def drive(self, seconds: float, axis: int = vp.LEFT_Y, value: float = -1.0) -> None:
        """Hold the clutch and push a stick for some seconds."""
        self.pad.press(vp.LB)
        self.pad.axis(axis, value)
        self.run(seconds)
        self.pad.axis(axis, 0.0)
        self.pad.release(vp.LB)
        self.run(0.1)

    def drive_episode(self, seconds: float = 25.0) -> bool:
        """Choose base directions and full speed, start, and drive; whether a verdict is due."""
        self.chord(vp.B)
        self.tap(vp.L3)
        self.tap(vp.START)
        return self.drive_like_an_expert(seconds)

    def drive_like_an_expert(
        self,
        seconds: float,
        driving: WindowState = WindowState.RECORDING,
        enough: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Hold the clutch and follow the expert of the task; whether a verdict is due."""
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
        left = raw_stick(-action[1], -action[0])
        right = raw_stick(-action[5], -action[2])
        for axis, value in zip(range(4), (*left, *right), strict=True):
            self.pad.axis(axis, value)
        roll, pitch = action[3], -action[4]
        for button, wanted in (
            (vp.UP, pitch), (vp.DOWN, -pitch), (vp.RIGHT, roll), (vp.LEFT, -roll),
        ):  # fmt: skip
            grown = self._turned.get(button, 0.0) + TICK_S / RAMP_S
            pressed = bool(wanted > max(TURN_PRIORITY, 0.5 * min(1.0, grown)))
            self._turned[button] = grown if pressed else 0.0
            self.pad.press(button, pressed)

    def files(self, folder: str) -> list[str]:
        """Names of the files in a folder of the workspace."""
        return sorted(p.name for p in (self.workspace.path / folder).glob("[!.]*.hdf5"))

    def close(self) -> None:
        """Close the window; a running episode is kept."""
        self.loop.signal(Request.QUIT)
        self.recorder.close()
        self.tally.close()
        self.env.close()
        if self.pad:
            self.pad.unplug()
            pygame.event.get()


def raw_stick(x: float, y: float) -> tuple[float, float]:
    """Where to push a stick so that it gives x and y: the inverse of the response curve."""
    wanted = min(1.0, float(np.hypot(x, y)))
    if wanted < 1e-3:
        return 0.0, 0.0
    pushes = np.linspace(0, 1, 2001)
    pushed = float(np.interp(wanted, (1 - EXPO) * pushes + EXPO * pushes**3, pushes))
    radius = (DEADZONE + pushed * (SATURATION - DEADZONE)) / float(np.hypot(x, y))
    return float(x * radius), float(y * radius)
