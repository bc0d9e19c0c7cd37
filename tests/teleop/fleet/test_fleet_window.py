"""These tests serve two arms at the fleet's window by a virtual pad."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pygame
import pytest

from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import WorldFailed
from sidestick.sim_envs.rewinding.rewindable_env import RewindableEnv
from sidestick.sim_envs.spaces import Action
from sidestick.teleop.fleet.window.fleet_loop import PATIENCE_S, FleetLoop
from sidestick.teleop.fleet.window.wall import tiles, wall_area
from sidestick.teleop.session.begun_tick import BegunTick
from sidestick.teleop.session.command import Request
from sidestick.teleop.session.levels import ControlState
from sidestick.teleop.station.states import WindowState
from tests import virtual_pad as vp
from tests.fleet_rig import fleet_options, fleet_workspace, opened, until


@contextmanager
def fleet_at_pad(
    folder: Path, arms: int = 2, holds_on_loss: bool = False, draws: bool = False
) -> Iterator[tuple[FleetLoop, vp.VirtualPad, Workspace]]:
    workspace = fleet_workspace(folder)
    with opened(workspace, fleet_options(arms), holds_on_loss, draws) as fleet:
        pad = vp.VirtualPad()
        until(fleet, lambda: all(seat.loop.state is WindowState.RECORDING for seat in fleet.seats))
        try:
            yield fleet, pad, workspace
        finally:
            fleet.close()
            pad.unplug()


def tap(fleet: FleetLoop, pad: vp.VirtualPad, button: int) -> None:
    """Press and release a button."""
    pad.press(button)
    wait(fleet, 0.1)
    pad.release(button)
    wait(fleet, 0.1)


def wait(fleet: FleetLoop, seconds: float) -> None:
    """Let time pass."""
    end = fleet.now + seconds
    until(fleet, lambda: fleet.now > end)


def take(fleet: FleetLoop, pad: vp.VirtualPad, arm: int) -> None:
    """Close the clutch, and wait until the arm is driven."""
    pad.press(vp.LB)
    until(fleet, lambda: state(fleet, arm) is ControlState.HUMAN, 2.0)


def state(fleet: FleetLoop, arm: int) -> ControlState:
    return fleet.seats[arm].live.episode.authority.state


@pytest.mark.usefixtures("quiet_sdl")
def test_callers_wait_frozen_and_are_answered_one_after_the_other(tmp_path: Path) -> None:
    """Start goes to the next caller, the clutch takes it, letting go hands back."""
    with fleet_at_pad(tmp_path / "ws") as (fleet, pad, workspace):
        until(fleet, lambda: len(fleet.callers) == 2)
        steps = [seat.live.episode.steps for seat in fleet.seats]
        wait(fleet, 0.5)
        assert [seat.live.episode.steps for seat in fleet.seats] == steps
        for arm in (0, 1):
            assert fleet.focus is fleet.seats[arm]
            take(fleet, pad, arm)
            assert state(fleet, 1 - arm) is not ControlState.HUMAN
            pad.release(vp.LB)
            until(fleet, lambda arm=arm: state(fleet, arm) is ControlState.POLICY)
            if arm == 0:
                tap(fleet, pad, vp.START)
        assert fleet.switches == 1
        assert fleet.shift.answers == 2
        assert min(fleet.shift.waits_s) >= 0.5
    summaries = workspace.summaries()
    assert len(summaries) == 2
    assert all(s.header.level is Level.ON_CALL and s.takeovers == 1 for s in summaries)
    assert {s.header.seed for s in summaries} == {0, 1}
    assert all(s.header.operator == "tester" for s in summaries)


@pytest.mark.slow
@pytest.mark.usefixtures("quiet_sdl")
def test_a_clutch_that_is_held_does_not_take_the_next_arm(tmp_path: Path) -> None:
    """It must be let go of first: nobody drives an arm that she has not looked at."""
    with fleet_at_pad(tmp_path / "ws") as (fleet, pad, _):
        until(fleet, lambda: len(fleet.callers) == 2)
        take(fleet, pad, 0)
        fleet.turn_to(fleet.seats[1])
        until(fleet, lambda: state(fleet, 0) is not ControlState.HUMAN)
        wait(fleet, 0.4)
        assert state(fleet, 1) is ControlState.CALLING
        pad.release(vp.LB)
        wait(fleet, 0.1)
        take(fleet, pad, 1)


@pytest.mark.usefixtures("quiet_sdl")
def test_a_world_that_fails_costs_the_episode_of_its_arm(tmp_path: Path) -> None:
    """What it drove is kept, it says why, and the other arm goes on."""
    with fleet_at_pad(tmp_path / "ws") as (fleet, _, workspace):
        bad, good = fleet.seats

        def fail(action: Action) -> None:
            raise WorldFailed("its process was stopped")

        until(fleet, lambda: bad.live.episode.steps > 3)
        bad.live.env.begin_step = fail
        steps = good.live.episode.steps
        until(fleet, lambda: bad.loop.state is WindowState.READY)
        assert "its process was stopped" in bad.loop.notice.text
        del bad.live.env.begin_step
        until(fleet, lambda: bad.loop.state is WindowState.RECORDING)
        assert good.live.episode.steps > steps
        assert bad.live.seed == 2
    kept = [summary for summary in workspace.summaries() if summary.header.seed == 0]
    assert [summary.complete for summary in kept] == [False]
    assert kept[0].steps > 3


@pytest.mark.usefixtures("quiet_sdl")
def test_an_arm_whose_world_is_slow_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tick is finished when its world has stepped, or when something is asked of it."""
    with fleet_at_pad(tmp_path / "ws") as (fleet, _, __):
        fast, slow = fleet.seats
        still = property(lambda env: env is slow.live.env)
        monkeypatch.setattr(RewindableEnv, "stepping", still)

        def draw(fleet: FleetLoop) -> float:
            fleet._sleep(1.2 * PATIENCE_S)
            return 0.0

        fleet.draw = draw
        before = [seat.live.episode.steps for seat in fleet.seats]
        wait(fleet, 0.5)
        assert fast.live.episode.steps >= before[0] + 5
        assert slow.live.episode.steps == before[1]
        slow.loop.signal(Request.FREEZE)
        assert slow.live.episode.steps == before[1] + 1
        assert slow.loop.state is WindowState.PAUSED


