"""First come, first served: the arm whose call has waited longest."""

from collections.abc import Sequence

from ..arm_view import ArmView
from .queue import Queue, callers, first_of


class FirstCome(Queue):
    """The call that has waited longest."""

    def choose(self, arms: Sequence[ArmView]) -> int | None:
        """The longest waiting call; of equals, the arm with the lowest number."""
        return first_of(sorted(callers(arms), key=lambda arm: -arm.waited_s))
