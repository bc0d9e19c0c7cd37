"""Round robin: every arm in turn, whether or not it has asked."""

from collections.abc import Sequence

from ..arm_view import ArmView
from .queue import Queue


class RoundRobin(Queue):
    """The next arm in the order of the fleet, over and over."""

    visits_all = True

    def __init__(self) -> None:
        self._next = 0

    def choose(self, arms: Sequence[ArmView]) -> int | None:
        """The arm after the last one."""
        chosen = self._next % len(arms)
        self._next = chosen + 1
        return arms[chosen].number
