"""A `Command` is an operator's input to a session for one tick: action, clutch and requests."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from ...sim_envs.spaces import Action
from ...sim_envs.worlds.arm_spec import ARM_ACTION
from ...sim_envs.worlds.spec import ActionSpec


class Request(Enum):
    """Something the operator asks of the session or the window, beside driving."""

    SAVE_SUCCESS = "save as success"
    SAVE_FAILURE = "save as failure"
    DISCARD = "discard"
    QUIT = "quit"
    START = "start or go on"
    DRIVE = "the clutch was closed"
    FREEZE = "pause or go on"
    REWIND = "go back two seconds"
    SCRUB = "go back a little further"
    UNDO = "undo the discard"
    FREE_DRIVE = "drive without recording, or stop doing so"
    TUTORIAL = "the tutorial"
    SLOW = "next slow motion"
    SOUND = "sound on or off"
    ROLL_BACK = "back to the policy before"
    HELP = "help on or off"


ENDING = frozenset({Request.SAVE_SUCCESS, Request.SAVE_FAILURE, Request.DISCARD, Request.QUIT})
"""Requests that end an episode at once."""


@dataclass(frozen=True)
class Command:
    """One poll of an operator's device."""

    action: Action
    """float32[A] in [-1, 1]; the position of the sticks, whether or not the clutch is held."""
    clutch: bool = False
    """Held: the operator drives, on this very tick."""
    requests: frozenset[Request] = frozenset()
    """Requests since the last poll."""
    alive: bool = True
    """False when the device was lost or has been silent for too long: the arm holds still."""
    round_trip_ms: float = float("nan")
    """From the drawing of a picture to the input of the person who saw it; NaN for a device of this
    machine."""


def zero_action(spec: ActionSpec = ARM_ACTION) -> Action:
    """The action [A] that moves nothing; a grip of 0 keeps what the gripper is doing."""
    return np.zeros(spec.size, np.float32)


IDLE = Command(zero_action())
"""The command of a device that nobody touches."""
