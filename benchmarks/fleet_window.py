"""This benchmark serves four arms at the fleet's window by a virtual pad.

    python -m benchmarks.fleet_window WS --policy 0001 --seconds 60 --slowed 10

It goes to the next caller with start, takes the clutch, follows the task's expert with the sticks
until the stage is over, lets go, and goes on. It prints the shift's report, the control rate and
late ticks of each arm, the frames a second and what ticks and frames cost, as JSON.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
os.environ.setdefault("SDL_JOYSTICK_ALLOW_BACKGROUND_EVENTS", "1")

import numpy as np
import tyro

from benchmarks.rewinding import cpu_ms
from benchmarks.rows import circumstances
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.threads import limit_threads
from sidestick.sim_envs.experts import make_expert
from sidestick.teleop.devices.sdl import pygame
from sidestick.teleop.fleet.opening import FleetOptions
from sidestick.teleop.fleet.queues import FIRST_COME, queue_named
from sidestick.teleop.fleet.window.fleet_loop import FleetLoop, FleetTerms
from sidestick.teleop.fleet.window.run import run_window
from sidestick.teleop.fleet.window.seat import Seat
from sidestick.teleop.station.options import StationOptions
from tests import virtual_pad as vp
from tests.expert_pad import TURN_PRIORITY, push_sticks

LOOK_S, GIVE_UP_S = 1.0, 15.0


@dataclass(frozen=True)
class Options:
    """What to measure."""

    workspace: Annotated[Path, tyro.conf.Positional]
    policy: str = "0001"
    arms: int = 4
    seconds: float = 60.0
    answers: int | None = None
    """Leave once so many calls have been answered, before the time is over."""
    pictures: Path | None = None
    """Folder for pictures of the window."""
    view: str = "auto"
    slowed: float = 1.0
    """Divides the clock, for a machine that others use too: with 10 the window has ten seconds for
    each of its own, so that its share of the cores is about that of a machine of its own."""


class PadOperator:
    """Presses the pad's buttons as a person would, once a control tick."""

    def __init__(self, task: str, options: Options) -> None:
        self.expert, self.options = make_expert(task), options
        self.pad: vp.VirtualPad | None = None
        self.began = self.acted = self.since = 0.0
        self.doing = "set up"
        self.start_progress = 0.0
        self.left: Seat | None = None
        """Whom it served last: others that call come first."""
        self.over = False
        self.saved: set[str] = set()
        self.seen_hz: dict[int, list[float]] = {}

    def __call__(self, fleet: FleetLoop) -> None:
        """Act where a tick's time is over."""
        if self.pad is None:
            self.pad, self.began = vp.VirtualPad(), fleet.now
        if fleet.now - self.acted < 0.05:
            return
        self.acted = fleet.now
        for seat in fleet.seats:
            if not np.isnan(seat.loop.meter.hz):
                self.seen_hz.setdefault(seat.number, []).append(seat.loop.meter.hz)
        self._act(fleet)
        enough = self.options.answers is not None and fleet.shift.answers >= self.options.answers
        if enough or fleet.now - self.began > self.options.seconds:
            self.over = True
            fleet.leave()

    def rates(self) -> list[float]:
        """The median control rate of each arm while it ticked, Hz."""
        return [float(np.median(rates)) for _, rates in sorted(self.seen_hz.items())]

    def _act(self, fleet: FleetLoop) -> None:
        seat, lasts = fleet.focus, fleet.now - self.since
        if self.doing == "set up":
            self._set_up(lasts, fleet.now)
        elif self.doing == "watch":
            self._picture("wall")
            others = any(caller is not seat for caller in fleet.callers)
            if seat.calling and not (seat is self.left and others):
                self._change("look", fleet.now)
            elif others and lasts > 0.3:
                self.pad.press(vp.START, int(lasts * 10) % 4 < 2)
        elif self.doing == "look" and lasts > LOOK_S:
            self.pad.press(vp.START, False)
            self._picture("caller")
            self.pad.press(vp.B if seat.failed else vp.LB)
            self.start_progress = seat.live.env.status.progress
            self._change("drive", fleet.now)
        elif self.doing == "drive":
            self._drive(fleet, lasts)
        elif self.doing == "let go" and lasts > 0.4:
            self._change("watch", fleet.now)

    def _set_up(self, lasts: float, now: float) -> None:
        """Choose base directions and full speed, once."""
        presses = [(vp.RB, True), (vp.B, True), (vp.B, False), (vp.RB, False)]
        presses += [(vp.L3, True), (vp.L3, False)]
        self.since = self.since or now
        step = int((now - self.since) / 0.25) - 2
        if step >= len(presses):
            self._change("watch", now)
        elif step >= 0:
            self.pad.press(*presses[step])

    def _drive(self, fleet: FleetLoop, lasts: float) -> None:
        seat = fleet.focus
        env, status = seat.live.env, seat.live.env.status
        self._picture("driving" if seat.driven else "taking")
        better = status.progress > self.start_progress + 0.4
        if status.success or better or lasts > GIVE_UP_S or not (seat.driven or seat.calling):
            for button in (vp.LB, vp.B, vp.UP, vp.DOWN, vp.LEFT, vp.RIGHT):
                self.pad.press(button, False)
            self._push(np.zeros(7))
            self.left = seat
            self._change("let go", fleet.now)
            return
        if not seat.driven:
            self.pad.press(vp.LB, int(lasts * 10) % 6 < 4)  # anew where the devices are locked
            return
        intent = self.expert.next(env)
        self.pad.axis(vp.RT, float(intent.closing != env.closing))
        self._push(intent.action(env.tool()))

    def _push(self, action: np.ndarray) -> None:
        """Push sticks and D-pad for an action [7] in the base frame at full speed."""
        for button, wanted in push_sticks(self.pad, action):
            self.pad.press(button, bool(wanted > TURN_PRIORITY))

    def _change(self, doing: str, now: float) -> None:
        self.doing, self.since = doing, now

    def _picture(self, name: str) -> None:
        if self.options.pictures is not None and name not in self.saved:
            self.saved.add(name)
            path = str(self.options.pictures / f"{name}.png")
            pygame.image.save(pygame.display.get_surface(), path)


