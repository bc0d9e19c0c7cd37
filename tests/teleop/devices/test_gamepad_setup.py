"""These tests map a pad that SDL does not know with the wizard, and drive with it at the window."""

import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pygame
import pytest

from sidestick.teleop.devices.gamepad_setup import ASKED, learn_plugged_in
from sidestick.teleop.devices.gamepads import MAPPINGS_FILE, Gamepads, mapping_lines, remember
from sidestick.teleop.devices.settings import BadSettings, operator_name, write_setting
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
    assert rig.operator_input.label == "keyboard (Odd Pad: run `sidestick pad --map`)"


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


PLAIN = {"a": 0, "b": 1, "x": 2, "y": 3, "leftshoulder": 4, "rightshoulder": 5, "start": 7}
STICKS = {"leftx": (0, 1.0), "lefty": (1, 1.0), "rightx": (3, 1.0), "righty": (4, 1.0)}
CROSS = {"dpup": (7, -1.0), "dpdown": (7, 1.0), "dpleft": (6, -1.0), "dpright": (6, 1.0)}
SHARED_TRIGGERS = {"lefttrigger": (2, 1.0), "righttrigger": (2, -1.0)}
LATE = {"righttrigger": (5, 1.0, -1.0)}


@pytest.mark.parametrize(
    ("axes", "written"),
    [
        (CROSS, ["dpup:-a7", "dpdown:+a7", "dpleft:-a6", "dpright:+a6"]),
        (SHARED_TRIGGERS, ["lefttrigger:+a2", "righttrigger:-a2"]),
        (LATE, ["righttrigger:a5"]),
    ],
    ids=["D-pad of axes", "triggers on one axis", "rest reported late"],
)
def test_a_taught_pad_touches_nothing_at_rest(
    own_mappings: None, axes: dict[str, tuple[float, ...]], written: list[str]
) -> None:
    """Halves of an axis are two inputs; where an axis rests is known only once it has reported."""
    pad = vp.VirtualPad("Cheap Pad", mapped=False, axes=8)
    let_go: list[Callable[[], object]] = [lambda: None]

    def put(axis: int, value: float) -> None:
        pad.axis(axis, (value + 1) / 2 if axis in (vp.LT, vp.RT) else value)

    def user(words: str) -> None:
        let_go.pop()()
        let_go.append(lambda: None)
        for axis, _, *rest in axes.values():
            if rest:
                put(int(axis), rest[0])
        for target, name in ASKED.items():
            if not words.startswith(f"press or push {name} ("):
                continue
            if target in PLAIN:
                pad.press(PLAIN[target])
                let_go[0] = partial(pad.release, PLAIN[target])
            elif target in STICKS | axes:
                axis, value, *rest = (STICKS | axes)[target]
                put(int(axis), value)
                let_go[0] = partial(put, int(axis), rest[0] if rest else 0.0)

    assert learn_plugged_in(user, wait_s=0.06)
    (line,) = mapping_lines()
    assert {*written} <= {*line.split(",")}
    pygame.display.init()
    pads = Gamepads()
    pad = vp.VirtualPad("Cheap Pad", mapped=False, axes=8)
    for event in pygame.event.get():
        pads.handle(event)
    for axis, _, *rest in axes.values():
        if rest:
            put(int(axis), rest[0])
    pygame.event.get()
    assert [dict(read.values) for read in pads.read().values()] == [{}]


def test_mappings_that_are_no_utf8_are_kept_as_they_are(own_mappings: None) -> None:
    """A pasted line of another encoding costs nothing, and is there after the next pad is taught.

    The variable by which SDL gets the lines is gone again: no process starts with a very long one.
    """
    write_setting(MAPPINGS_FILE, "00ff,P\udce4d,a:b0,\nlong" + "x" * 200_000)
    pygame.display.init()
    Gamepads()
    subprocess.run(["true"], check=True)
    remember("11ff,Pad,a:b0,")
    assert mapping_lines()[0] == "00ff,P\udce4d,a:b0,"


def test_a_pad_is_taught_where_nothing_can_be_written(
    own_mappings: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what cannot be written, and which variable sets another folder."""
    monkeypatch.setenv("SIDESTICK_CONFIG_DIR", "/dev/null/sidestick")
    with pytest.raises(BadSettings, match="SIDESTICK_CONFIG_DIR"):
        remember("11ff,Pad,a:b0,")
    monkeypatch.delenv("SIDESTICK_CONFIG_DIR")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr("pathlib.Path.home", no_home)
    assert mapping_lines() == []
    with pytest.raises(BadSettings, match="no home"):
        remember("11ff,Pad,a:b0,")


def no_home() -> Path:
    raise RuntimeError


def test_a_user_without_an_account_has_a_name_for_the_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The number, as in a container with `--user 4242`; a name that is no UTF-8 becomes one."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)

    def unknown(number: int) -> object:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert operator_name() == f"user-{os.getuid()}"
    monkeypatch.setenv("LOGNAME", "J\udcf6rg")
    assert operator_name().encode() == rb"J\udcf6rg"
