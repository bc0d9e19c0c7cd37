"""Which button does what: the defaults, and the one small file that overrides them."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...sim_envs.errors import SidestickError
from .controls import MEANINGS, Control, Reading
from .raw_inputs import KEYS, PAD_INPUTS, Touch

CONFIG_VARIABLE = "SIDESTICK_CONFIG_DIR"
FILE_NAME = "bindings.toml"
PAD, KEYBOARD = "pad", "keyboard"
INPUTS: Mapping[str, tuple[str, ...]] = {PAD: tuple(PAD_INPUTS), KEYBOARD: tuple(KEYS)}

Chord = tuple[str, ...]
"""Input names; all but the last are held while the last is pressed."""

DEFAULTS: Mapping[Control, tuple[str, str]] = {
    Control.CLUTCH: ("LB", "space"),
    Control.RIGHT: ("left stick right", "d"),
    Control.LEFT: ("left stick left", "a"),
    Control.AWAY: ("left stick up", "w"),
    Control.NEAR: ("left stick down", "s"),
    Control.UP: ("right stick up", "r"),
    Control.DOWN: ("right stick down", "f"),
    Control.TURN_LEFT: ("right stick left", "q"),
    Control.TURN_RIGHT: ("right stick right", "e"),
    Control.PITCH_UP: ("D-pad up", "up"),
    Control.PITCH_DOWN: ("D-pad down", "down"),
    Control.ROLL_LEFT: ("D-pad left", "left"),
    Control.ROLL_RIGHT: ("D-pad right", "right"),
    Control.PRECISION: ("LT", "left shift"),
    Control.HOME: ("Y", "h"),
    Control.GRIPPER: ("RT", "g"),
    Control.START: ("START", "enter"),
    Control.SUCCESS: ("A", "1"),
    Control.FAILURE: ("B", "2"),
    Control.DISCARD: ("X", "backspace"),
    Control.UNDO: ("RB + X", "u"),
    Control.REWIND: ("R3", "z"),
    Control.FREEZE: ("BACK", "p"),
    Control.SPEED: ("L3", "tab"),
    Control.CAMERA: ("RB + A", "c"),
    Control.FRAME: ("RB + B", "b"),
    Control.SLOW: ("RB + D-pad down", "m"),
    Control.FREE: ("RB + D-pad up", "x"),
    Control.LESSON: ("RB + D-pad left", "l"),
    Control.SOUND: ("RB + D-pad right", "n"),
    Control.ROLL_BACK: ("RB + Y", "k"),
    Control.HELP: ("GUIDE", "f1"),
    Control.QUIT: ("RB + BACK", "left ctrl + q"),
}


class BadBinding(SidestickError):
    """A line of the bindings file cannot be used."""


def config_folder() -> Path:
    """Where a person's own settings are."""
    if own := os.environ.get(CONFIG_VARIABLE):
        return Path(own)
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "sidestick"


@dataclass(frozen=True)
class Bindings:
    """For pad and keyboard: the chords of every control."""

    chords: Mapping[str, Mapping[Control, tuple[Chord, ...]]]
    """By device, then by control; a control without a chord cannot be reached there."""
    longer: Mapping[str, Mapping[str, tuple[Chord, ...]]] = field(init=False)
    """By device, then by input: the chords that end on it and hold something else."""

    def __post_init__(self) -> None:
        longer: dict[str, dict[str, tuple[Chord, ...]]] = {}
        for device, table in self.chords.items():
            longer[device] = {}
            for chord in _all(table):
                if len(chord) > 1:
                    others = longer[device].get(chord[-1], ())
                    longer[device][chord[-1]] = (*others, chord)
        object.__setattr__(self, "longer", longer)

    def read(self, device: str, touch: Touch) -> Reading:
        """What a device's touched inputs ask for."""
        values: dict[Control, float] = {}
        pressed = set()
        for control, chords in self.chords[device].items():
            for chord in chords:
                if not self._is_meant(device, chord, touch):
                    continue
                if value := touch.values.get(chord[-1], 0.0):
                    values[control] = max(value, values.get(control, 0.0))
                if chord[-1] in touch.pressed:
                    pressed.add(control)
        return Reading(values, frozenset(pressed))

    def _is_meant(self, device: str, chord: Chord, touch: Touch) -> bool:
        """Whether all of it is held, and no longer chord that ends on the same input is."""
        if not _is_down(chord, touch):
            return False
        rivals = self.longer[device].get(chord[-1], ())
        return not any(len(r) > len(chord) and _is_down(r, touch) for r in rivals)

    def words(self, device: str, control: Control) -> str:
        """How people say it: `LB`, `RB + A`; a dash where it is not bound."""
        return " or ".join(" + ".join(c) for c in self.chords[device].get(control, ())) or "-"

    def to_toml(self) -> str:
        """As a file that `parse` reads back."""
        lines = ['# What every button does. Chords are held left to right: "RB + A".']
        lines += ["# Leave out what shall stay as it is; a list gives several ways; [] gives none."]
        for device, table in self.chords.items():
            lines += ["", f"[{device}]"]
            for control in Control:
                chords = [" + ".join(chord) for chord in table.get(control, ())]
                value = ", ".join(f'"{_escaped(chord)}"' for chord in chords)
                value = value if len(chords) == 1 else f"[{value}]"
                lines.append(f"{control.value} = {value}  # {MEANINGS[control].words}")
        return "\n".join(lines) + "\n"


