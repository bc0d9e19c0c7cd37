"""These tests let a simulated operator serve arms that only pretend, and count what she does."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestick.teleop.autonomy.help_calibration import UncertaintyTrace
from sidestick.teleop.fleet.arm_view import ArmView
from sidestick.teleop.fleet.failure_prediction import ArmSignals, FailurePrediction, Signals
from sidestick.teleop.fleet.fleet import Fleet
from sidestick.teleop.fleet.operator_model import Attention, Doing, FleetOperator
from sidestick.teleop.fleet.queues import QUEUES, queue_named
from sidestick.teleop.fleet.shift import ArmTick, Shift, rohe
from sidestick.teleop.session.help_requests import HelpReason, HelpRules
from sidestick.teleop.session.subscriber import EpisodeOutcome

HZ = 20
DONE = EpisodeOutcome(0, True, 10, 0, 10, 0, "place", 1.0)
AT_ONCE = Attention((0.0, 0.0), 0.0, 0.0, (0.0, 0.0), 0.0, 0.0)


@dataclass
class PretendArm:
    """Asks after some ticks, needs hands for some, succeeds, and begins again."""

    number: int
    shift: Shift
    asks_after: int
    helped_for: int
    in_focus: bool = False
    ticks: int = 0
    helped: int = 0
    waited: int = 0
    dismissed: bool = False
    attentions: list[bool] = field(default_factory=list)

    @property
    def calling(self) -> bool:
        return self.ticks >= self.asks_after and self.helped == 0 and not self.dismissed

    @property
    def needs_hands(self) -> bool:
        asked = self.ticks >= self.asks_after and not self.dismissed
        return asked and self.helped < self.helped_for

    def attend(self, in_focus: bool) -> None:
        self.in_focus = in_focus

    def dismiss(self) -> None:
        self.dismissed = True

    def view(self) -> ArmView:
        reason = HelpReason.STALLED if self.calling else None
        return ArmView(self.number, reason, self.waited / HZ, fails_alone=self.number % 2 == 0)

    def step(self, late_ms: float = 0.0) -> None:
        self.attentions.append(self.in_focus)
        if self.calling and not self.in_focus:
            self.waited += 1
            self.shift.count(ArmTick.WAITING)
        elif self.needs_hands:
            if not self.helped:
                self.shift.answered(self.waited / HZ, by_hand=True)
            self.helped += 1
            self.shift.count(ArmTick.HUMAN)
        else:
            self.ticks += 1
            self.shift.count(ArmTick.POLICY)
            if self.calling:
                self.shift.asked(self.number)
            if self.ticks > self.asks_after + 5:
                self.shift.ended(self.number, DONE)
                self.ticks = self.helped = self.waited = 0
                self.dismissed = False


def served(
    queue: str,
    arms: int,
    ticks: int,
    attention: Attention | None = None,
    seed: int = 0,
    asks_after: int = 40,
) -> tuple[Fleet, list[PretendArm]]:
    shift = Shift(arms, HZ)
    pretend = [PretendArm(n, shift, asks_after + 7 * n, 30) for n in range(arms)]
    fleet = Fleet(pretend, FleetOperator(queue_named(queue), HZ, attention, seed), shift)
    fleet.run(ticks)
    return fleet, pretend


@given(st.sampled_from(sorted(QUEUES)), st.integers(1, 6), st.integers(0, 99))
def test_one_person_attends_one_arm_at_a_time(queue: str, arms: int, seed: int) -> None:
    """Whatever the queue policy is; and every tick of every arm is counted once."""
    fleet, pretend = served(queue, arms, 300, seed=seed)
    assert (np.array([arm.attentions for arm in pretend]).sum(axis=0) <= 1).all()
    assert fleet.shift.arm_ticks.total() == 300 * arms
    assert fleet.shift.doing.total() == fleet.shift.ticks == 300


def test_a_call_waits_for_notice_and_switch_and_no_longer() -> None:
    """With one arm the wait is what attention costs; without any cost there is none."""
    attention = Attention((1.0, 1.0), 0.0, 0.0, (2.0, 2.0), 0.0, 0.0)
    fleet, _ = served("first-come", 1, 400, attention)
    assert fleet.shift.waits_s[0] == pytest.approx(3.0, abs=0.1)
    quick, _ = served("first-come", 1, 400, AT_ONCE)
    assert max(quick.shift.waits_s) <= 0.1
    assert len(quick.shift.outcomes) > len(fleet.shift.outcomes)


def test_more_arms_bring_more_until_the_person_is_busy() -> None:
    """Successes a minute rise with the arms, then the operator is the limit."""
    fleets = [served("first-come", arms, 8000, asks_after=300)[0] for arms in (1, 2, 8, 12)]
    reports = [fleet.shift.report("first-come", 0) for fleet in fleets]
    rates = [report.successes_per_minute or 0.0 for report in reports]
    assert rates[1] > 1.5 * rates[0]
    assert rates[3] < 1.25 * rates[2]
    assert reports[0].utilisation < 0.7 < 0.95 < reports[3].utilisation
    assert reports[0].idle < reports[3].idle


def test_an_arm_that_is_dismissed_goes_on() -> None:
    """With nobody there, no human second is spent and no arm waits for long."""
    fleet, _ = served("nobody", 3, 600)
    assert fleet.shift.assigned == 0
    assert Doing.DRIVING not in fleet.shift.doing
    assert fleet.shift.outcomes
    assert not fleet.shift.waits_s


def test_return_on_human_effort_is_the_published_formula() -> None:
    """humans / robots * rewards / (1 + assignments)."""
    assert rohe(1, 4, 12, 0) == 3.0
    assert rohe(10, 100, 50, 99) == pytest.approx(0.05)


def trace(seconds: float, novelty: float) -> UncertaintyTrace:
    """A success that moves all the time."""
    ticks = round(seconds * HZ)
    places = np.linspace(0, seconds, ticks)[:, None] * np.ones(3)
    return UncertaintyTrace(np.full(ticks, novelty), np.ones(ticks, bool), places, 0, True)


def test_risk_is_how_many_successes_never_came_so_far() -> None:
    """With enough successes a share of them; with few, the nearest threshold."""
    rules = HelpRules(overdue_s=20.0, stalled_s=2.0)
    many = FailurePrediction.of([trace(5 + n / 4, 0.5) for n in range(20)], rules, HZ)
    risks = [many.risk(Signals(0.4, 0.0, driven)) for driven in (1.0, 7.6, 30.0)]
    assert risks == [0.0, pytest.approx(0.55), 1.0]
    few = FailurePrediction.of([trace(5, 0.5)], rules, HZ)
    assert few.risk(Signals(0.1, 1.0, 5.0)) == 0.5
    assert few.risk(Signals(0.1, 9.0, 5.0)) == 1.0


def test_signals_tell_a_stall_from_a_motion() -> None:
    """The end effector's box over the last seconds, and how long the policy has driven."""
    signals = ArmSignals(HelpRules(), HZ)
    for tick in range(60):
        signals.add(0.3, np.array([min(tick, 40) * 0.01, 0.0, 0.0]))
    assert signals.now.stalled_s == pytest.approx(1.0, abs=0.11)
    assert signals.now.driven_s == 3.0
    assert signals.now.novelty == 0.3
    signals.begin()
    assert signals.now.driven_s == 0.0
