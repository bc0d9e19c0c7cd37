"""These tests go through the tutorial by a virtual pad, as its instructions say."""

from collections.abc import Callable

import pytest

from sidestick.teleop.devices.bindings import defaults
from sidestick.teleop.devices.controls import DRIVING
from sidestick.teleop.station.options import StationOptions
from sidestick.teleop.station.screen.prompts import Prompter
from sidestick.teleop.station.states import WindowState
from sidestick.teleop.station.tutorial import EXERCISES
from tests import virtual_pad as vp
from tests.window_rig import WindowRig


def grip_twice(rig: WindowRig) -> None:
    """Close and open with the clutch held."""
    rig.pad.press(vp.LB)
    rig.run(0.1)
    rig.pull(vp.RT)
    rig.pull(vp.RT)
    rig.pad.release(vp.LB)
    rig.run(0.1)


def up_and_down(rig: WindowRig) -> None:
    """Move up as far as the arm goes, and back."""
    rig.drive(1.5, vp.RIGHT_Y, -1.0)
    rig.drive(1.5, vp.RIGHT_Y, 1.0)


def go_gently(rig: WindowRig) -> None:
    """Move with the precision trigger pulled."""
    rig.pad.axis(vp.LT, 1.0)
    rig.drive(2.0, vp.LEFT_Y, 1.0)
    rig.pad.axis(vp.LT, 0.0)
    rig.run(0.05)


def pick_up(rig: WindowRig) -> None:
    """Along the base, at full speed, as the expert of the task does."""
    rig.chord(vp.B)
    rig.tap(vp.L3)
    rig.drive_like_an_expert(
        20.0, WindowState.TUTORIAL, lambda: rig.loop.actions.tutorial.number > 8
    )
    rig.chord(vp.B)


DOING: tuple[tuple[str, Callable[[WindowRig], object]], ...] = (
    ("[LB]", lambda rig: rig.hold(vp.LB, 1.2)),
    ("[left stick up]", lambda rig: rig.drive(1.8, vp.LEFT_Y, -1.0)),
    ("[right stick up]", up_and_down),
    ("[right stick left]", lambda rig: rig.drive(2.0, vp.RIGHT_X, -1.0)),
    ("[RT]", grip_twice),
    ("[LT]", go_gently),
    ("[LB]", lambda rig: rig.run(1.2)),
    ("[Y]", lambda rig: rig.hold(vp.Y, 1.2)),
    ("[RT]", pick_up),
    ("[RB + A]", lambda rig: rig.chord(vp.A)),
    ("[R3]", lambda rig: rig.tap(vp.R3)),
    ("[A]", lambda rig: rig.tap(vp.A)),
    ("[START]", lambda rig: rig.tap(vp.START)),
)
"""For every exercise a button that its instruction names, and what the operator does."""


@pytest.mark.slow
def test_all_exercises_are_done_with_the_buttons_that_they_name(
    open_rig: Callable[..., WindowRig],
) -> None:
    """Each is finished by what it asks for alone; nothing is recorded."""
    rig = open_rig(options=StationOptions(tutorial=True))
    rig.run(0.3)
    assert len(DOING) == len(EXERCISES) == 13
    prompter = Prompter(defaults(DRIVING))
    for number, (button, do) in enumerate(DOING):
        tutorial = rig.loop.actions.tutorial
        assert (rig.state, tutorial.number) == (WindowState.TUTORIAL, number)
        card = prompter.tutorial_card(tutorial, len(EXERCISES), rig.operator_input.device)
        assert button in " ".join(card.lines)
        assert card.title == f"Exercise {number + 1} of 13"
        do(rig)
    assert rig.loop.actions.tutorial.over
    assert rig.state is WindowState.READY
    assert rig.loop.notice.text.startswith("Well done: 13 of 13")
    assert rig.operator_input.camera == "wrist"
    assert rig.steps == 0
    rig.recorder.wait()
    assert rig.files("episodes") == []


def test_anything_else_finishes_no_exercise(open_rig: Callable[..., WindowRig]) -> None:
    """Moving without the clutch, or pressing other buttons, leaves the exercise undone."""
    rig = open_rig(options=StationOptions(tutorial=True))
    rig.run(0.3)
    rig.pad.axis(vp.LEFT_Y, -1.0)
    rig.run(1.5)
    rig.pad.axis(vp.LEFT_Y, 0.0)
    rig.tap(vp.A)
    rig.tap(vp.R3)
    rig.tap(vp.START)
    assert (rig.state, rig.loop.actions.tutorial.number) == (WindowState.TUTORIAL, 0)
