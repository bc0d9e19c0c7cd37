"""A `Shift` counts what a fleet does while one person is there; `ShiftReport` is what it came to.

`Fleet`, its arms and its operator tell it of every tick. `docs/fleet.md` says what each figure is.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import Enum
from typing import Any

import numpy as np

from ...datasets.database import Database, EventKind
from ..session.subscriber import EpisodeOutcome
from .operator_model import BUSY, Doing


class ArmTick(Enum):
    """What one arm does for one tick."""

    POLICY = "policy"
    HUMAN = "human"
    WAITING = "waiting"
    RESETTING = "resetting"


@dataclass
class Shift:
    """Counts of one fleet; times are in ticks, waits in s."""

    arms: int
    hz: float
    ticks: int = 0
    arm_ticks: Counter[ArmTick] = field(default_factory=Counter)
    doing: Counter[Doing] = field(default_factory=Counter)
    """What the operator did on each tick."""
    waits_s: list[float] = field(default_factory=list)
    """From each call to the first human action."""
    calls: int = 0
    answers: int = 0
    """Calls that were answered by driving."""
    needless: int = 0
    """Calls in episodes that succeed alone, where that is known."""
    needed: int = 0
    """Calls in episodes that fail alone, where that is known."""
    assigned: int = 0
    """Ticks on which the operator was assigned to an arm: switching, looking or driving."""
    outcomes: list[EpisodeOutcome] = field(default_factory=list)

    def count(self, what: ArmTick) -> None:
        """Count one arm's tick."""
        self.arm_ticks[what] += 1

    def spend(self, doing: Doing) -> None:
        """Count one tick of the whole fleet, on which the operator did this."""
        self.ticks += 1
        self.doing[doing] += 1
        self.assigned += doing in BUSY

    def asked(self, arm: int, fails_alone: bool | None = None) -> None:
        """Count a call of an arm; `fails_alone` says whether it was needed, where that is known."""
        self.calls += 1
        self.needless += fails_alone is False
        self.needed += fails_alone is True

    def answered(self, waited_s: float, by_hand: bool) -> None:
        """Count the end of a call's wait."""
        if by_hand:
            self.answers += 1
            self.waits_s.append(waited_s)

    def ended(self, arm: int, outcome: EpisodeOutcome) -> None:
        """Count an arm's episode."""
        self.outcomes.append(outcome)

    def report(self, queue: str, switches: int) -> "ShiftReport":
        """What it came to."""
        successes = sum(outcome.success for outcome in self.outcomes)
        clean = sum(o.success and not o.human_steps for o in self.outcomes)
        busy, arm_ticks = self.assigned, max(1, self.ticks * self.arms)
        minutes = self.ticks / self.hz / 60
        seconds = {doing: self.doing[doing] / self.hz for doing in Doing}
        known = self.needless + self.needed
        return ShiftReport(
            queue=queue,
            arms=self.arms,
            minutes=minutes,
            busy_minutes=busy / self.hz / 60,
            driving_s=seconds[Doing.DRIVING],
            switching_s=seconds[Doing.SWITCHING],
            looking_s=seconds[Doing.LOOKING] + seconds[Doing.LETTING_GO],
            utilisation=busy / max(1, self.ticks),
            episodes=len(self.outcomes),
            successes=successes,
            clean=clean,
            successes_per_minute=_per(successes, minutes),
            clean_per_minute=_per(clean, minutes),
            successes_per_busy_minute=_per(successes, busy / self.hz / 60),
            rohe=rohe(1, self.arms, successes, self.assigned),
            calls=self.calls,
            answered=self.answers,
            needless=self.needless / known if known else None,
            wait_p50_s=_quantile(self.waits_s, 0.5),
            wait_p95_s=_quantile(self.waits_s, 0.95),
            idle=self.arm_ticks[ArmTick.WAITING] / arm_ticks,
            switches=switches,
            switches_per_minute=_per(switches, minutes) or 0.0,
        )


def rohe(humans: int, robots: int, rewards: float, assignments: float) -> float:
    """Return on human effort: humans / robots * rewards / (1 + assignments).

    Hoque et al. 2022, "Fleet-DAgger", arXiv 2206.14349, as the authors of "Fleet Supervisor
    Allocation" (CoRL 2024) quote it: the sum of rewards over all robots and time, over 1 plus the
    sum over time of the norm of the assignment of humans to robots, which is the number of
    human-robot pairs on each tick. A reward is a success here, so that its size compares with that
    of others only at the same control rate.
    """
    return humans / robots * rewards / (1.0 + assignments)


@dataclass(frozen=True)
class ShiftReport:
    """Figures of one shift of one person at one fleet."""

    queue: str
    arms: int
    minutes: float
    """The whole shift, in human minutes: the person is there from beginning to end."""
    busy_minutes: float
    """Of them, those that she drove, switched or looked."""
    driving_s: float
    switching_s: float
    looking_s: float
    utilisation: float
    """Share of the shift in which she was busy."""
    episodes: int
    successes: int
    clean: int
    """Successes without a human action."""
    successes_per_minute: float | None
    """Over the whole shift; None for a shift without length."""
    clean_per_minute: float | None
    successes_per_busy_minute: float | None
    """None where she was never busy."""
    rohe: float
    """Return on human effort as Fleet-DAgger defines it, see `rohe`."""
    calls: int
    answered: int
    needless: float | None
    """Share of the calls in episodes that succeed alone; None where nobody knows."""
    wait_p50_s: float | None
    """From the call to the first human action; None without an answered call."""
    wait_p95_s: float | None
    idle: float
    """Share of the arms' time in which they waited for help."""
    switches: int
    switches_per_minute: float

    def to_json(self) -> dict[str, Any]:
        """The figures by name."""
        return asdict(self)

    @property
    def label(self) -> str:
        """For people."""
        waits = "no call was answered"
        if self.wait_p50_s is not None and self.wait_p95_s is not None:
            waits = f"waits {self.wait_p50_s:.1f} s (p50), {self.wait_p95_s:.1f} s (p95)"
        return (
            f"{self.arms} arms, {self.minutes:.1f} minutes, queue {self.queue}: "
            f"{self.successes} of {self.episodes} episodes succeeded, {self.clean} without help; "
            f"{self.successes_per_minute or 0.0:.2f} successes a human minute; "
            f"{self.answered} of {self.calls} calls answered, {waits}; "
            f"operator busy {100 * self.utilisation:.0f} %, arms idle {100 * self.idle:.0f} %"
        )


def read_shifts(database: Database) -> list[ShiftReport]:
    """The shifts of a workspace, oldest first; what another version wrote of one is left out."""
    names = {f.name for f in fields(ShiftReport)}
    payloads = [event.payload for event in database.events(EventKind.SHIFT)]
    known = [{k: v for k, v in payload.items() if k in names} for payload in payloads]
    return [ShiftReport(**values) for values in known if len(values) == len(names)]


def _per(count: float, minutes: float) -> float | None:
    return count / minutes if minutes > 0 else None


def _quantile(values: Sequence[float], share: float) -> float | None:
    return float(np.quantile(values, share)) if values else None
