"""These tests cover the pure parts of the devices: curves, ramps, stick frames, lock, buttons."""

import math

import numpy as np
import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestick.sim_envs.cameras import CameraView
from sidestick.teleop.devices.controls import Control, ControlReadings
from sidestick.teleop.devices.input_lock import IGNORE_AFTER_FOCUS_S, HoldButton, InputLock, Repeat
from sidestick.teleop.devices.key_names import key_name
from sidestick.teleop.devices.keyboard import Keyboard, Ramp
from sidestick.teleop.devices.stick_motion import (
    BASE,
    DEADZONE,
    disc,
    picture_frame,
    ramped,
    stick,
    trigger,
)

UNIT = st.floats(-1, 1)


@given(UNIT, UNIT)
def test_a_stick_keeps_its_direction_and_its_bounds(x: float, y: float) -> None:
    """The curve scales; it never turns the direction, and never exceeds full speed."""
    a, b = stick(x, y)
    assert math.hypot(a, b) <= 1.0 + 1e-9
    assert abs(a * y - b * x) < 1e-9
    assert (a * x + b * y) >= 0


def test_the_deadzone_ends_without_a_jump() -> None:
    """Just outside of the deadzone the end effector barely moves."""
    assert stick(DEADZONE, 0.0) == (0.0, 0.0)
    assert 0 < stick(DEADZONE + 0.01, 0.0)[0] < 0.01


def test_the_deadzone_is_round() -> None:
    """A diagonal push is not cut axis by axis into a cross."""
    assert stick(0.1, 0.1)[0] > 0


def test_a_worn_stick_still_reaches_full_speed() -> None:
    """A push of 0.98 counts as a full one."""
    assert stick(0.0, -0.98)[1] == pytest.approx(-1.0)
    assert trigger(0.98) == pytest.approx(1.0)


def test_keys_ramp_up_and_stop_at_once() -> None:
    """Full speed after 0.3 s, nothing the moment that the key is up."""
    assert ramped(0.0, True, 0.15) == pytest.approx(0.5)
    assert ramped(0.9, True, 0.15) == 1.0
    assert ramped(1.0, False, 0.01) == 0.0


def test_two_keys_go_diagonally_no_faster_than_one() -> None:
    """Their length is 1."""
    assert math.hypot(*disc(1.0, 1.0)) == pytest.approx(1.0)


def test_the_ramp_leaves_the_clutch_alone() -> None:
    """Only controls of motion are ramped."""
    now = [0.0]
    ramp = Ramp(lambda: now[0])
    now[0] = 0.03
    reading = ramp(ControlReadings({Control.CLUTCH: 1.0, Control.AWAY: 1.0}))
    assert reading.held(Control.CLUTCH)
    assert reading.values[Control.AWAY] == pytest.approx(0.1)


def test_in_the_base_frame_away_is_x_and_left_is_y() -> None:
    """The robot's own axes, z up, turning left is positive about z."""
    reading = ControlReadings({Control.AWAY: 0.5, Control.LEFT: 0.25, Control.UP: 1.0})
    np.testing.assert_allclose(BASE.action(reading, 1.0, -1.0), [0.5, 0.25, 1, 0, 0, 0, -1])
    turned = BASE.action(ControlReadings({Control.TURN_LEFT: 1.0}), 0.5, 1.0)
    np.testing.assert_allclose(turned, [0, 0, 0, 0, 0, 0.5, 1])


def test_in_the_picture_right_is_right_whatever_the_camera() -> None:
    """From the side, a push to the right goes where the picture's right is, flat on the table."""
    eye, target = np.array([0.1, -1.15, 0.75]), np.array([0.5, 0.05, 0.28])
    view = CameraView(eye, target, np.array([0.0, 0.0, 1.0]), 52.0, 0.05, 4.0)
    frame = picture_frame(view)
    seen = view.project(np.array([target, target + 0.1 * frame.right, target + 0.1 * frame.away]))
    assert seen[1, 0] > seen[0, 0] + 0.05
    assert seen[2, 1] < seen[0, 1]
    assert frame.right[2] == frame.away[2] == 0.0


