"""A fleet at a browser: the window's states and queue, driven over a wire that can fail."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidestick.datasets.episode import Episode
from sidestick.datasets.step import Driver
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.cli.serve import Serve
from sidestick.teleop.devices.bindings import defaults
from sidestick.teleop.devices.controls import DRIVING
from sidestick.teleop.fleet.window.fleet_loop import FleetLoop
from sidestick.teleop.fleet.window.frames import FleetPrompter
from sidestick.teleop.session.levels import ControlState
from sidestick.teleop.station.states import WindowState
from sidestick.teleop.web.driving.browser_fleet import fleet_json
from sidestick.teleop.web.driving.browser_outlet import BrowserOutlet
from sidestick.teleop.web.driving.frames import FIRST_ARM, REPLAY, FrameFeed
from sidestick.teleop.web.driving.link import Link
from tests.browser_rig import DriverPage
from tests.fleet_rig import fleet_options, fleet_workspace, opened
from tests.window_rig import TURN_S, FakeTime


class FleetAtBrowser(DriverPage):
    """Two arms whose policy does not move, and a driver whose browser sees every picture."""

    def __init__(self, fleet: FleetLoop, outlet: BrowserOutlet, time: FakeTime) -> None:
        super().__init__(outlet.link, time)
        self.fleet, self.outlet, self.time = fleet, outlet, time
        self.drawn, self.blind = 0, False
        fleet.draw = self._draw
        outlet.link.connect()

    def step(self) -> None:
        """Let the fleet go on."""
        self.fleet.step()

    def until(self, done: Callable[[], bool]) -> None:
        """Let time pass until something holds."""
        end = self.time.now + 20
        while not done():
            assert self.time.now < end, "it did not happen"
            self.run(0.05)

    def state(self, arm: int) -> ControlState:
        return self.fleet.seats[arm].live.episode.authority.state

    def steps(self) -> list[int]:
        return [seat.live.episode.steps for seat in self.fleet.seats]

    def _draw(self, fleet: FleetLoop) -> float:
        self.outlet.attend_fleet(fleet)
        self.drawn += 1
        self.outlet.link.drawn(self.drawn)
        if not self.silent and not self.blind:
            self.frame = self.drawn
        return TURN_S


@contextmanager
def at_browser(folder: Path) -> Iterator[tuple[FleetAtBrowser, Workspace]]:
    workspace, time = fleet_workspace(folder), FakeTime()
    outlet = BrowserOutlet(FrameFeed(), Link(time), time)
    options = fleet_options(2)
    with opened(workspace, options, clock=time, open_outlet=lambda _: outlet) as fleet:
        page = FleetAtBrowser(fleet, outlet, time)
        try:
            yield page, workspace
        finally:
            fleet.close()


@pytest.fixture
def page(tmp_path: Path) -> Iterator[FleetAtBrowser]:
    """A fleet of which both arms ask."""
    with at_browser(tmp_path / "ws") as (made, _):
        made.until(lambda: len(made.fleet.callers) == 2)
        yield made


def test_callers_are_answered_one_after_the_other_by_keys(tmp_path: Path) -> None:
    """The clutch takes the arm in focus, letting go hands it back, enter goes to the next caller.

    Each step that a browser's input reached has its round trip, the others have none.
    """
    with at_browser(tmp_path / "ws") as (page, workspace):
        page.until(lambda: len(page.fleet.callers) == 2)
        for arm in (0, 1):
            assert page.fleet.focus.number == arm
            page.held = {"space", "w"}
            page.until(lambda arm=arm: page.state(arm) is ControlState.HUMAN)
            page.run(0.5)
            page.held = set()
            page.until(lambda arm=arm: page.state(arm) is ControlState.POLICY)
            page.press("enter")
            page.run(0.1)
        assert page.fleet.shift.answers == 2
    for summary in workspace.summaries():
        assert summary.path is not None
        episode = Episode.read(summary.path, images=False)
        by_hand = episode.driver == Driver.HUMAN
        assert by_hand.sum() >= 8
        assert ((episode.round_trip_ms[by_hand] >= 0) & (episode.round_trip_ms[by_hand] < 50)).all()
    (_, second) = (Episode.read(path, images=False) for path in workspace.episodes())
    assert np.isnan(second.round_trip_ms[:5]).all()


def test_silence_holds_the_arm_that_is_driven_and_no_other(page: FleetAtBrowser) -> None:
    fleet = page.fleet
    page.held = {"space", "w"}
    page.until(lambda: page.state(0) is ControlState.HUMAN)
    go_on_without_help(fleet, 1)
    page.silent = True
    page.run(0.27)
    assert fleet.seats[0].loop.state is WindowState.STALLED
    steps = page.steps()
    page.run(0.4)
    now = page.steps()
    assert (now[0], now[1] > steps[1]) == (steps[0], True)
    page.silent = False
    page.run(0.3)  # the clutch was never let go of
    assert page.steps()[0] == steps[0]
    page.held = set()
    page.run(0.1)
    page.press("space")
    page.held = {"space"}
    page.until(lambda: page.steps()[0] > steps[0])


def test_a_short_silence_stops_no_policy_and_takes_nothing_over(page: FleetAtBrowser) -> None:
    """Even where the clutch was closed in the last message: nobody is known to hold it."""
    fleet = page.fleet
    go_on_without_help(fleet, 0)
    page.until(lambda: page.state(0) is ControlState.POLICY)
    steps = page.steps()[0]
    page.silent = True
    page.run(0.6)
    assert fleet.seats[0].loop.state is WindowState.RECORDING
    assert page.steps()[0] >= steps + 8
    page.run(0.8)
    assert fleet.seats[0].loop.state is WindowState.PAUSED
    assert "browser" in fleet.lost


def test_an_old_picture_stops_no_policy_and_takes_nothing_over(page: FleetAtBrowser) -> None:
    fleet = page.fleet
    go_on_without_help(fleet, 0)
    page.blind = True
    page.run(0.6)
    page.held = {"space"}
    steps = page.steps()[0]
    page.run(0.5)
    assert (page.state(0), page.steps()[0] > steps) == (ControlState.POLICY, True)
    page.blind = False
    page.until(lambda: page.state(0) is ControlState.HUMAN)
    page.blind = True
    page.run(0.5)
    assert fleet.seats[0].loop.state is WindowState.STALLED


def test_a_hidden_tab_pauses_the_arm_in_focus(page: FleetAtBrowser) -> None:
    page.held = {"space", "w"}
    page.until(lambda: page.state(0) is ControlState.HUMAN)
    page.hidden = True
    page.run(0.1)
    assert page.fleet.seats[0].loop.state is WindowState.PAUSED
    steps = page.steps()[0]
    page.hidden, page.held = False, set()
    page.run(0.3)
    page.press("enter")
    page.run(0.2)
    assert page.steps()[0] > steps


def test_a_click_turns_to_an_arm_and_a_new_driver_is_named_in_what_follows(
    page: FleetAtBrowser,
) -> None:
    page.outlet.wanted_arm = 7
    page.run(0.1)
    assert page.fleet.focus.number == 0
    page.outlet.wanted_arm, page.outlet.driver = 1, "Bo"
    page.run(0.1)
    assert page.fleet.focus.number == 1
    assert {seat.device.name for seat in page.fleet.seats} == {"Bo"}


def test_browsers_get_every_arm_in_words_and_pictures(page: FleetAtBrowser) -> None:
    """Who asks and since when; the arm in focus large, with what led to its call."""
    told = fleet_json(page.fleet)
    assert (told["here"], told["asking"], len(told["arms"])) == (0, 1, 2)
    assert all(arm["asks"] and arm["does"].startswith("ASKS") for arm in told["arms"])
    assert "before it asked" in told["replay"]
    frames = page.outlet.frames(None, prompter(), 2)
    page.time.sleep(0.1)
    assert frames(page.fleet) == 0.0
    frame = page.outlet.feed.newest
    assert frame is not None
    assert {FIRST_ARM, FIRST_ARM + 1, REPLAY} <= frame.small.keys()
    assert frame.board["fleet"]["here"] == 0
    shown: dict[int, bytes] = {}
    assert len(frame.parts(shown)) == 1 + len(frame.small)
    assert len(frame.parts(shown)) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"arms": 17}, "at most 16"),
        ({"arms": 2, "level": "demonstrate"}, "on-call with --arms"),
        ({"arms": 2, "queue": "nobody"}, "one for a person"),
        ({"queue": "risk"}, "with one arm"),
    ],
)
def test_a_fleet_that_nobody_could_serve_is_refused(
    tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadValue, match=words):
        Serve(fleet_workspace(tmp_path / "ws").path, **options).run()


def prompter() -> FleetPrompter:
    return FleetPrompter(defaults(DRIVING))


def go_on_without_help(fleet: FleetLoop, arm: int) -> None:
    """Let an arm's policy drive as if it had never asked."""
    seat = fleet.seats[arm]
    seat.live.episode.authority.rest()
    seat.live.episode.calling = None
    seat.live.assignment.monitor.mute()
