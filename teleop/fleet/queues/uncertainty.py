"""Uncertainty only, as Fleet-EnsembleDAgger's baseline: the caller with the most novel scene."""

import math
from collections.abc import Sequence

from ..arm_view import ArmView
from .queue import Queue, callers, first_of


class Uncertainty(Queue):
    """The highest novelty; one that is not known counts as none."""

    def choose(self, arms: Sequence[ArmView]) -> int | None:
        """The most novel caller."""
        return first_of(sorted(callers(arms), key=lambda arm: (-_known(arm), -arm.waited_s)))


def _known(arm: ArmView) -> float:
    return 0.0 if math.isnan(arm.novelty) else arm.novelty
