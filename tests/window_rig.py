"""A WindowRig runs the window's loop for tests, with a virtual pad and a fake clock.

Simulation, input and recording are the real ones; tests press buttons and read the state.
"""

from collections.abc import Sequence
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
from sidestick.teleop.devices.device_window_input import DeviceWindowInput
from sidestick.teleop.devices.gamepads import Gamepads
from sidestick.teleop.devices.operator_input import OperatorInput
from sidestick.teleop.devices.simulated_window_input import SimulatedWindowInput
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
from tests.expert_pad import ExpertPad

DEMONSTRATE = Assignment(Level.DEMONSTRATE)
TURN_S = 0.01


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


class WindowRig(ExpertPad):
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
        elif options.device is not None:
            device = options.device(self.env)
            self.operator_input = DeviceWindowInput(self.env, bound, self.pads, device, self.time)
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
