"""`FailurePrediction` says how unlike the policy's own successes an episode has become.

An arm asks it on every tick that its view is made (`fleet.arm`); `ArmSignals` follows the ticks.
Like FAIL-Detect (Xu et al. 2025) and ARMADA's FLOAT (2025) it is calibrated on successes alone: no
failure need ever have been recorded.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..autonomy.help_calibration import UncertaintyTrace
from ..session.help_requests import LEAST_SUCCESSES, HelpRules

NAN = float("nan")


@dataclass(frozen=True)
class Signals:
    """What an arm's body and its policy say at one moment."""

    novelty: float = NAN
    """In [0, 1]; NaN where it is not known."""
    stalled_s: float = 0.0
    """How long the end effector has stayed in one place."""
    driven_s: float = 0.0
    """How long the policy has driven since the beginning, or since the last help."""


class ArmSignals:
    """Follows one arm's ticks and keeps the signals of the present moment."""

    def __init__(self, rules: HelpRules, hz: float) -> None:
        self._rules, self._hz = rules, hz
        self._places: deque[NDArray[np.float64]] = deque(maxlen=round(rules.overdue_s * hz))
        self.begin()

    def begin(self) -> None:
        """Start anew: an episode begins, or help has ended."""
        self._places.clear()
        self._novel: deque[float] = deque(maxlen=self._rules.of)
        self._ticks = 0

    def add(self, novelty: float, place_m: NDArray[np.float64]) -> None:
        """Take in a tick that the policy drove; `place_m` [3] is where the end effector is, m."""
        self._novel.append(0.0 if np.isnan(novelty) else novelty)
        self._places.append(place_m)
        self._ticks += 1

    @property
    def now(self) -> Signals:
        """The signals of this moment; novelty is that of the `alarmed`-th most novel late tick."""
        ordered = sorted(self._novel, reverse=True)
        rank = min(self._rules.alarmed, len(ordered)) - 1
        novelty = ordered[rank] if ordered else NAN
        return Signals(novelty, self._stalled_s(), self._ticks / self._hz)

    def _stalled_s(self) -> float:
        """How long the end effector has stayed in a box with a diagonal of `stalled_m`, s."""
        if not self._places:
            return 0.0
        places = np.array(self._places)[::-1]
        low, high = np.minimum.accumulate(places), np.maximum.accumulate(places)
        inside = np.linalg.norm(high - low, axis=1) < self._rules.stalled_m
        return float(np.cumprod(inside).sum()) / self._hz


@dataclass(frozen=True)
class FailurePrediction:
    """Sorted extremes of a policy's successes, each float64 [N]; with too few, the rules alone."""

    rules: HelpRules
    novelty: NDArray[np.float64]
    stalled_s: NDArray[np.float64]
    driven_s: NDArray[np.float64]

    @classmethod
    def of(cls, traces: Sequence[UncertaintyTrace], rules: HelpRules, hz: float) -> Self:
        """What the successes among recorded episodes show."""
        solved = [trace for trace in traces if trace.success and len(trace)]
        columns = (
            [trace.sustained_novelty(rules) for trace in solved],
            [trace.longest_stall_s(rules.stalled_m) for trace in solved],
            [len(trace) / hz for trace in solved],
        )
        return cls(rules, *(np.sort(np.array(values, np.float64)) for values in columns))

    def risk(self, signals: Signals) -> float:
        """The share of successes that never came so far, by the signal that stands out most.

        With fewer than LEAST_SUCCESSES successes: how near the nearest threshold is.
        """
        rules, known = self.rules, (self.novelty, self.stalled_s, self.driven_s)
        now = (signals.novelty, signals.stalled_s, signals.driven_s)
        if len(self.driven_s) < LEAST_SUCCESSES:
            limits = (rules.novelty, rules.stalled_s, rules.overdue_s)
            pairs = zip(now, limits, strict=True)
            return min(1.0, max(value / limit for value, limit in pairs if not np.isnan(value)))
        shares = [
            float(np.searchsorted(values, value, "left")) / len(values)
            for values, value in zip(known, now, strict=True)
            if not np.isnan(value)
        ]
        return max(shares)
