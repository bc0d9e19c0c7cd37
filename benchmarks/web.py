"""This benchmark measures the served pages over loopback: driving, and judging by many.

`python -m benchmarks.web drive [--seconds 60] [--judges 5]` serves a new workspace in this process
and drives it from another, as a browser without a screen; a push's latency ends when the
simulation has executed an action in its direction, as in `benchmarks.window`.
`python -m benchmarks.web judges [--judges 50] [--seconds 120]` has planted judges answer over HTTP.
`python -m benchmarks.web fleet --workspace WS [--arms 4]` seats the driver at a fleet
(`benchmarks.web_fleet`).
It prints JSON, with the machine's load beside it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tyro

from benchmarks.web_fleet import serve_arms
from benchmarks.web_judges import Rounds, judging_process, made_up_workspace
from benchmarks.web_served import percentiles, served
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.renderers import best_view_renderer
from sidestick.teleop.cli.drive import Drive
from sidestick.teleop.devices.stick_motion import picture_frame
from sidestick.teleop.session.subscriber import EpisodeContext, Subscriber, Tick
from sidestick.teleop.station.options import StationOptions
from sidestick.teleop.station.run import run_station
from sidestick.teleop.web.access import Access
from sidestick.teleop.web.driving.browser_outlet import BrowserOutlet
from sidestick.teleop.web.driving.seat import OpenOutlet

MOVING = 0.05
"""Smallest component along the push at which an action counts as its effect."""
LATE_MS = 25.0


@dataclass(frozen=True)
class Options:
    """What is measured."""

    what: tyro.conf.Positional[Literal["drive", "judges", "fleet"]]
    seconds: float = 60.0
    judges: int = 5
    items: int = 1400
    """Episodes to judge, in `judges`."""
    thinks_s: float = 3.0
    """How long a judge thinks, on average."""
    task: str = "ShelfPick"
    workspace: Path | None = None
    """With a policy, for `fleet`; a copy of it is served."""
    arms: int = 4
    """How many the driver serves, in `fleet`."""


class TickTimes(Subscriber):
    """Notes when each tick had executed its action, and along which way of the picture."""

    def __init__(self) -> None:
        self.done: list[tuple[float, float, float]] = []
        """perf_counter s, component along the picture's right, late ms."""
        self._right = np.zeros(2)

    def on_begin(self, context: EpisodeContext) -> None:
        """Look where the picture's right is."""
        env: Any = context.env
        self._right = picture_frame(env.camera_view("front")).right[:2]

    def on_tick(self, tick: Tick) -> None:
        """Note one tick."""
        along = float(tick.step.action[:2] @ self._right)
        self.done.append((time.perf_counter(), along, tick.step.late_ms))


@dataclass
class CpuTimes:
    """CPU milliseconds of the seat's thread, which other programs do not lengthen."""

    tick_ms: list[float]
    frame_ms: list[float]
    _wrapped: bool = False

    def frame(self, screen: Any) -> None:
        """Time every frame of a screen, and every tick of the loop that it shows."""
        show = screen.show

        def timed(loop: Any) -> None:
            if not self._wrapped:
                self._wrapped = True
                loop.live.tick = self._timed(loop.live.tick, self.tick_ms)
            self._timed(show, self.frame_ms)(loop)

        screen.show = timed

    def _timed(self, function: Any, kept: list[float]) -> Any:
        def timed(*given: Any) -> Any:
            began = time.thread_time()
            result = function(*given)
            kept.append((time.thread_time() - began) * 1000)
            return result

        return timed


