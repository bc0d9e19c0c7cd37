"""The rule of the levels: who may drive, as one table for every level, clutch and lack."""

from collections.abc import Mapping
from enum import Enum

from ...datasets.step import Driver, Level
from ...sim_envs.errors import SidestickError

NEEDS_POLICY = frozenset(Level) - {Level.DEMONSTRATE}


class Clutch(Enum):
    """The one control that matters."""

    RELEASED = False
    HELD = True


class ControlState(Enum):
    """Who has the arm, and why nobody has it."""

    RESTING = "the arm holds still"
    HUMAN = "the human drives"
    BLEND = "both drive, the policy with a share that the human can veto"
    POLICY = "the policy drives"
    CALLING = "the policy has asked for help, and the arm waits for the human"


class Switch(Enum):
    """What changed hands on a tick."""

    TAKEOVER = "the human took over from the policy"
    HAND_BACK = "the human handed back to the policy"
    GRASPED = "the human closed the clutch on a resting arm"
    LET_GO = "the human let go and the arm rests"
    STARTED = "the policy began to drive a resting arm"
    STOPPED = "the policy could not go on, and the arm rests"
    ASKED = "the policy asked for help, and the arm waits"
    ANSWERED = "the human took over because the policy asked"


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
"""What a state becomes when the policy is missing, late or not finite; the others need none."""

WITHOUT_HUMAN: Mapping[ControlState, ControlState] = {
    ControlState.HUMAN: ControlState.RESTING,
    ControlState.BLEND: ControlState.RESTING,
}
"""What a state becomes when what the human wants is not finite; the others do not need her."""

SWITCHES: Mapping[tuple[ControlState, ControlState], Switch | None] = {
    (ControlState.POLICY, ControlState.HUMAN): Switch.TAKEOVER,
    (ControlState.HUMAN, ControlState.POLICY): Switch.HAND_BACK,
    (ControlState.RESTING, ControlState.HUMAN): Switch.GRASPED,
    (ControlState.RESTING, ControlState.BLEND): Switch.GRASPED,
    (ControlState.HUMAN, ControlState.RESTING): Switch.LET_GO,
    (ControlState.BLEND, ControlState.RESTING): Switch.LET_GO,
    (ControlState.HUMAN, ControlState.BLEND): None,  # her hand stays on the stick
    (ControlState.BLEND, ControlState.HUMAN): None,
    (ControlState.RESTING, ControlState.POLICY): Switch.STARTED,
    (ControlState.POLICY, ControlState.RESTING): Switch.STOPPED,
    (ControlState.POLICY, ControlState.CALLING): Switch.ASKED,
    (ControlState.RESTING, ControlState.CALLING): Switch.ASKED,
    (ControlState.CALLING, ControlState.HUMAN): Switch.ANSWERED,
}
"""Every change of state that there is; a state may always stay what it is."""

ASKING = frozenset({ControlState.POLICY, ControlState.RESTING})
"""States from which a policy that is on call may ask for help."""

LIMITS_WHEN_CORRECTED = 2
"""An episode in which the simulated operator corrects a policy may take so many step limits."""


def supervises(level: Level) -> bool:
    """Whether the policy drives and the human corrects, so that her driving is an intervention."""
    return STATE_BY_LEVEL[level, Clutch.RELEASED] is ControlState.POLICY


def name(level: Level) -> str:
    """The level as people write it, such as on-call."""
    return level.name.lower().replace("_", "-")


def level_named(text: str) -> Level:
    """The level of a name; raises SidestickError with the names that exist."""
    levels = {name(level): level for level in Level}
    if text not in levels:
        raise SidestickError(f"unknown level {text!r}; known: {', '.join(levels)}")
    return levels[text]
