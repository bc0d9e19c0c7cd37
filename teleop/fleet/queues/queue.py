"""A `Queue` decides which arm of a fleet the operator goes to next; one file a policy.

The operator of `fleet.fleet` asks it whenever she is free, and tells it how each help ended.
"""

from collections.abc import Sequence

from ..arm_view import ArmView


class Queue:
    """Which caller comes first. A subclass may remember; one instance serves one shift."""

    needs_truth: bool = False
    """Whether it must know which episodes would fail alone: an upper limit, not for life."""

    visits_all: bool = False
    """Whether the operator also goes to arms that have not asked."""

    def choose(self, arms: Sequence[ArmView]) -> int | None:
        """The number of the arm to go to; None to stay. `arms` are all, calling or not."""
        raise NotImplementedError

    def dismisses(self, arm: ArmView) -> bool:
        """Whether a call is answered with a mere `go on`, which costs the operator nothing."""
        return False

    def served(self, arm: ArmView, seconds: float) -> None:
        """Note that the call in `arm` took the operator so long, with the way there."""


def callers(arms: Sequence[ArmView]) -> list[ArmView]:
    """Those that wait for help, in the order of the fleet."""
    return [arm for arm in arms if arm.calling is not None]


def first_of(ordered: Sequence[ArmView]) -> int | None:
    """The number of the first arm; None where there is none."""
    return ordered[0].number if ordered else None
