"""Oracle: knows which episodes would fail alone, and lets all others go on; an upper limit."""

from collections.abc import Sequence

from ..arm_view import ArmView
from .queue import Queue, callers, first_of


class Oracle(Queue):
    """First come, first served among the calls that are needed."""

    needs_truth = True

    def choose(self, arms: Sequence[ArmView]) -> int | None:
        """The longest waiting call of an episode that would fail."""
        needed = [arm for arm in callers(arms) if arm.fails_alone is not False]
        return first_of(sorted(needed, key=lambda arm: -arm.waited_s))

    def dismisses(self, arm: ArmView) -> bool:
        """Whether the episode would succeed alone."""
        return arm.fails_alone is False
