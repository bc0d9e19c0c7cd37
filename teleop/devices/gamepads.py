"""`Gamepads` reads all plugged-in pads through SDL's mappings, and keeps the user's own mappings.

Pads come and go at any time and are known by SDL's instance id. SDL reports every press of a mapped
pad twice, as joystick and as controller. Only the controller's events are used here; the joystick's
must not be blocked, since SDL makes the others from them.
"""

import contextlib
import logging
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from .controls import PAD_BUTTONS, PAD_STICKS, PAD_TRIGGERS, RawInput
from .sdl import controller, pygame
from .settings import BadSettings, read_setting, write_setting
from .stick_motion import DEADZONE, ramped, stick, trigger

MAPPINGS_FILE = "pads.txt"
MAPPINGS_VARIABLE = "SDL_GAMECONTROLLERCONFIG"
FULL = 32767.0
AT_REST = 0.1
"""A trigger counts only once its value has been below this."""
BUTTON_NAMES = {code: name for name, code in PAD_BUTTONS.items()}
TRIGGER_PRESS = 0.5
LARGEST_DRIFT = 0.35
"""A stick that rests farther off its middle than this is broken, or pushed."""
STILL, STILL_S = 0.02, 1.0
"""A stick that moves no more than this for so long is at rest, if nobody drives with it."""
RAMPED = ("D-pad up", "D-pad down", "D-pad left", "D-pad right")

_log = logging.getLogger(__name__)


class PadDevice(Protocol):
    """The pad's hardware, as SDL's controllers answer for it."""

    def get_button(self, button: int) -> bool:
        """Whether a button, one of PAD_BUTTONS, is down."""
        ...

    def get_axis(self, axis: int) -> int:
        """Where a stick or trigger is, in [-32768, 32767]."""
        ...

    def rumble(self, low: float, high: float, duration: int) -> bool:
        """Shake with two strengths in [0, 1] for some ms; whether it can."""
        ...


@dataclass
class Gamepad:
    """A mapped pad that is plugged in."""

    instance_id: int
    """SDL's id of the pad until it is unplugged; a replug brings a new one."""
    name: str
    guid: str
    device: PadDevice
    pressed: set[str] = field(default_factory=set)
    rested: set[str] = field(default_factory=set)
    """Triggers that have been at rest since the pad was plugged in."""
    pulled: set[str] = field(default_factory=set)
    grown: dict[str, float] = field(default_factory=dict)
    """The ramped values of the D-pad's directions, in [0, 1]; these cannot be pushed halfway."""
    worn: dict[str, float] = field(default_factory=dict)
    """Deadzones of the sticks that do not come back to their middle."""
    _stayed: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    """Where each stick is, and for how long it has stayed there, s."""

    def read(self, elapsed_s: float = 0.0) -> RawInput:
        """The inputs now, and those pressed since the last call, `elapsed_s` ago."""
        values = {name: 1.0 for name, code in PAD_BUTTONS.items() if self.device.get_button(code)}
        for name in RAMPED:
            self.grown[name] = ramped(self.grown.get(name, 0.0), name in values, elapsed_s)
            values[name] = self.grown[name]
        for name, axes in PAD_STICKS.items():
            values.update(self._stick(name, *axes))
        for name, axis in PAD_TRIGGERS.items():
            values.update(self._trigger(name, axis))
        pressed, self.pressed = frozenset(self.pressed), set()
        values.update({name: 1.0 for name in pressed - {*RAMPED} if name in PAD_BUTTONS})
        return RawInput({name: value for name, value in values.items() if value}, pressed)

    def widen_deadzones(self, elapsed_s: float) -> None:
        """Let sticks that stay a little off their middle count as at rest: they are worn.

        Call it while the pad must be let go of before it drives; nobody pushes a stick then.
        """
        for name, axes in PAD_STICKS.items():
            x, y = self._axis(axes[0]), self._axis(axes[1])
            at_x, at_y, for_s = self._stayed.get(name, (x, y, 0.0))
            if math.hypot(x - at_x, y - at_y) > STILL:
                at_x, at_y, for_s = x, y, 0.0
            self._stayed[name] = at_x, at_y, for_s + elapsed_s
            if for_s > STILL_S and DEADZONE < math.hypot(x, y) < LARGEST_DRIFT:
                self.worn[name] = math.hypot(x, y) + 2 * STILL

    def _stick(self, name: str, across: int, along: int) -> dict[str, float]:
        deadzone = self.worn.get(name, DEADZONE)
        x, y = stick(self._axis(across), self._axis(along), deadzone)
        return {
            f"{name} right": max(0.0, x),
            f"{name} left": max(0.0, -x),
            f"{name} down": max(0.0, y),
            f"{name} up": max(0.0, -y),
        }

    def _trigger(self, name: str, axis: int) -> dict[str, float]:
        raw = self._axis(axis)
        if raw < AT_REST:
            self.rested.add(name)
        if name not in self.rested:
            return {}
        if raw > TRIGGER_PRESS and name not in self.pulled:
            self.pulled.add(name)
            self.pressed.add(name)
        elif raw < TRIGGER_PRESS / 2:
            self.pulled.discard(name)
        return {name: trigger(raw)}

    def _axis(self, axis: int) -> float:
        return max(-1.0, self.device.get_axis(axis) / FULL)


