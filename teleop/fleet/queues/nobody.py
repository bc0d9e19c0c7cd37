"""Nobody: no call is ever answered, and every policy goes on alone; a lower limit."""

from collections.abc import Sequence

from ..arm_view import ArmView
from .queue import Queue


class Nobody(Queue):
    """There is no operator."""

    def choose(self, arms: Sequence[ArmView]) -> int | None:
        """None of them."""
        return None

    def dismisses(self, arm: ArmView) -> bool:
        """Every call."""
        return True
