"""The seat in a browser: the window's states, driven over a wire that can fail at any time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.episode import Episode
from sidestick.datasets.step import Driver, Level
from sidestick.datasets.tables.listing import details
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.station.states import WindowState
from tests.browser_rig import BrowserRig, MessagePad
from tests.window_rig import Sideways


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[BrowserRig]:
    made = BrowserRig(tmp_path / "ws")
    yield made
    made.close()


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[BrowserRig]:
    made = BrowserRig(
        tmp_path / "ws", Assignment(Level.SUPERVISED, "0001", PolicyRunner(Sideways()))
    )
    yield made
    made.close()


def recording(rig: BrowserRig) -> None:
    """Begin an episode and drive for half a second."""
    rig.run(0.3)
    rig.press("enter")
    rig.run(0.1)
    assert rig.loop.state is WindowState.RECORDING
    rig.held |= {"space", "w"}
    rig.run(0.5)


def test_keys_drive_and_each_step_has_its_round_trip(rig: BrowserRig) -> None:
    recording(rig)
    assert rig.live.episode.drivers[-1] is Driver.HUMAN
    rig.held.clear()
    rig.press("2")
    rig.run(0.1)
    rig.recorder.wait()
    (summary,) = rig.workspace.summaries()
    assert summary.path is not None
    episode = Episode.read(summary.path, images=False)
    assert np.isfinite(episode.human_actions).any()
    assert summary.header.operator == "Ada"
    trips = episode.round_trip_ms
    assert len(trips) == len(episode)
    assert ((trips >= 0) & (trips < 50)).all()
    assert details(episode)["round_trip_ms"] == pytest.approx(np.median(trips), abs=0.1)


def test_a_quarter_second_of_silence_holds_the_arm_and_the_clutch_goes_on(rig: BrowserRig) -> None:
    recording(rig)
    rig.silent = True
    rig.run(0.26)
    assert rig.loop.state is WindowState.STALLED
    steps = rig.live.episode.steps
    rig.run(0.2)
    rig.silent = False
    rig.run(0.3)  # the clutch was never let go of: that drives nothing
    assert (rig.loop.state, rig.live.episode.steps) == (WindowState.STALLED, steps)
    rig.held.clear()
    rig.run(0.1)
    rig.press("space")
    rig.held.add("space")
    rig.run(0.2)
    assert rig.loop.state is WindowState.RECORDING
    assert rig.live.episode.steps > steps


@pytest.mark.parametrize("how", ["hidden", "cut"])
def test_who_comes_back_finds_the_episode_paused(rig: BrowserRig, how: str) -> None:
    recording(rig)
    episode = rig.live.episode
    if how == "hidden":
        rig.hidden = True
    else:
        rig.silent = True
        rig.link.disconnect()
    rig.run(0.1)
    assert rig.loop.state is WindowState.PAUSED
    steps = episode.steps
    rig.run(5.0)
    assert (rig.live.episode, episode.steps) == (episode, steps)
    rig.held.clear()
    if how == "cut":
        rig.sequence = 0  # a page that was loaded again counts anew
        rig.link.connect()
    rig.hidden = rig.silent = False
    rig.run(0.5)
    rig.press("enter")
    rig.run(0.3)
    assert rig.loop.state is WindowState.RECORDING
    assert rig.live.episode is episode
    assert episode.steps > steps


def test_the_clutch_takes_over_from_the_policy_on_the_tick(supervised: BrowserRig) -> None:
    rig = supervised
    rig.run(0.3)
    rig.press("enter")
    rig.run(0.5)
    assert rig.live.episode.drivers[-1] is Driver.POLICY
    rig.held.add("space")
    rig.run(1 / 60)
    before = rig.live.episode.steps
    while rig.live.episode.steps == before:
        rig.run(0.005)
    assert rig.live.episode.drivers[-1] is Driver.HUMAN
    rig.held.clear()
    rig.run(0.2)
    assert rig.live.episode.drivers[-1] is Driver.POLICY
    rig.hidden = True  # nobody watches: the policy does not go on either
    rig.run(0.2)
    assert rig.loop.state is WindowState.PAUSED


@pytest.mark.slow
def test_a_pad_in_the_browser_drives_an_episode_to_success(rig: BrowserRig) -> None:
    """Sticks, triggers and D-pad over the wire do what the task's expert wants."""
    rig.pad = MessagePad()
    rig.run(0.3)
    rig.input.frame, rig.input.speed = "base", 2
    rig.press("enter")
    rig.run(0.1)
    assert rig.drive_like_an_expert(25.0)
    assert rig.live.episode.success
    rig.press("1")
    rig.run(0.1)
    rig.recorder.wait()
    (summary,) = rig.workspace.summaries()
    assert summary.success


def test_cues_go_to_the_page(rig: BrowserRig) -> None:
    recording(rig)
    assert "STARTED" in {cue["name"] for cue in rig.cues.taken()}
    assert rig.cues.taken() == ()
