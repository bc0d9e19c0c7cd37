"""`Authority` decides on every tick who drives, from level, clutch and the policy's action.

It is a pure state machine (no clock, no device, no simulator) that a running episode calls; its
`Decision` holds the action to execute. The tables are in `levels`.
"""

from dataclasses import dataclass

import numpy as np

from ...datasets.step import ActionMode, Driver, Level
from ...sim_envs.spaces import Action
from ...sim_envs.worlds.arm_spec import ARM_ACTION
from ...sim_envs.worlds.spec import ActionSpec
from .blending import blend
from .command import Command
from .levels import (
    ASKING,
    DRIVERS,
    STATE_BY_LEVEL,
    SWITCHES,
    WITHOUT_HUMAN,
    WITHOUT_POLICY,
    Clutch,
    ControlState,
    Switch,
    supervises,
)

NAN = float("nan")
COUNTED = frozenset({Switch.TAKEOVER, Switch.ANSWERED, Switch.GRASPED})
"""Switches that begin a takeover, at a level at which the policy drives."""


@dataclass(frozen=True)
class Decision:
    """Who drives this tick, and the action to execute."""

    action: Action
    """float32[A] to execute."""
    driver: Driver
    """Whose action it is."""
    state: ControlState
    """Who controls the arm, or why nobody does."""
    mode: ActionMode
    """What the step counts as in training."""
    switch: Switch | None
    """The change of state on this tick that changes the driver; None when there is none."""
    takeover_id: int
    """Number of the takeover that this step belongs to; -1 outside of one."""
    share: float
    """The policy's share of the motion, in [0, 1]; NaN where nobody drives."""

    @property
    def reseat(self) -> bool:
        """Whether the target must be re-seated at the measured pose before this action."""
        return self.switch is not None


class Authority:
    """The state machine of one episode at one level."""

    def __init__(self, level: Level, spec: ActionSpec = ARM_ACTION) -> None:
        """`spec` says what the numbers of the actions mean."""
        self.level, self.spec = level, spec
        self._last: Action | None = None
        self.state = ControlState.RESTING
        self.takeovers = 0

    @property
    def driver(self) -> Driver:
        """Whose action the last decision executed."""
        return DRIVERS[self.state]

    def decide(
        self,
        command: Command,
        policy_action: Action | None,
        novelty: float = NAN,
        asks: bool = False,
    ) -> Decision:
        """Decide one tick: the operator's action while the clutch is held, the policy's or rest.

        The arm rests where the policy drives and its action is missing, late (None) or not
        finite, and where the device is not alive. `novelty` in [0, 1] is the policy's, NaN where
        unknown. `asks`, which counts at on-call only, is a help request: the arm waits until the
        operator closes the clutch.
        """
        state = self._next(command, usable(policy_action), asks)
        switch = None if state is self.state else SWITCHES[self.state, state]
        correcting = state is ControlState.HUMAN and supervises(self.level)
        if correcting and switch in COUNTED:
            self.takeovers += 1
        self.state = state
        action, share = self._action(command, policy_action, novelty)
        self._last = action
        takeover = self.takeovers - 1 if correcting else -1
        mode = self._mode(correcting)
        return Decision(action, self.driver, state, mode, switch, takeover, share)

    def rest(self) -> None:
        """Let nobody drive, as at the beginning; takeovers go on being counted."""
        self.state = ControlState.RESTING

    def _next(self, command: Command, policy_usable: bool, asks: bool) -> ControlState:
        waiting = self.state is ControlState.CALLING
        if not command.alive:
            return ControlState.CALLING if waiting else ControlState.RESTING
        state = STATE_BY_LEVEL[self.level, Clutch(command.clutch)]
        if not policy_usable:
            state = WITHOUT_POLICY.get(state, state)
        if not usable(command.action):
            state = WITHOUT_HUMAN.get(state, state)
        if waiting and state is not ControlState.HUMAN:
            return ControlState.CALLING
        may_ask = self.level is Level.ON_CALL and not command.clutch and self.state in ASKING
        return ControlState.CALLING if asks and may_ask else state

    def _action(
        self, command: Command, policy_action: Action | None, novelty: float
    ) -> tuple[Action, float]:
        """The action [A] to execute in the present state, and the policy's share of it."""
        if self.state is ControlState.HUMAN:
            return command.action, 0.0
        if policy_action is not None and self.state is ControlState.POLICY:
            return policy_action, 1.0
        if policy_action is not None and self.state is ControlState.BLEND:
            return blend(command.action, policy_action, 1.0 - novelty, self.spec)
        return self.spec.rest(self._last), NAN

    def _mode(self, correcting: bool) -> ActionMode:
        if not supervises(self.level):
            return ActionMode.DEMONSTRATION
        return ActionMode.INTERVENTION if correcting else ActionMode.ROLLOUT


def usable(action: Action | None) -> bool:
    """Whether there is an action [A] and every number of it is finite."""
    return action is not None and bool(np.isfinite(action).all())