def defaults() -> Bindings:
    """What every button does when nobody changed it."""
    tables: dict[str, dict[Control, tuple[Chord, ...]]] = {PAD: {}, KEYBOARD: {}}
    for control, (pad, key) in DEFAULTS.items():
        tables[PAD][control] = (_split(pad),)
        tables[KEYBOARD][control] = (_split(key),)
    return Bindings(tables)


def load(path: Path | None = None) -> Bindings:
    """The person's bindings, or the defaults where there is no file."""
    path = path or config_folder() / FILE_NAME
    if not path.exists():
        return defaults()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadBinding(f"{path}: cannot be read: {error}") from error
    return parse(text, str(path))


def parse(text: str, source: str = FILE_NAME) -> Bindings:
    """Read a bindings file; BadBinding names the line, what it says and what exists."""
    try:
        tables: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadBinding(f"{source}: {error}") from None
    chords = {device: dict(table) for device, table in defaults().chords.items()}
    for device, table in tables.items():
        if device not in chords or not isinstance(table, dict):
            where = _line(text, None, device)
            raise BadBinding(f"{source}:{where}: unknown device {device!r}; known: pad, keyboard")
        own = dict(_entries(text, source, device, table))
        chords[device] = _merged(chords[device], own)
    return Bindings(chords)


def _entries(
    text: str, source: str, device: str, table: Mapping[str, Any]
) -> Iterator[tuple[Control, tuple[Chord, ...]]]:
    """The checked lines of one device."""
    known = {control.value: control for control in Control}
    names = {name.lower(): name for name in INPUTS[device]}
    taken: dict[Chord, str] = {}
    for key, value in table.items():
        where = f"{source}:{_line(text, device, key)}"
        if key not in known:
            raise BadBinding(f"{where}: unknown control {key!r}; known: {', '.join(known)}")
        listed = value if isinstance(value, list) else [value]
        chords = tuple(_chord(where, device, names, item) for item in listed)
        if key == Control.CLUTCH.value and not chords:
            raise BadBinding(f"{where}: the clutch must be bound: without it nobody can drive")
        for chord in chords:
            if chord in taken:
                raise BadBinding(f"{where}: {' + '.join(chord)!r} is bound to {taken[chord]!r} too")
            taken[chord] = key
        yield known[key], chords


def _chord(where: str, device: str, names: Mapping[str, str], item: object) -> Chord:
    if not isinstance(item, str):
        raise BadBinding(f'{where}: expected text such as "RB + A", got {item!r}')
    chord = _split(item)
    for name in chord:
        if name.lower() not in names:
            shown = ", ".join(INPUTS[device][:60])
            raise BadBinding(f"{where}: unknown {device} input {name!r}; known: {shown}")
    return tuple(names[name.lower()] for name in chord)


def _merged(
    base: Mapping[Control, tuple[Chord, ...]], own: Mapping[Control, tuple[Chord, ...]]
) -> dict[Control, tuple[Chord, ...]]:
    """Own bindings win: a default loses the input that was given to something else."""
    taken = {chord for chords in own.values() for chord in chords}
    kept = {c: tuple(chord for chord in chords if chord not in taken) for c, chords in base.items()}
    return {**kept, **own}


def _is_down(chord: Chord, touch: Touch) -> bool:
    """Whether everything before the last input is held."""
    return all(touch.values.get(name, 0.0) > 0.5 for name in chord[:-1])


def _all(table: Mapping[Control, tuple[Chord, ...]]) -> Iterator[Chord]:
    for chords in table.values():
        yield from chords


def _split(text: str) -> Chord:
    return tuple(part.strip() for part in text.split(" + "))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _line(text: str, device: str | None, key: str) -> int:
    """Number of the line on which a device's section, or a key of it, stands."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"\s*\[\s*\"?([^\]\"]+)\"?\s*\]", line):
            section = match[1].strip()
            if device is None and section == key:
                return number
        bare = line.split("=")[0].strip().strip("\"'")
        if "=" in line and bare == key and device in (None, section):
            return number
    return 1