@contextlib.contextmanager
def _known_mappings(own: Sequence[str]) -> Iterator[None]:
    """Give SDL the user's mappings, which it reads when its joystick part starts.

    Not for longer: no process could be started with a variable of more than 128 kB.
    """
    before = os.environ.get(MAPPINGS_VARIABLE)
    if own:
        os.environ[MAPPINGS_VARIABLE] = "\n".join([*own, before or ""]).strip()
    try:
        yield
    finally:
        if before is not None:
            os.environ[MAPPINGS_VARIABLE] = before
        else:
            os.environ.pop(MAPPINGS_VARIABLE, None)


class Gamepads:
    """All pads that are plugged in, in the order in which they were."""

    def __init__(self) -> None:
        with _known_mappings(mapping_lines()):
            pygame.joystick.init()
            controller.init()
        self.pads: dict[int, Gamepad] = {}
        self.unmapped: dict[int, str] = {}
        """Names of pads without a mapping, by instance id."""
        self.strangers: dict[int, pygame.joystick.JoystickType] = {}
        for index in range(pygame.joystick.get_count()):
            self._open(index)

    def handle(self, event: pygame.event.Event) -> Gamepad | None:
        """Take in an event; return the pad that it unplugs, if any."""
        if event.type == pygame.JOYDEVICEADDED:
            self._open(event.device_index)
        elif event.type == pygame.JOYDEVICEREMOVED:
            self.unmapped.pop(event.instance_id, None)
            self.strangers.pop(event.instance_id, None)
            return self.pads.pop(event.instance_id, None)
        elif event.type == pygame.CONTROLLERBUTTONDOWN:
            self._press(event.instance_id, event.button)
        return None

    def _press(self, instance: int, button: int) -> None:
        if instance in self.pads and button in BUTTON_NAMES:
            self.pads[instance].pressed.add(BUTTON_NAMES[button])

    def forget_presses(self) -> None:
        """Drop presses that have not been read."""
        for pad in self.pads.values():
            pad.read()

    def read(self, elapsed_s: float = 0.0) -> Mapping[int, RawInput]:
        """The inputs of each pad, by instance id; `elapsed_s` since the last call."""
        return {instance: pad.read(elapsed_s) for instance, pad in self.pads.items()}

    def _open(self, index: int) -> None:
        try:
            joystick = pygame.joystick.Joystick(index)
            instance = joystick.get_instance_id()
            if instance in self.pads or instance in self.unmapped:
                return
            if not controller.is_controller(index):
                self.strangers[instance] = joystick
                self.unmapped[instance] = joystick.get_name()
                return
            device = controller.Controller(index)
            self.pads[instance] = Gamepad(
                instance, joystick.get_name(), joystick.get_guid(), device
            )
        except pygame.error:  # unplugged again before it could be opened
            return


def mapping_lines() -> list[str]:
    """The lines of the user's mappings, without comments and what the environment cannot hold."""
    try:
        text = read_setting(MAPPINGS_FILE)
    except BadSettings as error:
        _log.warning("%s; the pads in it are not known", error)
        return []
    lines = (line.strip() for line in text.replace("\0", "").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def mapping_line(guid: str, name: str, bound: Mapping[str, str]) -> str:
    """A pad's mapping in SDL's format; `bound` gives `a: b0`, `leftx: a0`, `dpup: h0.1` etc."""
    clean = name.replace(",", " ").strip() or "pad"
    pairs = [f"{target}:{source}" for target, source in bound.items()]
    return ",".join([guid, clean, *pairs, ""])  # SDL garbles the last pair without a comma


def remember(line: str) -> Path:
    """Write a mapping to the user's file, in place of an older one of its GUID; return the path.

    Lines of gamecontrollerdb.txt may be pasted into that file.
    """
    guid = line.split(",", 1)[0]
    kept = [old for old in mapping_lines() if old.split(",", 1)[0] != guid]
    return write_setting(MAPPINGS_FILE, "\n".join([*kept, line]) + "\n")
