"""Value order, as Fleet-DAgger (Hoque et al. 2022): constraint, then uncertainty, then risk."""

import math
from collections.abc import Sequence

from ...session.help_requests import HelpReason
from ..arm_view import ArmView
from .queue import Queue, callers, first_of

CANNOT_GO_ON = frozenset({HelpReason.STALLED, HelpReason.MUTE})
"""Reasons that stand for Fleet-DAgger's violated constraint: the policy cannot go on by itself."""


class ConstraintOrder(Queue):
    """Callers that cannot go on come first, the most novel before the others."""

    def choose(self, arms: Sequence[ArmView]) -> int | None:
        """The first in the order constraint, uncertainty, risk."""
        return first_of(sorted(callers(arms), key=_order))


def _order(arm: ArmView) -> tuple[bool, float, float]:
    novelty = 0.0 if math.isnan(arm.novelty) else arm.novelty
    return (arm.calling not in CANNOT_GO_ON, -novelty, -arm.risk)
