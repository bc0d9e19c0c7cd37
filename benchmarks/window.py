"""This benchmark measures control rate, late ticks, frames and latency of the operator's window.

`python -m benchmarks.window [--seconds 60] [--policy FOLDER] [--view auto|gl|tiny] [--no-aids]
[--task ShelfPick]` runs it on a display: SDL_VIDEODRIVER=dummy, or Xvfb (`xvfb-run -s "-screen 0
1280x800x24" python ...`). A thread pushes a virtual gamepad's stick at random times; the latency
ends when the simulation has executed an action in that direction. `--view tiny` also records with
TinyRenderer. It prints JSON.
"""

import argparse
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
os.environ.setdefault("SDL_JOYSTICK_ALLOW_BACKGROUND_EVENTS", "1")

import numpy as np

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.policy import load_policy
from sidestick.sim_envs.renderers import best_view_renderer
from sidestick.sim_envs.tasks import TASKS
from sidestick.teleop.devices.bindings import defaults
from sidestick.teleop.devices.controls import DRIVING
from sidestick.teleop.devices.gamepads import Gamepads
from sidestick.teleop.devices.operator_input import OperatorInput
from sidestick.teleop.devices.sdl import pygame
from sidestick.teleop.devices.stick_motion import picture_frame
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.command import Request
from sidestick.teleop.session.environments import workspace_env
from sidestick.teleop.session.pacing import BEHIND_MS
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.session.recording import Recording
from sidestick.teleop.session.session import Session
from sidestick.teleop.session.subscriber import Tick
from sidestick.teleop.station.cues import CuePlayer
from sidestick.teleop.station.live_episode import OperatorEpisode
from sidestick.teleop.station.loop import StationLoop
from sidestick.teleop.station.options import OperatorContext, StationOptions
from sidestick.teleop.station.screen.frame_scheduler import FrameScheduler
from sidestick.teleop.station.screen.prompts import Prompter
from sidestick.teleop.station.screen.view import VIEWS, open_view
from sidestick.teleop.station.states import WindowState
from sidestick.teleop.station.workspace_counts import WorkspaceCounts
from sidestick.teleop.ui.window import open_window
from tests import virtual_pad as vp

PUSHED = 0.6
PUSH_EVERY_S = (0.25, 0.45)
MOVING = 0.05
"""Smallest component along the push at which an action counts as its effect."""


@dataclass
class Figures:
    """The measurements, in order of time."""

    late_ms: list[float] = field(default_factory=list)
    ticked_s: list[float] = field(default_factory=list)
    tick_ms: list[float] = field(default_factory=list)
    tick_cpu_ms: list[float] = field(default_factory=list)
    framed_s: list[float] = field(default_factory=list)
    frame_ms: list[float] = field(default_factory=list)
    frame_cpu_ms: list[float] = field(default_factory=list)
    delays_ms: list[float] = field(default_factory=list)
    pauses: list[str] = field(default_factory=list)


class Pusher:
    """Pushes the stick left and right at times independent of ticks and frames."""

    def __init__(self, pad: vp.VirtualPad) -> None:
        self.way, self.pushed_s = 1.0, 0.0
        """Direction of the last push, and its time until its effect was measured, else 0."""
        self._pad, self._over, self._resting = pad, threading.Event(), True
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start pushing."""
        self.rest(False)
        self._thread.start()

    def rest(self, resting: bool) -> None:
        """Release the stick and the clutch for a while, or hold the clutch again."""
        self._resting, self.pushed_s = resting, 0.0
        if resting:
            self._pad.axis(vp.LEFT_X, 0.0)
        self._pad.press(vp.LB, not resting)

    def _run(self) -> None:
        intervals = random.Random(1)
        while not self._over.wait(intervals.uniform(*PUSH_EVERY_S)):
            if self.pushed_s or self._resting:
                continue  # the last push has had no effect yet
            self.way = -self.way
            self.pushed_s = time.perf_counter()
            self._pad.axis(vp.LEFT_X, PUSHED * self.way)

    def stop(self) -> None:
        """Stop pushing."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()


