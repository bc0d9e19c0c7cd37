"""The operator's seat for a minute: control rate, late ticks, frames, from input to action.

`python -m benchmarks.seat [--seconds 60] [--policy FOLDER] [--view gl|tiny]`, under the display
that there is: SDL_VIDEODRIVER=dummy, or Xvfb (`xvfb-run -s "-screen 0 1280x800x24" python ...`).
"""

import argparse
import json
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
os.environ.setdefault("SDL_JOYSTICK_ALLOW_BACKGROUND_EVENTS", "1")

import numpy as np

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.workspace import Workspace
from sidestick.policies.policy import load_policy
from sidestick.sim_envs.renderers import best_view_renderer
from sidestick.teleop.desk import Desk, SeatOptions
from sidestick.teleop.devices.bindings import defaults
from sidestick.teleop.devices.hands import Hands
from sidestick.teleop.devices.pads import Pads
from sidestick.teleop.devices.sdl import pygame
from sidestick.teleop.feedback import Feedback
from sidestick.teleop.flow import State
from sidestick.teleop.pilot import Pilot
from sidestick.teleop.recording import Recording
from sidestick.teleop.rollouts import workspace_env
from sidestick.teleop.scene import Scene
from sidestick.teleop.screen.artist import Artist
from sidestick.teleop.screen.prompts import Prompter
from sidestick.teleop.screen.view import DirectView, MirrorView
from sidestick.teleop.screen.window import open_window
from sidestick.teleop.seat import Seat
from sidestick.teleop.tally import Tally
from tests import virtual_pad as vp

PUSH_EVERY_S = 0.37
"""Not a multiple of the tick, so that pushes fall anywhere between two ticks."""


@dataclass
class Press:
    """Pushes a stick now and then, and finds the tick on which the arm did it."""

    pad: vp.VirtualPad
    artist: Artist
    seconds: float
    frames: int = 0
    pauses: int = 0
    late_ms: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    delays_ms: list[float] = field(default_factory=list)
    began: float = 0.0
    frame_ms: list[float] = field(default_factory=list)
    frame_cpu_ms: list[float] = field(default_factory=list)
    tick_cpu_ms: list[float] = field(default_factory=list)

    def __call__(self, seat: Seat) -> float:
        """Push, then draw."""
        now = time.perf_counter()
        if not self.began:
            self._begin(seat, now)
        if seat.state in (State.PAUSED, State.READY):
            self.pauses += seat.state is State.PAUSED
            self.pad.release(vp.LB)
            self.pad.axis(vp.LEFT_X, 0.0)
            self.pad.press(vp.START, int(now * 4) % 2 == 0)
        elif seat.state is State.RECORDING:
            self.pad.press(vp.LB)
            if now > self._next:
                self._next, self._value = now + PUSH_EVERY_S, -self._value
                self.pad.axis(vp.LEFT_X, self._value)
                self._pushed = now
        if now - self.began > self.seconds:
            seat.leave()
        cpu = time.process_time()
        wait = self.artist(seat)
        if wait == 0.0:
            self.frames += 1
            self.frame_cpu_ms.append((time.process_time() - cpu) * 1000)
            self.frame_ms.append((time.perf_counter() - now) * 1000)
        return wait

    def _begin(self, seat: Seat, now: float) -> None:
        self.began = self._next = now
        self._value, self._pushed = 0.6, None
        seat.attend()
        seat.scene.max_steps = seat.scene._session.max_steps = 10**6
        tick = seat.scene.tick

        def timed(late_ms: float) -> object:
            cpu = time.process_time()
            done = tick(late_ms)
            self.tick_cpu_ms.append((time.process_time() - cpu) * 1000)
            end = time.perf_counter()
            self.late_ms.append(late_ms)
            self.times.append(end)
            action = done.step.action[:2]
            way = np.sign(action @ self._right) if np.linalg.norm(action) > 0.05 else 0
            if self._pushed and way == np.sign(self._value):
                self.delays_ms.append((end - self._pushed) * 1000)
                self._pushed = None
            return done

        seat.scene.tick = timed  # type: ignore[method-assign]
        from sidestick.teleop.devices.frames import picture_frame

        env = seat.scene.env
        self._right = picture_frame(env.task.cameras["front"].view(env.arm)).right[:2]


def measure(seconds: float, policy: Path | None, view_name: str, size: tuple[int, int]) -> dict:
    """One sitting; what came of it."""
    pygame.display.init()
    surface = open_window(size)
    with tempfile.TemporaryDirectory() as folder:
        renderer = best_view_renderer()
        config = WorkspaceConfig("ShelfPick", renderer=load_policy(policy).config.renderer
                                 if policy else renderer.name)  # fmt: skip
        workspace = Workspace.create(Path(folder) / "ws", config)
        env = workspace_env(config)
        view = DirectView(env, renderer) if view_name == "gl" else MirrorView(env)
        pilot = Pilot(load_policy(policy)) if policy else None
        pad = vp.VirtualPad()
        pads = Pads()
        hands = Hands(env, defaults(), pads)
        tally = Tally(workspace)
        options = SeatOptions(policy_id="0001" if pilot else None)
        with Recorder(workspace) as recorder:
            scene = Scene(env, hands, options.level, Recording(recorder), pilot, tally.refresh, 0)
            artist = Artist(surface, view, Prompter(defaults()))
            press = Press(pad, artist, seconds)
            seat = Seat(Desk(hands, tally, Feedback(pads), options=options), scene, press)
            cpu = time.process_time()
            for _ in range(30):
                seat.attend()
                time.sleep(0.01)
            seat.run()
            cpu = time.process_time() - cpu
        tally.close()
        view.close()
        env.close()
    return report(press, cpu, config.renderer, view_name)


def report(press: Press, cpu: float, renderer: str, view: str) -> dict:
    """The figures."""
    elapsed = time.perf_counter() - press.began
    gaps = np.diff(press.times)
    return {
        "driver": pygame.display.get_driver(),
        "recorded": renderer,
        "view": view,
        "ticks": len(press.late_ms),
        "hz": round(1 / float(np.mean(gaps[gaps < 1.0])), 3) if len(gaps) else None,
        "late_over_10ms": round(float(np.mean(np.array(press.late_ms) > 10)), 4),
        "late_ms": spread(press.late_ms),
        "frames_per_s": round(press.frames / elapsed, 1),
        "frame_ms": spread(press.frame_ms),
        "frame_cpu_ms": spread(press.frame_cpu_ms),
        "tick_cpu_ms": spread(press.tick_cpu_ms),
        "input_to_action_ms": spread(press.delays_ms),
        "turns_paused": press.pauses,
        "cores": round(cpu / elapsed, 2),
        "load": os.getloadavg()[0],
    }


def spread(values: list[float]) -> dict[str, float] | None:
    """Number, median and 99th percentile."""
    if not values:
        return None
    middle, high = (round(float(np.percentile(values, q)), 2) for q in (50, 99))
    return {"n": len(values), "p50": middle, "p99": high}


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--policy", type=Path)
    parser.add_argument("--view", choices=["gl", "tiny"], default="gl")
    parser.add_argument("--size", default="1280x800")
    asked = parser.parse_args()
    width, height = map(int, asked.size.split("x"))
    print(json.dumps(measure(asked.seconds, asked.policy, asked.view, (width, height)), indent=1))


if __name__ == "__main__":
    main()
