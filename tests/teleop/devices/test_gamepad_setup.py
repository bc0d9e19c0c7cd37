"""These tests map a pad that SDL does not know with the wizard, and drive with it at the window."""

from collections.abc import Callable

import pygame
import pytest

from sidestick.teleop.devices.gamepad_setup import ASKED, learn_plugged_in
from sidestick.teleop.devices.gamepads import mapping_lines
from sidestick.teleop.station.states import WindowState
from tests import virtual_pad as vp
from tests.window_rig import WindowRig

OpenWindow = Callable[..., WindowRig]
ODD = {"a": 9, "b": 8, "x": 7, "y": 6, "leftshoulder": 2, "start": 0, "righttrigger": 5}
"""SDL's numbers of this pad's buttons; it has no others."""
AXES = {"leftx": (2, 1.0), "lefty": (0, -1.0), "rightx": (1, 1.0), "righty": (3, 1.0)}
"""Axis and sign of each push that the wizard asks for; one axis is reversed."""


def odd_pad() -> vp.VirtualPad:
    """A pad with four axes, no triggers, and buttons in an unusual order."""
    return vp.VirtualPad("Odd Pad", mapped=False, axes=4)


class SimulatedUser:
    """Presses what the wizard asks for, with the buttons that there are."""

    def __init__(self, pad: vp.VirtualPad, without: str = "") -> None:
        self._pad, self._without = pad, without
        self._let_go: Callable[[], object] = lambda: None
        self.messages: list[str] = []

    def __call__(self, words: str) -> None:
        self.messages.append(words)
        self._let_go()
        self._let_go = lambda: None
        begins = {target: f"press or push {name} (" for target, name in ASKED.items()}
        asked = [target for target, begin in begins.items() if words.startswith(begin)]
        if not asked or asked[0] == self._without:
            return
        if asked[0] in ODD:
            self._pad.press(ODD[asked[0]])
            self._let_go = lambda: self._pad.release(ODD[asked[0]])
        elif asked[0] in AXES:
            axis, value = AXES[asked[0]]
            self._pad.axis(axis, value)
            self._let_go = lambda: self._pad.axis(axis, 0.0)


@pytest.fixture
def own_mappings(quiet_sdl: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mappings that a test makes are dropped afterwards."""
    monkeypatch.setenv("SDL_GAMECONTROLLERCONFIG", "")


def test_an_unknown_pad_is_named_with_the_command_that_maps_it(
    open_rig: OpenWindow,
) -> None:
    """The keyboard drives meanwhile, and the label says why."""
    rig = open_rig(pad=False)
    rig.pad = odd_pad()
    rig.run(0.2)
    assert rig.operator_input.label == "keyboard (Odd Pad: run `sidestick pad --learn`)"


def test_a_mapped_pad_drives_and_grips(own_mappings: None, open_rig: OpenWindow) -> None:
    """The next window knows the pad by its GUID, with the reversed axis corrected."""
    user = SimulatedUser(odd_pad())
    assert learn_plugged_in(user, wait_s=0.15), user.messages
    (line,) = mapping_lines()
    assert ",lefty:a0~," in line
    assert "leftstick" not in line
    pygame.display.init()  # the wizard has quit SDL
    rig = open_rig(pad=False)
    rig.pad = odd_pad()
    rig.run(0.3)
    rig.tap(ODD["start"])
    assert rig.state is WindowState.RECORDING
    assert rig.operator_input.label == "Odd Pad"
    axis, down = AXES["lefty"]
    rig.pad.press(ODD["leftshoulder"])
    rig.pad.axis(axis, -down)
    before = rig.env.arm.tool().position
    rig.run(0.6)
    away = rig.operator_input._axes().away
    assert (rig.env.arm.tool().position - before) @ away > 0.04
    rig.pad.press(ODD["righttrigger"])
    rig.run(0.1)
    assert rig.env.arm.controller.closing


def test_a_pad_without_a_clutch_is_not_kept(own_mappings: None) -> None:
    """Without it nobody could drive; the wizard says what is missing."""
    user = SimulatedUser(odd_pad(), without="leftshoulder")
    assert not learn_plugged_in(user, wait_s=0.1)
    assert "the clutch" in user.messages[-1]
    assert mapping_lines() == []


def test_without_a_pad_there_is_nothing_to_learn(own_mappings: None) -> None:
    """The wizard says so."""
    messages: list[str] = []
    assert not learn_plugged_in(messages.append)
    assert messages == ["no pad is plugged in"]
