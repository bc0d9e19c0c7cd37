"""Who drives: a pure state machine of level, clutch and policy; no clock, no device, no engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from ..datasets.step import ActionMode, Driver, Level
from ..sim_envs.errors import SidestickError
from ..sim_envs.spaces import Action
from .command import Command, still

WORKING_LEVELS = (Level.DEMONSTRATE, Level.SUPERVISED, Level.AUTONOMOUS)
"""Levels that a session can run at; the others are named and refused until they are built."""
NEEDS_POLICY = frozenset(Level) - {Level.DEMONSTRATE}


class Clutch(Enum):
    """The one control that matters."""

    RELEASED = False
    HELD = True


class Switch(Enum):
    """What changed hands on a tick."""

    TAKEOVER = "the human took over from the policy"
    HAND_BACK = "the human handed back to the policy"
    GRASPED = "the human closed the clutch on a resting arm"
    LET_GO = "the human let go and the arm rests"
    STARTED = "the policy began to drive a resting arm"
    STOPPED = "the policy could not go on, and the arm rests"


DRIVER_BY_LEVEL: Mapping[tuple[Level, Clutch], Driver] = {
    (Level.DEMONSTRATE, Clutch.RELEASED): Driver.NOBODY,
    (Level.DEMONSTRATE, Clutch.HELD): Driver.HUMAN,
    (Level.SHADOW, Clutch.RELEASED): Driver.NOBODY,
    (Level.SHADOW, Clutch.HELD): Driver.HUMAN,
    (Level.ASSIST, Clutch.RELEASED): Driver.NOBODY,
    (Level.ASSIST, Clutch.HELD): Driver.HUMAN,
    (Level.SUPERVISED, Clutch.RELEASED): Driver.POLICY,
    (Level.SUPERVISED, Clutch.HELD): Driver.HUMAN,
    (Level.ON_CALL, Clutch.RELEASED): Driver.POLICY,
    (Level.ON_CALL, Clutch.HELD): Driver.HUMAN,
    (Level.AUTONOMOUS, Clutch.RELEASED): Driver.POLICY,
    (Level.AUTONOMOUS, Clutch.HELD): Driver.HUMAN,
}
"""The whole rule of the levels, for a live device and a policy that has an answer."""

SWITCHES: Mapping[tuple[Driver, Driver], Switch] = {
    (Driver.POLICY, Driver.HUMAN): Switch.TAKEOVER,
    (Driver.HUMAN, Driver.POLICY): Switch.HAND_BACK,
    (Driver.NOBODY, Driver.HUMAN): Switch.GRASPED,
    (Driver.HUMAN, Driver.NOBODY): Switch.LET_GO,
    (Driver.NOBODY, Driver.POLICY): Switch.STARTED,
    (Driver.POLICY, Driver.NOBODY): Switch.STOPPED,
}


@dataclass(frozen=True)
class Decision:
    """Who drives this tick, and what the arm will do."""

    action: Action
    """float32[7] to execute."""
    driver: Driver
    """Whose action it is."""
    mode: ActionMode
    """What the step is to a learner."""
    switch: Switch | None
    """What changed hands on this tick; None when nothing did."""
    takeover_id: int
    """Number of the takeover that this step belongs to; -1 outside of one."""

    @property
    def reseat(self) -> bool:
        """Whether the target must be re-seated at the measured pose before this action."""
        return self.switch is not None


class Authority:
    """Decides tick by tick, at one level; create a new one for every episode."""

    def __init__(self, level: Level) -> None:
        if level not in WORKING_LEVELS:
            known = ", ".join(name(known) for known in WORKING_LEVELS)
            raise SidestickError(
                f"level {name(level)!r} is not built yet; a session runs at {known}"
            )
        self.level = level
        self.driver = Driver.NOBODY
        self.takeovers = 0

    def decide(self, command: Command, policy_action: Action | None) -> Decision:
        """The human's action on the tick that the clutch is held, the policy's if it may, or rest.

        A policy that is missing, late (None) or not finite, and a device that is not alive, rest.
        """
        driver = self._driver(command, policy_action)
        switch = SWITCHES.get((self.driver, driver))
        if switch is Switch.TAKEOVER or (switch is Switch.GRASPED and self._supervises):
            self.takeovers += 1
        self.driver = driver
        correcting = driver is Driver.HUMAN and self._supervises
        action = still()
        if driver is Driver.HUMAN:
            action = command.action
        elif driver is Driver.POLICY and policy_action is not None:
            action = policy_action
        takeover = self.takeovers - 1 if correcting else -1
        return Decision(action, driver, self._mode(driver), switch, takeover)

    def rest(self) -> None:
        """Nobody drives, as at the beginning; takeovers go on being counted."""
        self.driver = Driver.NOBODY

    @property
    def _supervises(self) -> bool:
        return DRIVER_BY_LEVEL[self.level, Clutch.RELEASED] is Driver.POLICY

    def _driver(self, command: Command, policy_action: Action | None) -> Driver:
        if not command.alive:
            return Driver.NOBODY
        wanted = DRIVER_BY_LEVEL[self.level, Clutch(command.clutch)]
        if wanted is Driver.POLICY and not usable(policy_action):
            return Driver.NOBODY
        if wanted is Driver.HUMAN and not usable(command.action):
            return Driver.NOBODY
        return wanted

    def _mode(self, driver: Driver) -> ActionMode:
        if not self._supervises:
            return ActionMode.DEMONSTRATION
        return ActionMode.INTERVENTION if driver is Driver.HUMAN else ActionMode.ROLLOUT


def usable(action: Action | None) -> bool:
    """Whether there is an action and every number of it is finite."""
    return action is not None and bool(np.isfinite(action).all())


def name(level: Level) -> str:
    """The level as people write it, such as on-call."""
    return level.name.lower().replace("_", "-")


def level_named(text: str) -> Level:
    """The level of a name; raises SidestickError with the names that exist."""
    levels = {name(level): level for level in Level}
    if text not in levels:
        raise SidestickError(f"unknown level {text!r}; known: {', '.join(levels)}")
    return levels[text]