class Costs:
    """CPU time of ticks and frames in the window's own process, and of all processes, ms."""

    def __init__(self) -> None:
        self.tick_ms: list[float] = []
        """Of the two halves of every arm's ticks."""
        self.frame_ms: list[float] = []
        self._began_ms, self._own_ms = 0.0, 0.0

    def follow(self, fleet: FleetLoop) -> None:
        """Time what the loop calls, from now on."""
        self._began_ms, self._own_ms = cpu_ms(), 1000 * time.process_time()
        for seat in fleet.seats:
            seat.loop.begin_tick = self._timed(seat.loop.begin_tick, self.tick_ms, whole=False)
            seat.loop.finish_tick = self._timed(seat.loop.finish_tick, self.tick_ms, whole=False)
        fleet.draw = self._timed(fleet.draw, self.frame_ms)

    def end(self, ticks: int) -> dict[str, float]:
        """What all came to, for each tick of an arm; ask before the processes end."""
        own, every = 1000 * time.process_time() - self._own_ms, cpu_ms() - self._began_ms
        return {
            "tick_cpu_ms": round(sum(self.tick_ms) / ticks, 1),
            "frame_cpu_ms": round(float(np.median(self.frame_ms)), 1),
            "window_cpu_ms_a_tick": round(own / ticks, 1),
            "other_processes_cpu_ms_a_tick": round((every - own) / ticks, 1),
        }

    def _timed(
        self, call: Callable[..., Any], into: list[float], whole: bool = True
    ) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            began = time.process_time()
            result = call(*arguments)
            if not whole or result == 0.0:  # a frame that was not due costs nothing
                into.append(1000 * (time.process_time() - began))
            return result

        return timed


def measure(options: Options) -> dict[str, Any]:
    """Serve, and return what it came to."""
    workspace, slowed = Workspace.open(options.workspace), options.slowed
    person, costs = PadOperator(workspace.config.task, options), Costs()
    loops: list[FleetLoop] = []
    spent: dict[str, float] = {}

    def on_step(fleet: FleetLoop) -> None:
        if not loops:
            loops.append(fleet)
            costs.follow(fleet)
        person(fleet)
        if person.over:
            spent.update(costs.end(sum(seat.loop.meter.ticks for seat in fleet.seats)))

    began, cpu = time.monotonic(), time.process_time()
    report = run_window(
        workspace,
        options.policy,
        FleetOptions(options.arms, follows=False, answer_within_s=0.1 * slowed),
        FleetTerms(queue_named(FIRST_COME)),
        StationOptions(first_seed=30_000, operator="pad", sound=False, view=options.view),
        FIRST_COME,
        on_step,
        lambda: time.perf_counter() / slowed,
        lambda seconds: time.sleep(seconds * slowed),
    )
    meters = [seat.loop.meter for seat in loops[0].seats]
    return {
        "report": report.to_json(),
        "slowed": slowed,
        "hz": [round(hz, 1) for hz in person.rates()],
        "late_share": [round(meter.late_share, 4) for meter in meters],
        "ticks": [meter.ticks for meter in meters],
        "frames_a_second": round(loops[0].frames_a_second, 1),
        **spent,
        "wall_s": round(time.monotonic() - began, 1),
        "cpu_s": round(time.process_time() - cpu, 1),
        **circumstances(),
    }


if __name__ == "__main__":
    limit_threads()
    print(json.dumps(measure(tyro.cli(Options, description=__doc__))))