class Observer:
    """Wraps the window's ticks and frames to time them."""

    def __init__(
        self, frame_scheduler: FrameScheduler, pusher: Pusher, pad: vp.VirtualPad, seconds: float
    ) -> None:
        self.figures = Figures()
        self._frame_scheduler, self._pusher, self._pad = frame_scheduler, pusher, pad
        self._seconds, self._began = seconds, 0.0

    def watch(self, scene: OperatorEpisode) -> None:
        """Time every tick; an episode lasts as long as the measurement."""
        scene.session.max_steps = 10**6
        scene.reset()
        view = scene.env.task.cameras["front"].view(scene.env.arm)
        right = picture_frame(view).right[:2]
        scene.tick = self._timed(scene.tick, right)  # type: ignore[method-assign]

    def _timed(self, tick: Callable[[float], Tick], right: np.ndarray) -> Callable[[float], Tick]:
        def timed(late_ms: float) -> Tick:
            cpu, began = time.thread_time(), time.perf_counter()
            done = tick(late_ms)
            now = time.perf_counter()
            self.figures.tick_ms.append((now - began) * 1000)
            self.figures.tick_cpu_ms.append((time.thread_time() - cpu) * 1000)
            self.figures.late_ms.append(late_ms)
            self.figures.ticked_s.append(now)
            along = float(done.step.action[:2] @ right)
            if self._pusher.pushed_s and along * self._pusher.way > MOVING:
                self.figures.delays_ms.append((now - self._pusher.pushed_s) * 1000)
                self._pusher.pushed_s = 0.0
            return done

        return timed

    def __call__(self, loop: StationLoop) -> float:
        """Keep the window running, and let it draw; seconds until the next frame."""
        now = time.perf_counter()
        if loop.state is WindowState.READY:
            self._pad.press(vp.START, loop.seconds_in_state > 0.5)
        elif loop.state in (WindowState.PAUSED, WindowState.STALLED):
            self._go_on(loop)
        elif not self._began:
            self._began = now
            self._pad.release(vp.START)
            self._pusher.start()
        if self._began and now - self._began > self._seconds:
            self._pusher.stop()
            loop.leave()
        cpu = time.thread_time()
        wait = self._frame_scheduler(loop)
        if wait == 0.0 and self._began:
            self.figures.framed_s.append(time.perf_counter())
            self.figures.frame_cpu_ms.append((time.thread_time() - cpu) * 1000)
            self.figures.frame_ms.append((time.perf_counter() - now) * 1000)
        return wait

    def _go_on(self, loop: StationLoop) -> None:
        """After a pause release every input first, as the window requires."""
        self._pusher.rest(True)
        if loop.seconds_in_state > 0.5:
            self.figures.pauses.append(loop.lost)
            loop.signal(Request.START)
            self._pusher.rest(False)


def measure(
    seconds: float,
    policy: Path | None,
    view_name: str,
    size: tuple[int, int],
    options: StationOptions,
    task: str,
) -> dict:
    """The metrics of one run of the window, as JSON."""
    pygame.display.init()
    surface = open_window(size)
    recorded = "tiny" if view_name == "tiny" else best_view_renderer().name
    if policy:
        recorded = load_policy(policy).config.renderer
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.create(Path(folder) / "ws", WorkspaceConfig(task, recorded))
        env = workspace_env(workspace.config)
        view = open_view(env, view_name)
        runner = PolicyRunner(load_policy(policy)) if policy else None
        pad, pads, counts = vp.VirtualPad(), Gamepads(), WorkspaceCounts(workspace)
        operator_input = OperatorInput(env, defaults(DRIVING), pads)
        with Recorder(workspace) as recorder:
            assignment = Assignment(Level.DEMONSTRATE, "0001" if runner else None, runner)
            subscribers = [Recording(recorder, counts.refresh)]
            scene = OperatorEpisode(Session(env, operator_input, assignment, subscribers))
            frame_scheduler = FrameScheduler(surface, view, Prompter(defaults(DRIVING)))
            observer = Observer(frame_scheduler, Pusher(pad), pad, seconds)
            observer.watch(scene)
            loop = StationLoop(
                OperatorContext(operator_input, counts, CuePlayer(pads), options=options),
                scene,
                observer,
            )
            cpu, began = time.process_time(), time.perf_counter()
            loop.run()
            cores = (time.process_time() - cpu) / (time.perf_counter() - began)
        counts.close()
        view.close()
        env.close()
    driver = pygame.display.get_driver()
    known = {"driver": driver, "recorded": recorded, "view": view_name, "aids": options.aids}
    return {"task": task, **known, **report(observer.figures), "cores": round(cores, 2),
            "load": os.getloadavg()[0]}  # fmt: skip


def report(figures: Figures) -> dict[str, object]:
    """The metrics as JSON; gaps of over a second between ticks are pauses."""
    gaps, frames = np.diff(figures.ticked_s), np.diff(figures.framed_s)
    ticking = gaps[gaps < 1.0]
    return {
        "ticks": len(figures.late_ms),
        "hz": round(1 / float(np.mean(ticking)), 3) if len(ticking) else None,
        "late_over_10ms": round(float(np.mean(np.array(figures.late_ms) > BEHIND_MS)), 4),
        "late_ms": spread(figures.late_ms),
        "frames_per_s": round(1 / float(np.mean(frames)), 1) if len(frames) else None,
        "frame_ms": spread(figures.frame_ms),
        "frame_cpu_ms": spread(figures.frame_cpu_ms),
        "tick_ms": spread(figures.tick_ms),
        "tick_cpu_ms": spread(figures.tick_cpu_ms),
        "input_to_action_ms": spread(figures.delays_ms),
        "pauses": figures.pauses,
    }


def spread(values: list[float]) -> dict[str, float] | None:
    """Number, median and 99th percentile of values; None without any."""
    if not values:
        return None
    middle, high = (round(float(np.percentile(values, q)), 2) for q in (50, 99))
    return {"n": len(values), "p50": middle, "p99": high}


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--policy", type=Path)
    parser.add_argument("--view", choices=VIEWS, default="auto")
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--aids", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--task", choices=sorted(TASKS), default="ShelfPick")
    asked = parser.parse_args()
    width, height = map(int, asked.size.split("x"))
    options = StationOptions(aids=asked.aids)
    figures = measure(asked.seconds, asked.policy, asked.view, (width, height), options, asked.task)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
