"""Tables of the operator's window's controls, and of a pad's inputs, for `bindings`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from .sdl import pygame


class Control(Enum):
    """A control of the operator's window; the value is its name in a bindings file."""

    CLUTCH = "clutch"
    RIGHT = "right"
    LEFT = "left"
    AWAY = "away"
    NEAR = "near"
    UP = "up"
    DOWN = "down"
    TURN_LEFT = "turn-left"
    TURN_RIGHT = "turn-right"
    PITCH_UP = "pitch-up"
    PITCH_DOWN = "pitch-down"
    ROLL_LEFT = "roll-left"
    ROLL_RIGHT = "roll-right"
    PRECISION = "precision"
    HOME = "home"
    GRIPPER = "gripper"
    START = "start"
    SUCCESS = "success"
    FAILURE = "failure"
    DISCARD = "discard"
    UNDO = "undo"
    REWIND = "rewind"
    FREEZE = "freeze"
    SPEED = "speed"
    CAMERA = "camera"
    FRAME = "frame"
    SLOW = "slow-motion"
    FREE = "free-drive"
    TUTORIAL = "lesson"
    SOUND = "sound"
    ROLL_BACK = "roll-back"
    HELP = "help"
    QUIT = "quit"


@dataclass(frozen=True)
class ControlMeaning:
    """What a control does."""

    label: str
    """Its text in the help overlay."""
    pad: str
    """Its default chords on a pad, as `split` reads them."""
    keyboard: str
    """Its default chords on the keyboard."""
    moves: bool = False
    """Whether it moves the arm as far as it is pushed."""


MEANINGS: Mapping[Control, ControlMeaning] = {
    Control.CLUTCH: ControlMeaning("hold to drive; let go to hand back or rest", "LB", "space"),
    Control.RIGHT: ControlMeaning(
        "gripper to the right of the picture", "left stick right", "d", True
    ),
    Control.LEFT: ControlMeaning(
        "gripper to the left of the picture", "left stick left", "a", True
    ),
    Control.AWAY: ControlMeaning("gripper away from you", "left stick up", "w", True),
    Control.NEAR: ControlMeaning("gripper towards you", "left stick down", "s", True),
    Control.UP: ControlMeaning("gripper up", "right stick up", "up", True),
    Control.DOWN: ControlMeaning("gripper down", "right stick down", "down", True),
    Control.TURN_LEFT: ControlMeaning(
        "turn the gripper to the left", "right stick left", "left", True
    ),
    Control.TURN_RIGHT: ControlMeaning(
        "turn the gripper to the right", "right stick right", "right", True
    ),
    Control.PITCH_UP: ControlMeaning("tip the gripper up", "D-pad up", "r", True),
    Control.PITCH_DOWN: ControlMeaning("tip the gripper down", "D-pad down", "f", True),
    Control.ROLL_LEFT: ControlMeaning("roll the gripper to the left", "D-pad left", "q", True),
    Control.ROLL_RIGHT: ControlMeaning("roll the gripper to the right", "D-pad right", "e", True),
    Control.PRECISION: ControlMeaning("hold for small, slow motion", "LT", "left shift"),
    Control.HOME: ControlMeaning("hold: the gripper goes to where it began", "Y", "h"),
    Control.GRIPPER: ControlMeaning("close or open the gripper", "RT", "right ctrl, g"),
    Control.START: ControlMeaning("start recording; go on after a pause", "START", "enter"),
    Control.SUCCESS: ControlMeaning("save as a success", "A", "1"),
    Control.FAILURE: ControlMeaning("save as a failure", "B", "2"),
    Control.DISCARD: ControlMeaning("hold 0.6 s to discard the episode", "X", "backspace"),
    Control.UNDO: ControlMeaning("undo the discard; turn the last verdict", "RB + X", "u"),
    Control.REWIND: ControlMeaning("go back 2 s; keep holding to go further", "R3", "z"),
    Control.FREEZE: ControlMeaning("pause, and go on", "BACK", "p"),
    Control.SPEED: ControlMeaning("next of the three speeds", "L3", "tab"),
    Control.CAMERA: ControlMeaning("next camera", "RB + A", "c"),
    Control.FRAME: ControlMeaning("sticks follow the picture, or the robot's base", "RB + B", "b"),
    Control.SLOW: ControlMeaning("slow motion: full, half, quarter time", "RB + D-pad down", "m"),
    Control.FREE: ControlMeaning("drive freely; nothing is recorded", "RB + D-pad up", "x"),
    Control.TUTORIAL: ControlMeaning("the tutorial of two minutes", "RB + D-pad left", "l"),
    Control.SOUND: ControlMeaning("sound and rumble on or off", "RB + D-pad right", "n"),
    Control.ROLL_BACK: ControlMeaning("set this policy aside for the one before", "RB + Y", "k"),
    Control.HELP: ControlMeaning("this help", "GUIDE", "f1"),
    Control.QUIT: ControlMeaning("save and leave", "RB + BACK", "left ctrl + q"),
}

