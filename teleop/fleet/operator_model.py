"""`FleetOperator` is one simulated person for many arms: where her attention is, tick by tick.

`Fleet.tick` calls `update`; the queue policy says who comes first, and the arm in focus is driven
by the simulated operator of `devices`, as in a session with one arm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np

from .arm_view import ArmView
from .queues.queue import Queue


class Doing(Enum):
    """What the operator does now."""

    FREE = "free"
    NOTICING = "has not noticed the call yet"
    SWITCHING = "finds her way into the next arm's scene"
    LOOKING = "looks at an arm that has not asked"
    DRIVING = "drives"
    LETTING_GO = "sees that the policy goes on"


BUSY = frozenset(set(Doing) - {Doing.FREE, Doing.NOTICING})
"""What counts as attended: driving, switching and looking."""


@dataclass(frozen=True)
class Attention:
    """How long it takes a person to turn to another arm, s; uniform between two bounds."""

    notice_s: tuple[float, float] = (0.5, 1.5)
    """From a call to its being noticed, by an operator who is free."""
    lapse: float = 0.1
    """Share of the calls that find her looking elsewhere."""
    lapse_s: float = 5.0
    """How long she then looks elsewhere."""
    switch_s: tuple[float, float] = (1.5, 3.0)
    """From one arm's scene into another's, until she drives. Assumed; takeovers of automated cars
    take 2 to 3.5 s in critical situations (review in Eriksson, Stanton 2018)."""
    look_s: float = 1.0
    """A glance at an arm that has not asked."""
    after_s: float = 0.5
    """To see that the policy goes on, after the clutch was released."""


class ServedArm(Protocol):
    """What the operator needs of an arm."""

    def attend(self, in_focus: bool) -> None:
        """The operator's attention comes to this arm, or leaves it."""

    def dismiss(self) -> None:
        """Let the policy go on without help, until the episode ends."""

    @property
    def needs_hands(self) -> bool:
        """Whether it waits for help, or is driven by the operator."""

    def view(self) -> ArmView:
        """The arm as it is now."""


class FleetOperator:
    """One person; the same seed gives the same one."""

    def __init__(
        self, queue: Queue, hz: float, attention: Attention | None = None, seed: int = 0
    ) -> None:
        self.queue, self.doing = queue, Doing.FREE
        self.focus: int | None = None
        """The number of the arm that she attends, or is about to."""
        self.switches = 0
        """How often her attention went to another arm than the one before."""
        self._attention, self._hz = attention or Attention(), hz
        self._rng = np.random.default_rng([seed, 19])
        self._left = 0
        self._before: int | None = None
        self._call: tuple[ArmView, int] | None = None

    def update(self, now: int, arms: Sequence[ServedArm]) -> None:
        """Spend tick `now`: notice, choose, switch, drive or let go."""
        self._left = max(0, self._left - 1)
        if self.doing is Doing.DRIVING:
            self._drive(now, arms)
        elif self.doing is Doing.FREE:
            self._watch_all(arms)
        elif self._left == 0 and self.doing is Doing.SWITCHING:
            self._arrive(arms)
        elif self._left == 0:
            self._choose(now, arms)

    def _watch_all(self, arms: Sequence[ServedArm]) -> None:
        if not self.queue.visits_all and not any(arm.needs_hands for arm in arms):
            return
        lapses = self._rng.random() < self._attention.lapse
        late_s = self._attention.lapse_s if lapses else 0.0
        self._begin(Doing.NOTICING, self._between(self._attention.notice_s) + late_s)

    def _choose(self, now: int, arms: Sequence[ServedArm]) -> None:
        """Go to the next arm; stay free where there is none."""
        self._leave(arms)
        views = [arm.view() for arm in arms]
        for view in views:
            if view.calling is not None and self.queue.dismisses(view):
                arms[view.number].dismiss()
        chosen = self.queue.choose(views)
        if chosen is None:
            self._begin(Doing.FREE, 0.0)
            return
        self.focus, self._call = chosen, (views[chosen], now)
        self.switches += chosen != self._before
        there = chosen == self._before
        self._begin(Doing.SWITCHING, 0.0 if there else self._between(self._attention.switch_s))

    def _arrive(self, arms: Sequence[ServedArm]) -> None:
        assert self.focus is not None
        arm, self._before = arms[self.focus], self.focus
        arm.attend(True)
        if arm.needs_hands:
            self._begin(Doing.DRIVING, 0.0)
        else:
            self._begin(Doing.LOOKING, self._attention.look_s)

    def _drive(self, now: int, arms: Sequence[ServedArm]) -> None:
        assert self.focus is not None
        assert self._call is not None
        if arms[self.focus].needs_hands:
            return
        view, since = self._call
        self.queue.served(view, (now - since) / self._hz)
        self._begin(Doing.LETTING_GO, self._attention.after_s)

    def _leave(self, arms: Sequence[ServedArm]) -> None:
        if self.focus is not None:
            arms[self.focus].attend(False)
            self.focus = None

    def _begin(self, doing: Doing, seconds: float) -> None:
        self.doing, self._left = doing, round(seconds * self._hz)

    def _between(self, bounds: tuple[float, float]) -> float:
        return float(self._rng.uniform(*bounds))
