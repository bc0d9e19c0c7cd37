"""The tables here say who may drive at every level, by clutch and where an action is missing.

`Authority` reads them on every tick; `name` and `level_named` turn levels into text and back.
"""

from collections.abc import Mapping
from enum import Enum

from ...datasets.step import Driver, Level
from ...sim_envs.errors import SidestickError

NEEDS_POLICY = frozenset(Level) - {Level.DEMONSTRATE}


class Clutch(Enum):
    """The control that the operator holds to drive."""

    RELEASED = False
    HELD = True


class ControlState(Enum):
    """Who controls the arm, or why nobody does."""

    RESTING = "the arm holds still"
    HUMAN = "the operator drives"
    BLEND = "both drive; the policy's share is 0 where the operator disagrees"
    POLICY = "the policy drives"
    CALLING = "the policy has asked for help, and the arm waits for the operator"


class Switch(Enum):
    """A change of who controls the arm, on one tick."""

    TAKEOVER = "the operator took over from the policy"
    HAND_BACK = "the operator gave control back to the policy"
    GRASPED = "the operator closed the clutch on a resting arm"
    LET_GO = "the operator let go and the arm rests"
    STARTED = "the policy began to drive a resting arm"
    STOPPED = "the policy could not go on, and the arm rests"
    ASKED = "the policy asked for help, and the arm waits"
    ANSWERED = "the operator took over because the policy asked"


DRIVERS: Mapping[ControlState, Driver] = {
    ControlState.RESTING: Driver.NOBODY,
    ControlState.HUMAN: Driver.HUMAN,
    ControlState.BLEND: Driver.BLEND,
    ControlState.POLICY: Driver.POLICY,
    ControlState.CALLING: Driver.NOBODY,
}
"""Whose action is executed in a state."""

STATE_BY_LEVEL: Mapping[tuple[Level, Clutch], ControlState] = {
    (Level.DEMONSTRATE, Clutch.RELEASED): ControlState.RESTING,
    (Level.DEMONSTRATE, Clutch.HELD): ControlState.HUMAN,
    (Level.SHADOW, Clutch.RELEASED): ControlState.RESTING,
    (Level.SHADOW, Clutch.HELD): ControlState.HUMAN,
    (Level.ASSIST, Clutch.RELEASED): ControlState.RESTING,
    (Level.ASSIST, Clutch.HELD): ControlState.BLEND,
    (Level.SUPERVISED, Clutch.RELEASED): ControlState.POLICY,
    (Level.SUPERVISED, Clutch.HELD): ControlState.HUMAN,
    (Level.ON_CALL, Clutch.RELEASED): ControlState.POLICY,
    (Level.ON_CALL, Clutch.HELD): ControlState.HUMAN,
    (Level.AUTONOMOUS, Clutch.RELEASED): ControlState.POLICY,
    (Level.AUTONOMOUS, Clutch.HELD): ControlState.HUMAN,
}
"""The whole rule of the levels, for a live device and a policy that has an answer."""

WITHOUT_POLICY: Mapping[ControlState, ControlState] = {
    ControlState.POLICY: ControlState.RESTING,
    ControlState.BLEND: ControlState.HUMAN,
}
"""What a state becomes when the policy's action is missing, late or not finite."""

WITHOUT_HUMAN: Mapping[ControlState, ControlState] = {
    ControlState.HUMAN: ControlState.RESTING,
    ControlState.BLEND: ControlState.RESTING,
}
"""What a state becomes when the operator's action is not finite."""

SWITCHES: Mapping[tuple[ControlState, ControlState], Switch | None] = {
    (ControlState.POLICY, ControlState.HUMAN): Switch.TAKEOVER,
    (ControlState.HUMAN, ControlState.POLICY): Switch.HAND_BACK,
    (ControlState.RESTING, ControlState.HUMAN): Switch.GRASPED,
    (ControlState.RESTING, ControlState.BLEND): Switch.GRASPED,
    (ControlState.HUMAN, ControlState.RESTING): Switch.LET_GO,
    (ControlState.BLEND, ControlState.RESTING): Switch.LET_GO,
    (ControlState.HUMAN, ControlState.BLEND): None,  # the clutch stays held
    (ControlState.BLEND, ControlState.HUMAN): None,
    (ControlState.RESTING, ControlState.POLICY): Switch.STARTED,
    (ControlState.POLICY, ControlState.RESTING): Switch.STOPPED,
    (ControlState.POLICY, ControlState.CALLING): Switch.ASKED,
    (ControlState.RESTING, ControlState.CALLING): Switch.ASKED,
    (ControlState.CALLING, ControlState.HUMAN): Switch.ANSWERED,
}
"""Every change of state that can happen; None for those that count as no switch."""

ASKING = frozenset({ControlState.POLICY, ControlState.RESTING})
"""States from which a policy at on-call may ask for help."""

LIMITS_WHEN_CORRECTED = 2
"""An episode in which the simulated operator corrects a policy may take so many step limits."""


def supervises(level: Level) -> bool:
    """Whether the policy drives and the operator corrects: human driving is an intervention."""
    return STATE_BY_LEVEL[level, Clutch.RELEASED] is ControlState.POLICY


def name(level: Level) -> str:
    """The level's name in commands and texts, such as on-call."""
    return level.name.lower().replace("_", "-")


def level_named(text: str) -> Level:
    """The level of a name; raises SidestickError with the names that exist."""
    levels = {name(level): level for level in Level}
    if text not in levels:
        raise SidestickError(f"unknown level {text!r}; known: {', '.join(levels)}")
    return levels[text]
