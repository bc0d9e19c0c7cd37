"""Risk: the caller that is most likely to fail, by novelty, stall and its likeness to successes."""

from collections.abc import Sequence

from ..arm_view import ArmView
from .queue import Queue, callers, first_of


class Risk(Queue):
    """The highest predicted chance of failure; of equals, the longest wait."""

    def choose(self, arms: Sequence[ArmView]) -> int | None:
        """The riskiest caller."""
        return first_of(sorted(callers(arms), key=lambda arm: (-arm.risk, -arm.waited_s)))
