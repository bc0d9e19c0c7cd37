"""A pad that SDL has never heard of: said on screen, taught by pressing, then driven with."""

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
"""Where this pad has its buttons; others it has not."""
AXES = {"leftx": (2, 1.0), "lefty": (0, -1.0), "rightx": (1, 1.0), "righty": (3, 1.0)}
"""Axis and sign of each push that is asked for: one of them runs the wrong way round."""


def odd_pad() -> vp.VirtualPad:
    """Four axes, no triggers, and buttons in nobody's order."""
    return vp.VirtualPad("Odd Pad", mapped=False, axes=4)


class Pupil:
    """Does what the wizard says, with the buttons that there are."""

    def __init__(self, pad: vp.VirtualPad, without: str = "") -> None:
        self._pad, self._without = pad, without
        self._let_go: Callable[[], object] = lambda: None
        self.heard: list[str] = []

    def __call__(self, words: str) -> None:
        self.heard.append(words)
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
    """What is learnt here is forgotten afterwards."""
    monkeypatch.setenv("SDL_GAMECONTROLLERCONFIG", "")


def test_an_unknown_pad_is_named_with_the_command_that_teaches_it(
    open_rig: OpenWindow,
) -> None:
    """The keyboard drives meanwhile, and the screen says why."""
    rig = open_rig(pad=False)
    rig.pad = odd_pad()
    rig.run(0.2)
    assert rig.operator_input.label == "keyboard (Odd Pad: run `sidestick pad --learn`)"


def test_a_taught_pad_drives_and_grips(own_mappings: None, open_rig: OpenWindow) -> None:
    """Press what is asked for; the next seat knows the pad by its GUID, with axes put right."""
    pupil = Pupil(odd_pad())
    assert learn_plugged_in(pupil, wait_s=0.15), pupil.heard
    (line,) = mapping_lines()
    assert ",lefty:a0~," in line
    assert "leftstick" not in line
    pygame.display.init()  # the wizard has left, and SDL with it
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
    """Without it nobody could drive; the wizard says what was missing."""
    pupil = Pupil(odd_pad(), without="leftshoulder")
    assert not learn_plugged_in(pupil, wait_s=0.1)
    assert "the clutch" in pupil.heard[-1]
    assert mapping_lines() == []


def test_without_a_pad_there_is_nothing_to_learn(own_mappings: None) -> None:
    """It says so."""
    heard: list[str] = []
    assert not learn_plugged_in(heard.append)
    assert heard == ["no pad is plugged in"]
