"""Every control of the seat by name: what bindings bind, and what the help explains."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How a control is read."""

    MOTION = "how far it is pushed"
    HOLD = "as long as it is held"
    PRESS = "once per press"


class Control(Enum):
    """One thing that a hand can ask for; the value is its name in a bindings file."""

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
    LESSON = "lesson"
    SOUND = "sound"
    ROLL_BACK = "roll-back"
    HELP = "help"
    QUIT = "quit"


@dataclass(frozen=True)
class Meaning:
    """What a control does."""

    kind: Kind
    words: str
    """As the help overlay says it."""


MEANINGS: Mapping[Control, Meaning] = {
    Control.CLUTCH: Meaning(Kind.HOLD, "hold to drive; let go to hand back or rest"),
    Control.RIGHT: Meaning(Kind.MOTION, "hand to the right of the picture"),
    Control.LEFT: Meaning(Kind.MOTION, "hand to the left of the picture"),
    Control.AWAY: Meaning(Kind.MOTION, "hand away from you"),
    Control.NEAR: Meaning(Kind.MOTION, "hand towards you"),
    Control.UP: Meaning(Kind.MOTION, "hand up"),
    Control.DOWN: Meaning(Kind.MOTION, "hand down"),
    Control.TURN_LEFT: Meaning(Kind.MOTION, "turn the hand to the left"),
    Control.TURN_RIGHT: Meaning(Kind.MOTION, "turn the hand to the right"),
    Control.PITCH_UP: Meaning(Kind.MOTION, "tip the hand up"),
    Control.PITCH_DOWN: Meaning(Kind.MOTION, "tip the hand down"),
    Control.ROLL_LEFT: Meaning(Kind.MOTION, "roll the hand to the left"),
    Control.ROLL_RIGHT: Meaning(Kind.MOTION, "roll the hand to the right"),
    Control.PRECISION: Meaning(Kind.HOLD, "hold for small, slow motion"),
    Control.HOME: Meaning(Kind.HOLD, "hold to bring the hand back to where it began"),
    Control.GRIPPER: Meaning(Kind.PRESS, "close or open the gripper"),
    Control.START: Meaning(Kind.PRESS, "start recording; go on after a pause"),
    Control.SUCCESS: Meaning(Kind.PRESS, "save as a success"),
    Control.FAILURE: Meaning(Kind.PRESS, "save as a failure"),
    Control.DISCARD: Meaning(Kind.HOLD, "hold 0.6 s to discard the episode"),
    Control.UNDO: Meaning(Kind.PRESS, "undo the discard"),
    Control.REWIND: Meaning(Kind.HOLD, "go back 2 s; keep holding to go further"),
    Control.FREEZE: Meaning(Kind.PRESS, "pause, and go on"),
    Control.SPEED: Meaning(Kind.PRESS, "next of the three speeds"),
    Control.CAMERA: Meaning(Kind.PRESS, "next camera"),
    Control.FRAME: Meaning(Kind.PRESS, "sticks follow the picture, or the robot's base"),
    Control.SLOW: Meaning(Kind.PRESS, "slow motion: full, half, quarter time"),
    Control.FREE: Meaning(Kind.PRESS, "drive freely; nothing is recorded"),
    Control.LESSON: Meaning(Kind.PRESS, "the lesson of two minutes"),
    Control.SOUND: Meaning(Kind.PRESS, "sound and rumble on or off"),
    Control.ROLL_BACK: Meaning(Kind.PRESS, "set this policy aside; the one before drives again"),
    Control.HELP: Meaning(Kind.PRESS, "this help"),
    Control.QUIT: Meaning(Kind.PRESS, "save and leave"),
}

MOTION = tuple(control for control, meaning in MEANINGS.items() if meaning.kind is Kind.MOTION)


@dataclass(frozen=True)
class Reading:
    """All controls at one moment, from one device."""

    values: Mapping[Control, float]
    """In [0, 1]; a control that is missing is not touched."""
    pressed: frozenset[Control] = frozenset()
    """What went down since the last reading."""

    def held(self, control: Control) -> bool:
        """Whether it is down."""
        return self.values.get(control, 0.0) > 0.5

    def between(self, plus: Control, minus: Control) -> float:
        """One axis in [-1, 1] from its two directions."""
        return self.values.get(plus, 0.0) - self.values.get(minus, 0.0)

    @property
    def moving(self) -> bool:
        """Whether a stick, or what stands for one, is pushed."""
        return any(self.values.get(control, 0.0) > 0.0 for control in MOTION)

    @property
    def neutral(self) -> bool:
        """Whether nothing is pushed and the clutch is up."""
        return not self.moving and not self.held(Control.CLUTCH) and not self.held(Control.HOME)


UNTOUCHED = Reading({})
