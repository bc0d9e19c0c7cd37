"""Longest wait: the arm that has waited most in this shift, with its present call."""

from collections.abc import Sequence

from ..arm_view import ArmView
from .queue import Queue, callers, first_of


class LongestWait(Queue):
    """The caller that has waited most in all: no arm is starved because it asks often."""

    def choose(self, arms: Sequence[ArmView]) -> int | None:
        """The caller with the largest sum of waits."""
        return first_of(sorted(callers(arms), key=lambda arm: -arm.waited_s - arm.waited_before_s))