def drive(options: Options) -> dict[str, Any]:
    """Drive over a socket, with some judges beside."""
    times, cpu, drawn = TickTimes(), CpuTimes([], []), {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ws"
        Workspace.create(path, WorkspaceConfig(options.task, best_view_renderer().name))
        judged = made_up_workspace(Path(folder) / "judged", 200)

        def run(operator: str, open_outlet: OpenOutlet) -> object:
            def timed(chosen: StationOptions) -> BrowserOutlet:
                outlet: Any = open_outlet(chosen)
                outlet.subscribers = (*outlet.subscribers, times)
                note = outlet.link.drawn

                def noted(number: int) -> None:
                    drawn[number] = time.perf_counter()
                    note(number)

                outlet.link.drawn = noted
                make = outlet.screen

                def screen(view: Any, prompter: Any) -> Any:
                    made = make(view, prompter)
                    cpu.frame(made)
                    return made

                outlet.screen = screen
                return outlet

            return Drive(path, level="demonstrate", first_seed=0).session(
                lambda ws, assignment, chosen: run_station(
                    ws, assignment, replace(chosen, operator=operator, tutorial=False), timed
                )
            )

        access, others = Access(), Access()
        with (
            served(Workspace.open(path), access, run) as (url, _),
            served(judged, others) as (beside, _),
        ):
            token = access.invite("owner")
            command = [sys.executable, "-m", "benchmarks.web_client", "drive", url, token]
            with judging_process(beside, others, options.judges, 1e6, options.thinks_s):
                done = subprocess.run(
                    [*command, str(options.seconds)], stdout=subprocess.PIPE, text=True, check=True
                )
    found = _drive_figures(json.loads(done.stdout), times, drawn)
    kept = {"tick_cpu_ms": cpu.tick_ms, "frame_cpu_ms": cpu.frame_ms}
    return {**found, **{name: percentiles(values) for name, values in kept.items()}}


def _drive_figures(
    seen: dict[str, Any], times: TickTimes, drawn: dict[int, float]
) -> dict[str, Any]:
    """What the driver's pushes and pictures come to."""
    done = np.array(times.done)
    arrived = {int(number): at for number, at in seen["arrived"].items()}
    shown = sorted((drawn[n], at) for n, at in arrived.items() if n in drawn)
    to_action, to_picture = [], []
    for begin, end in zip(seen["pushes"], [*seen["pushes"][1:], (np.inf, 0.0)], strict=True):
        pushed, way = begin
        found = done[(done[:, 0] > pushed) & (done[:, 0] < end[0]) & (done[:, 1] * way > MOVING)]
        if not len(found):
            continue
        to_action.append((found[0, 0] - pushed) * 1000)
        later = [at for at_drawn, at in shown if at_drawn > found[0, 0]]
        if later:
            to_picture.append((later[0] - pushed) * 1000)
    gaps = np.diff(done[:, 0])
    driven = gaps[gaps < 0.5]
    return {
        "pushes": len(to_action),
        "input_to_action_ms": percentiles(to_action),
        "input_to_picture_ms": percentiles(to_picture),
        "round_trip_ms": percentiles(seen["trips_ms"]),
        "control_hz": round(1.0 / float(driven.mean()), 2),
        "late_share": round(float((done[:, 2] > LATE_MS).mean()), 3),
        "ticks": len(done),
        "pauses": seen["pauses"],
        "pictures_per_s": round(seen["pictures_per_s"], 1),
        "kb_per_s": round(seen["kb_per_s"], 1),
    }


def main(options: Options) -> None:
    """Measure and print."""
    before = os.getloadavg()[0]
    if options.what == "drive":
        found = drive(options)
    elif options.what == "fleet":
        if options.workspace is None:
            raise SystemExit("fleet: give the --workspace whose policy drives the arms")
        found = serve_arms(options.workspace, options.arms, options.seconds)
    else:
        with tempfile.TemporaryDirectory() as folder:
            workspace, access = made_up_workspace(Path(folder) / "ws", options.items), Access()
            with (
                served(workspace, access) as (url, _),
                judging_process(
                    url, access, options.judges, options.seconds, options.thinks_s
                ) as process,
            ):
                said = json.loads(process.communicate()[0])
            rounds = Rounds.of_json(said)
            found = rounds.figures(workspace)
    print(json.dumps({"load": [round(before, 1), round(os.getloadavg()[0], 1)], **found}, indent=1))


if __name__ == "__main__":
    main(tyro.cli(Options))
