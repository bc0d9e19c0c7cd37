"""Giving up: first come, first served, but a call that nobody could answer in time may go on."""

from collections.abc import Sequence

from ..arm_view import ArmView
from .queue import Queue, callers, first_of

PATIENCE_S = 10.0
"""So long a call waits: about as long as an episode, so that another scene is worth as much."""


class GivingUp(Queue):
    """The longest waiting call; too long ones are let go on, so that a busy operator stops no arm.

    Where calls come faster than one person answers them, frozen arms earn nothing: an episode that
    fails makes room for the next one.
    """

    def choose(self, arms: Sequence[ArmView]) -> int | None:
        """The longest waiting call that has not been given up."""
        waiting = [arm for arm in callers(arms) if not self.dismisses(arm)]
        return first_of(sorted(waiting, key=lambda arm: -arm.waited_s))

    def dismisses(self, arm: ArmView) -> bool:
        """Whether a call has waited too long."""
        return arm.waited_s > PATIENCE_S
