"""Value per second: the caller whose help frees an arm in the least of the operator's time."""

from collections import defaultdict
from collections.abc import Sequence

from ...session.help_requests import HelpReason
from ..arm_view import ArmView
from .queue import Queue, callers, first_of

PRIOR_S, PRIOR_CALLS = 8.0, 3
"""What a help is taken to cost before any was seen, and how many of them that is worth."""


class ValuePerSecond(Queue):
    """The need of a call over the seconds that calls for the same reason have cost in this shift.

    Every arm that waits is worth the same once it drives again; an arm that would have succeeded
    alone gains less by help, so that the value of a call is its predicted chance of failure.
    """

    def __init__(self) -> None:
        self._spent: dict[HelpReason | None, list[float]] = defaultdict(list)

    def choose(self, arms: Sequence[ArmView]) -> int | None:
        """The caller with the highest value for a second of the operator's time."""
        return first_of(sorted(callers(arms), key=lambda arm: (-self.value(arm), -arm.waited_s)))

    def value(self, arm: ArmView) -> float:
        """Predicted need over expected cost, 1/s."""
        seen = self._spent[arm.calling]
        cost = (PRIOR_S * PRIOR_CALLS + sum(seen)) / (PRIOR_CALLS + len(seen))
        return max(arm.risk, 0.05) / cost

    def served(self, arm: ArmView, seconds: float) -> None:
        """Remember what a call for this reason cost."""
        self._spent[arm.calling].append(seconds)