def test_a_camera_that_looks_straight_down_still_has_an_away() -> None:
    """Away is then the top of the picture."""
    view = CameraView(
        np.array([0.5, 0, 1.0]), np.array([0.5, 0, 0]), np.array([1.0, 0, 0]), 60, 0.1, 3
    )
    np.testing.assert_allclose(picture_frame(view).away, [1, 0, 0], atol=1e-9)


def test_a_new_device_is_locked_until_it_was_neutral() -> None:
    """A clutch that is held while the pad is plugged in does not take over."""
    lock, held = InputLock(), ControlReadings({Control.CLUTCH: 1.0})
    assert not lock.filter({1: held}, 0.0)[1].held(Control.CLUTCH)
    assert lock.waiting_for
    lock.filter({1: ControlReadings({})}, 0.1)
    assert lock.filter({1: held}, 0.2)[1].held(Control.CLUTCH)


def test_stale_presses_after_refocus_are_ignored() -> None:
    """Presses in the first 200 ms do not count, nor those before the device was neutral."""
    lock, press = InputLock(), ControlReadings({}, frozenset({Control.START}))
    lock.filter({1: ControlReadings({})}, 0.0)
    lock.lock_all(1.0)
    assert not lock.filter({1: press}, 1.0 + IGNORE_AFTER_FOCUS_S / 2)[1].pressed
    assert not lock.filter({1: press}, 1.01 + IGNORE_AFTER_FOCUS_S)[1].pressed
    assert lock.filter({1: press}, 1.1 + IGNORE_AFTER_FOCUS_S)[1].pressed


def test_a_hold_fires_once() -> None:
    """It fires after 0.6 s, and not again until it was released."""
    button = HoldButton()
    fired = [button.update(True, t / 10) for t in range(15)]
    assert fired.count(True) == 1
    assert fired.index(True) == 6
    button.update(False, 2.0)
    assert not button.update(True, 2.1)


def test_a_repeat_waits_and_then_repeats() -> None:
    """It waits for 0.6 s, then fires four times a second."""
    repeat = Repeat()
    fired = [t for t in range(0, 200, 5) if repeat.update(True, t / 100)]
    assert fired == [60, 85, 110, 135, 160, 185]


LAYOUTS = {
    "Russian": {26: 1094, 4: 1092, 22: 1099, 7: 1074, 10: 1087, 19: 1079, 20: 1081},
    "Greek": {26: 962, 4: 945, 22: 963, 7: 948, 10: 947, 19: 960, 20: ord(";")},
    "French": {26: ord("z"), 4: ord("q"), 30: ord("&"), 31: 233},
    "Czech": {30: ord("+"), 31: 283},
}
MEANT = {
    "Russian": "wasdgpq",
    "Greek": "wasdgpq",
    "French": "zq12",
    "Czech": "12",
}
"""What the keys must mean: the letter on them, or else what is at their place in the USA."""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_keys_mean_their_symbol_or_else_their_place(layout: str) -> None:
    """Without Latin letters, or without digits, the keys drive nevertheless."""
    keyboard = Keyboard()
    for (place, symbol), meant in zip(LAYOUTS[layout].items(), MEANT[layout], strict=True):
        event = {"key": symbol, "scancode": place, "mod": 0, "unicode": chr(symbol)}
        keyboard.handle(pygame.event.Event(pygame.KEYDOWN, event))
        assert keyboard.read().pressed == {meant}
        event["key"] = 0  # another layout by now
        keyboard.handle(pygame.event.Event(pygame.KEYUP, event))
        assert not keyboard.read().values


def test_a_symbol_that_is_bound_is_not_taken_for_its_place() -> None:
    """Whoever binds `comma` on a French keyboard gets it, although M is at its place elsewhere."""
    assert key_name(pygame.K_COMMA, pygame.KSCAN_M, {"m", "comma"}) == "comma"
    assert key_name(pygame.K_COMMA, pygame.KSCAN_M, {"m"}) == "m"