@pytest.mark.usefixtures("quiet_sdl")
def test_a_slow_frame_after_a_slow_tick_leaves_the_clutch_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The devices are read between the two; one piece of work that is too long holds the arm."""
    with fleet_at_pad(tmp_path / "ws") as (fleet, pad, _):
        until(fleet, lambda: fleet.seats[0].calling)
        take(fleet, pad, 0)
        live, frame_s = fleet.focus.live, 0.1
        begin = live.begin_tick

        def slow(late_ms: float) -> BegunTick:
            fleet._sleep(0.1)
            return begin(late_ms)

        def draw(fleet: FleetLoop) -> float:
            fleet._sleep(frame_s)
            return 0.0

        monkeypatch.setattr(RewindableEnv, "stepping", False)
        monkeypatch.setattr(live, "begin_tick", slow)
        fleet.draw = draw
        steps = live.episode.steps
        wait(fleet, 1.0)
        assert fleet.focus.loop.state is WindowState.RECORDING
        assert live.episode.steps >= steps + 4
        assert state(fleet, 0) is ControlState.HUMAN
        frame_s = 0.2
        wait(fleet, 0.5)
        assert fleet.focus.loop.state is WindowState.STALLED


@pytest.mark.usefixtures("quiet_sdl")
def test_a_clutch_that_was_opened_while_another_arm_was_served_drives_no_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reset takes long; what was held before it is not driven by after it."""
    with fleet_at_pad(tmp_path / "ws") as (fleet, pad, _):
        until(fleet, lambda: fleet.seats[0].calling)
        take(fleet, pad, 0)

        def serve(now: float) -> None:
            pad.release(vp.LB)
            fleet._sleep(0.1)

        monkeypatch.setattr(RewindableEnv, "stepping", False)
        monkeypatch.setattr(fleet.seats[1], "serve", serve)
        steps = fleet.focus.live.episode.steps
        until(fleet, lambda: fleet.focus.live.episode.steps > steps)
        assert fleet.focus.live.episode.states[steps] is not ControlState.HUMAN


