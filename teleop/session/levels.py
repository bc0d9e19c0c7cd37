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


class State(Enum):
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


DRIVERS: Mapping[State, Driver] = {
    State.RESTING: Driver.NOBODY,
    State.HUMAN: Driver.HUMAN,
    State.BLEND: Driver.BLEND,
    State.POLICY: Driver.POLICY,
    State.CALLING: Driver.NOBODY,
}
"""Whose action is executed in a state."""

STATE_BY_LEVEL: Mapping[tuple[Level, Clutch], State] = {
    (Level.DEMONSTRATE, Clutch.RELEASED): State.RESTING,
    (Level.DEMONSTRATE, Clutch.HELD): State.HUMAN,
    (Level.SHADOW, Clutch.RELEASED): State.RESTING,
    (Level.SHADOW, Clutch.HELD): State.HUMAN,
    (Level.ASSIST, Clutch.RELEASED): State.RESTING,
    (Level.ASSIST, Clutch.HELD): State.BLEND,
    (Level.SUPERVISED, Clutch.RELEASED): State.POLICY,
    (Level.SUPERVISED, Clutch.HELD): State.HUMAN,
    (Level.ON_CALL, Clutch.RELEASED): State.POLICY,
    (Level.ON_CALL, Clutch.HELD): State.HUMAN,
    (Level.AUTONOMOUS, Clutch.RELEASED): State.POLICY,
    (Level.AUTONOMOUS, Clutch.HELD): State.HUMAN,
}
"""The whole rule of the levels, for a live device and a policy that has an answer."""

WITHOUT_POLICY: Mapping[State, State] = {
    State.POLICY: State.RESTING,
    State.BLEND: State.HUMAN,
}
"""What a state becomes when the policy is missing, late or not finite; the others need none."""

WITHOUT_HUMAN: Mapping[State, State] = {
    State.HUMAN: State.RESTING,
    State.BLEND: State.RESTING,
}
"""What a state becomes when what the human wants is not finite; the others do not need her."""

SWITCHES: Mapping[tuple[State, State], Switch | None] = {
    (State.POLICY, State.HUMAN): Switch.TAKEOVER,
    (State.HUMAN, State.POLICY): Switch.HAND_BACK,
    (State.RESTING, State.HUMAN): Switch.GRASPED,
    (State.RESTING, State.BLEND): Switch.GRASPED,
    (State.HUMAN, State.RESTING): Switch.LET_GO,
    (State.BLEND, State.RESTING): Switch.LET_GO,
    (State.HUMAN, State.BLEND): None,  # her hand stays on the stick
    (State.BLEND, State.HUMAN): None,
    (State.RESTING, State.POLICY): Switch.STARTED,
    (State.POLICY, State.RESTING): Switch.STOPPED,
    (State.POLICY, State.CALLING): Switch.ASKED,
    (State.RESTING, State.CALLING): Switch.ASKED,
    (State.CALLING, State.HUMAN): Switch.ANSWERED,
}
"""Every change of state that there is; a state may always stay what it is."""

ASKING = frozenset({State.POLICY, State.RESTING})
"""States from which a policy that is on call may ask for help."""

LIMITS_WHEN_CORRECTED = 2
"""An episode in which the simulated operator corrects a policy may take so many step limits."""


def supervises(level: Level) -> bool:
    """Whether the policy drives and the human corrects, so that her driving is an intervention."""
    return STATE_BY_LEVEL[level, Clutch.RELEASED] is State.POLICY


def name(level: Level) -> str:
    """The level as people write it, such as on-call."""
    return level.name.lower().replace("_", "-")


def level_named(text: str) -> Level:
    """The level of a name; raises SidestickError with the names that exist."""
    levels = {name(level): level for level in Level}
    if text not in levels:
        raise SidestickError(f"unknown level {text!r}; known: {', '.join(levels)}")
    return levels[text]