MOTION = tuple(control for control, meaning in MEANINGS.items() if meaning.moves)


PAD, KEYBOARD = "pad", "keyboard"
Chord = tuple[str, ...]
"""Names of inputs; all but the last are held while the last is pressed."""
C = TypeVar("C", bound=Enum)
"""The controls of one window; their values are their names in a bindings file."""


def split(ways: str) -> tuple[Chord, ...]:
    """The chords of a text such as `s, left ctrl + q`; none for an empty one."""
    return tuple(tuple(way.split(" + ")) for way in ways.split(", ") if way)


@dataclass(frozen=True)
class ControlTable(Generic[C]):
    """The controls of one window with their default bindings."""

    section: tuple[str, ...]
    """Names of the bindings file's tables above those of pad and keyboard."""
    words: Mapping[C, str]
    """What each control does, as text."""
    chords: Mapping[str, Mapping[C, tuple[Chord, ...]]]
    """By device, then by control: the defaults."""
    needed: C | None = None
    """The control that must be bound."""


DRIVING = ControlTable[Control](
    section=(),
    words={control: meaning.label for control, meaning in MEANINGS.items()},
    chords={
        PAD: {control: split(meaning.pad) for control, meaning in MEANINGS.items()},
        KEYBOARD: {control: split(meaning.keyboard) for control, meaning in MEANINGS.items()},
    },
    needed=Control.CLUTCH,
)
"""The operator's window."""


@dataclass(frozen=True)
class ControlReadings(Generic[C]):
    """All controls of a window at one moment, from one device."""

    values: Mapping[C, float]
    """In [0, 1]; a missing control is at rest."""
    pressed: frozenset[C] = frozenset()
    """Controls pressed since the last reading."""

    def held(self, control: C) -> bool:
        """Whether the control is down."""
        return self.values.get(control, 0.0) > 0.5

    def between(self, plus: C, minus: C) -> float:
        """One axis in [-1, 1] from its two directions."""
        return self.values.get(plus, 0.0) - self.values.get(minus, 0.0)


def is_moving(reading: ControlReadings[Control]) -> bool:
    """Whether a control of motion is pushed: a stick, or the keys in its place."""
    return any(reading.values.get(control, 0.0) > 0.0 for control in MOTION)


def is_neutral(reading: ControlReadings[Control]) -> bool:
    """Whether no control of motion is pushed, and neither clutch nor home is held."""
    held = reading.held(Control.CLUTCH) or reading.held(Control.HOME)
    return not is_moving(reading) and not held


UNTOUCHED: ControlReadings[Control] = ControlReadings({})


PAD_BUTTONS: Mapping[str, int] = {
    "A": pygame.CONTROLLER_BUTTON_A,
    "B": pygame.CONTROLLER_BUTTON_B,
    "X": pygame.CONTROLLER_BUTTON_X,
    "Y": pygame.CONTROLLER_BUTTON_Y,
    "LB": pygame.CONTROLLER_BUTTON_LEFTSHOULDER,
    "RB": pygame.CONTROLLER_BUTTON_RIGHTSHOULDER,
    "L3": pygame.CONTROLLER_BUTTON_LEFTSTICK,
    "R3": pygame.CONTROLLER_BUTTON_RIGHTSTICK,
    "BACK": pygame.CONTROLLER_BUTTON_BACK,
    "START": pygame.CONTROLLER_BUTTON_START,
    "GUIDE": pygame.CONTROLLER_BUTTON_GUIDE,
    "D-pad up": pygame.CONTROLLER_BUTTON_DPAD_UP,
    "D-pad down": pygame.CONTROLLER_BUTTON_DPAD_DOWN,
    "D-pad left": pygame.CONTROLLER_BUTTON_DPAD_LEFT,
    "D-pad right": pygame.CONTROLLER_BUTTON_DPAD_RIGHT,
}
PAD_STICKS: Mapping[str, tuple[int, int]] = {
    "left stick": (pygame.CONTROLLER_AXIS_LEFTX, pygame.CONTROLLER_AXIS_LEFTY),
    "right stick": (pygame.CONTROLLER_AXIS_RIGHTX, pygame.CONTROLLER_AXIS_RIGHTY),
}
PAD_TRIGGERS: Mapping[str, int] = {
    "LT": pygame.CONTROLLER_AXIS_TRIGGERLEFT,
    "RT": pygame.CONTROLLER_AXIS_TRIGGERRIGHT,
}
DIRECTIONS = ("right", "left", "down", "up")
PAD_INPUTS = (
    *PAD_BUTTONS,
    *PAD_TRIGGERS,
    *(f"{name} {direction}" for name in PAD_STICKS for direction in DIRECTIONS),
)


@dataclass(frozen=True)
class RawInput:
    """The state of one device's inputs, by name."""

    values: Mapping[str, float]
    """In [0, 1], for inputs that are not at rest."""
    pressed: frozenset[str] = frozenset()
    """Inputs pressed since the last reading."""