def lose_focus(pad: vp.VirtualPad) -> None:
    pygame.event.post(pygame.event.Event(pygame.WINDOWFOCUSLOST))


def unplug(pad: vp.VirtualPad) -> None:
    pad.unplug()


@pytest.mark.usefixtures("quiet_sdl")
@pytest.mark.parametrize(
    ("lose", "holds"),
    [
        (lose_focus, False),
        pytest.param(lose_focus, True, marks=pytest.mark.slow),
        pytest.param(unplug, False, marks=pytest.mark.slow),
        pytest.param(unplug, True, marks=pytest.mark.slow),
    ],
)
def test_lost_devices_hold_the_driven_arm(
    tmp_path: Path, lose: Callable[[vp.VirtualPad], None], holds: bool
) -> None:
    """The others' policies go on, or hold, as the option says."""
    with fleet_at_pad(tmp_path / "ws", holds_on_loss=holds) as (fleet, pad, _):
        until(fleet, lambda: fleet.seats[0].calling)
        take(fleet, pad, 0)
        fleet.seats[1].live.episode.authority.rest()  # as if it had never asked
        fleet.seats[1].live.episode.calling = None
        fleet.seats[1].live.assignment.monitor.mute()
        lose(pad)
        until(fleet, lambda: fleet.lost != "")
        steps = [seat.live.episode.steps for seat in fleet.seats]
        wait(fleet, 0.5)
        now = [seat.live.episode.steps for seat in fleet.seats]
        assert now[0] == steps[0]
        assert (now[1] > steps[1]) != holds


@pytest.mark.slow
@pytest.mark.usefixtures("quiet_sdl")
def test_a_failure_waits_with_its_last_two_seconds_and_is_taken_over_before_it(
    tmp_path: Path,
) -> None:
    """The arm that failed asks; going back leads to before the failure, and driving goes on."""
    with fleet_at_pad(tmp_path / "ws") as (fleet, pad, _):
        seat = fleet.seats[1]
        seat.live.assignment.monitor.mute()
        seat.live.episode._max_steps = seat.live.episode.steps + 45
        until(fleet, lambda: seat.failed)
        assert seat.calling
        assert seat.why == "the episode has failed"
        assert len(seat.last.pictures) == 40
        tap(fleet, pad, vp.START)
        assert fleet.focus is seat
        failed_at = seat.live.episode.steps
        tap(fleet, pad, vp.R3)
        assert seat.loop.state is WindowState.REWINDING
        assert seat.live.episode.steps <= failed_at - 40
        seat.live.episode._max_steps = 10_000
        take(fleet, pad, 1)
        assert seat.loop.state is WindowState.RECORDING


@pytest.mark.slow
@pytest.mark.usefixtures("quiet_sdl")
def test_a_click_on_a_tile_turns_to_that_arm(tmp_path: Path) -> None:
    """Clicks below the wall are the seat's."""
    with fleet_at_pad(tmp_path / "ws", arms=3, draws=True) as (fleet, _, __):
        area = wall_area(pygame.display.get_surface().get_rect())
        rect = tiles(area, 3, 5)[2]
        pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=rect.center))
        until(fleet, lambda: fleet.focus is fleet.seats[2])
        fleet.focus.loop.signal(Request.QUIT)
        until(fleet, lambda: fleet.closed)


def test_the_wall_has_room_for_every_arm() -> None:
    """Tiles do not overlap, and lie in the wall."""
    area = pygame.Rect(0, 0, 1280, 160)
    for count in (1, 2, 4, 8, 9, 16):
        found = tiles(area, count, 6)
        assert len(found) == count
        assert all(area.contains(rect) for rect in found)
        assert all(rect.collidelist(found[:i]) < 0 for i, rect in enumerate(found))
