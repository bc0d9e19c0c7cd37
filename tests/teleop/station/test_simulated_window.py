"""These tests let the simulated operator drive at the window, and a person take over from it."""

from collections.abc import Callable

import numpy as np

from sidestick.datasets.step import Driver, Level
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.station.options import StationOptions
from sidestick.teleop.station.states import WindowEvent, WindowState
from tests import virtual_pad as vp
from tests.window_rig import Sideways, WindowRig

OpenWindow = Callable[..., WindowRig]


def test_it_demonstrates_and_saves_by_itself(open_rig: OpenWindow) -> None:
    """Without any input a success is on the disk, under its name, and the window closes."""
    rig = open_rig(options=StationOptions(simulated=True, episodes=1))
    rig.run(60.0)
    assert rig.state is WindowState.CLOSED
    rig.recorder.wait()
    (summary,) = rig.workspace.summaries()
    assert summary.success
    assert summary.header.operator == "simulated"
    assert summary.human_steps > 50


def test_a_person_takes_over_from_it(open_rig: OpenWindow) -> None:
    """While a person holds the clutch, that person's action is executed, from that tick on."""
    rig = open_rig(options=StationOptions(simulated=True))
    rig.run(2.0)
    assert rig.state is WindowState.RECORDING
    own = rig.live.tick(0.0).step.human_action
    assert own is not None
    rig.pad.press(vp.LB)
    rig.run(0.1)
    assert np.allclose(rig.live.tick(0.0).step.human_action[:6], 0.0)
    rig.pad.release(vp.LB)
    rig.run(0.1)
    assert not np.allclose(rig.live.tick(0.0).step.human_action[:6], 0.0)


def test_it_goes_on_after_a_stall_but_never_after_somebody_paused(
    open_rig: OpenWindow,
) -> None:
    """A pause that the operator asked for stays."""
    rig = open_rig(options=StationOptions(simulated=True))
    rig.run(2.0)
    for stall_s, held in ((0.5, WindowState.STALLED), (1.5, WindowState.PAUSED)):
        rig.time.sleep(stall_s)
        rig.run(0.1)
        assert rig.state is held
        rig.run(2.0)
    assert rig.state is WindowState.RECORDING
    rig.tap(vp.BACK)
    rig.run(5.0)
    assert rig.state is WindowState.PAUSED


def test_it_answers_a_help_request(open_rig: OpenWindow) -> None:
    """On call it does nothing until the policy asks, and then drives."""
    assignment = Assignment(Level.ON_CALL, "0001", PolicyRunner(Sideways(novelty=1.0)))
    rig = open_rig(options=StationOptions(simulated=True), assignment=assignment)
    rig.run(8.0)
    drivers = rig.live.episode.drivers
    assert rig.live.episode.asked >= 1
    assert Driver.HUMAN not in drivers[:10]
    assert Driver.HUMAN in drivers


def test_what_took_too_long_is_a_failure(open_rig: OpenWindow) -> None:
    """It gives the verdict that a person would."""
    rig = open_rig(options=StationOptions(simulated=True))
    rig.run(2.0)
    rig.loop.actions.offered = False
    rig.loop.signal(WindowEvent.TIMED_OUT)
    rig.run(1.5)
    rig.recorder.wait()
    (summary,) = rig.workspace.summaries()
    assert not summary.success
    assert summary.complete
