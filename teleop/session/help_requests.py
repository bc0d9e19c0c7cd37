"""`HelpMonitor` decides when a policy at on-call asks the operator for help.

The reasons are novelty, a stalled end effector, an overdue task and a policy without an answer. The
monitor's inputs are what the robot itself knows: the policy's novelty, where the end effector is,
for how long it has driven. It is pure: no clock, no simulator state.

Hysteresis (LazyDAgger 2021, ThriftyDAgger 2021) applies to asking, never to the handover: an
operator who releases the clutch gives control back on that tick, at every level. After that
novelty is no reason until the scene was familiar for a while (below a lower threshold), or until a
grace period is over; the times until stalled and overdue start anew.
"""

import math
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...policies.base.novelty_scale import novelty_beyond
from ...sim_envs.errors import BadValue
from ...sim_envs.spaces import CONTROL_HZ
from .levels import ControlState


class HelpReason(Enum):
    """Why help was asked for; the value is shown in the window."""

    NEW = "the scene is new to the policy"
    STALLED = "the arm has stopped moving"
    OVERDUE = "the task takes longer than it should"
    MUTE = "the policy has no answer"


UNUSUAL = 1.6
"""Scenes so many times as unusual as the most unusual one in training are novel, until a policy's
successes say better. Chosen on seeds 400000 to 400027 of ShelfPick (benchmarks/help_requests)."""
LEAST_SUCCESSES = 19
"""Successes without help that a calibration needs (see `autonomy.help_calibration`)."""


@dataclass(frozen=True)
class HelpRules:
    """When help is asked for, and how often it may be."""

    novelty: float = novelty_beyond(UNUSUAL)
    """A tick with more novelty is novel; with 1 novelty is never a reason. ThriftyDAgger's 1 -
    alpha of 0.99 is too low: policies succeed in most scenes that are a little beyond training."""
    familiar: float = 0.9
    """A tick is familiar again below this."""
    alarmed: int = 5
    """So many novel ticks among the last `of` are a reason (Sirius-Fleet 2024)."""
    of: int = 10
    """The length of that window, ticks."""
    calm_s: float = 0.5
    """So long the scene must be familiar, after help, before novelty may be a reason again."""
    grace_s: float = 3.0
    """After this long, in any case, novelty may be a reason again."""
    stalled_s: float = 2.5
    """An end effector that stays within `stalled_m` for this long is stalled."""
    stalled_m: float = 0.012
    """How little counts as not moving, m: the diagonal of the box around its path."""
    overdue_s: float = 11.0
    """Driving alone for longer than this, since the beginning or the last help, is overdue."""
    budget: int | None = None
    """How many requests the operator allows in a session; None allows any number."""
    successes: int = 0
    """How many of the policy's own successes set these thresholds."""

    def __post_init__(self) -> None:
        if not 0 <= self.familiar <= self.novelty <= 1:
            found = (self.familiar, self.novelty)
            raise BadValue("familiar, novelty", "0 <= familiar <= novelty <= 1", found)
        if not 1 <= self.alarmed <= self.of:
            raise BadValue("alarmed, of", "1 <= alarmed <= of", (self.alarmed, self.of))
        if self.budget is not None and self.budget < 0:
            raise BadValue("budget", "no fewer than 0 requests", self.budget)

    @property
    def calibrated(self) -> bool:
        """Whether the successes suffice to say how often a request is needless."""
        return self.successes >= LEAST_SUCCESSES

    @property
    def label(self) -> str:
        """For the operator."""
        if self.calibrated:
            return f"help requests are calibrated on {self.successes} successes of this policy"
        return (
            f"help requests are uncalibrated ({self.successes} of {LEAST_SUCCESSES} successes "
            "without help): expect needless ones"
        )

    def words(self, reason: HelpReason) -> str:
        """A reason for the operator, who must know where its threshold is a guess."""
        return reason.value if self.calibrated else f"{reason.value} (uncalibrated)"


class HelpMonitor:
    """Takes in every tick of an episode and decides when to ask; the budget lasts for a session."""

    def __init__(self, rules: HelpRules | None = None) -> None:
        self.rules = rules or HelpRules()
        self.left = self.rules.budget
        """Requests left in the budget; None for any number."""
        self.refused = 0
        """Requests that could not be made for want of budget."""
        self.begin()

    def begin(self) -> None:
        """Start anew: an episode begins, or another branch of it after a rewind."""
        self._armed, self._muted = True, False
        self._forget()

    def mute(self) -> None:
        """Ask no more until begin(): the operator has seen the scene, and lets the policy go on."""
        self._muted = True

    def _forget(self) -> None:
        self._driven, self._calm, self._refused = 0, 0, False
        self._novel: deque[bool] = deque(maxlen=self.rules.of)
        self._unanswered: deque[bool] = deque(maxlen=self.rules.of)
        self._positions: deque[NDArray[np.float64]] = deque(maxlen=_ticks(self.rules.stalled_s))

    def update(
        self, state: ControlState, novelty: float, has_answer: bool, ee_m: NDArray[Any]
    ) -> HelpReason | None:
        """Why to ask for help on this tick; None for no request.

        `state` is that of the last tick, `ee_m` [3] the end effector's position. A reason takes
        one request from the budget; when none is left, the policy goes on alone.
        """
        if state in (ControlState.HUMAN, ControlState.CALLING):
            self._forget()
            self._armed = False
            return None
        self._remember(novelty, has_answer, ee_m)
        reason = self._reason()
        if reason is None or self._muted:
            return None
        if self.left == 0:
            self.refused += not self._refused
            self._refused = True
            return None
        if self.left is not None:
            self.left -= 1
        return reason

    def _remember(self, novelty: float, has_answer: bool, ee_m: NDArray[Any]) -> None:
        rules = self.rules
        self._driven += 1
        self._positions.append(np.asarray(ee_m, np.float64))
        self._unanswered.append(not has_answer)
        known = not math.isnan(novelty)
        self._calm = self._calm + 1 if known and novelty < rules.familiar else 0
        calm = self._calm >= _ticks(rules.calm_s)
        self._armed |= calm or self._driven >= _ticks(rules.grace_s)
        self._novel.append(self._armed and known and novelty > rules.novelty)

    def _reason(self) -> HelpReason | None:
        rules = self.rules
        if sum(self._unanswered) >= rules.alarmed:
            return HelpReason.MUTE
        if sum(self._novel) >= rules.alarmed:
            return HelpReason.NEW
        long_enough = len(self._positions) == self._positions.maxlen
        if long_enough and extent_m(np.array(self._positions)) < rules.stalled_m:
            return HelpReason.STALLED
        return HelpReason.OVERDUE if self._driven >= _ticks(rules.overdue_s) else None


def extent_m(places: NDArray[Any]) -> float:
    """The diagonal of the box around positions (N, 3), m."""
    return float(np.linalg.norm(np.ptp(places, axis=0)))


def _ticks(seconds: float) -> int:
    return max(1, round(seconds * CONTROL_HZ))
