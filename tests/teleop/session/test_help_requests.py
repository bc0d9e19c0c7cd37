"""When a policy on call asks for help."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.session.help_requests import HelpMonitor, HelpReason, HelpRules
from sidestick.teleop.session.levels import ControlState

RULES = HelpRules(novelty=0.99, familiar=0.9, overdue_s=20.0)
MOVING = [np.array([0.01 * i, 0.0, 0.3]) for i in range(2000)]


def feel(
    monitor: HelpMonitor,
    novelties: list[float],
    state: ControlState = ControlState.POLICY,
    start: int = 0,
) -> list[HelpReason | None]:
    """The answers to so many ticks of a hand that moves."""
    return [
        monitor.update(state, novelty, True, MOVING[start + i])
        for i, novelty in enumerate(novelties)
    ]


def test_five_alarming_ticks_of_ten_are_a_reason() -> None:
    """Not four, and not five that lie further apart."""
    assert feel(HelpMonitor(RULES), [1.0] * 4 + [0.0] * 6 + [1.0] * 4) == [None] * 14
    asked = feel(HelpMonitor(RULES), [1.0, 0.0] * 4 + [1.0])
    assert asked == [None] * 8 + [HelpReason.NEW]


def test_a_hand_that_stays_in_one_place_is_stalled() -> None:
    """The box around its way stays small for the whole time."""
    monitor, hand = HelpMonitor(RULES), np.array([0.4, 0.0, 0.3])
    ticks = round(RULES.stalled_s * 20)
    asked = [monitor.update(ControlState.POLICY, 0.0, True, hand) for _ in range(ticks)]
    assert asked == [None] * (ticks - 1) + [HelpReason.STALLED]


def test_a_job_that_drags_on_is_overdue() -> None:
    """However familiar everything looks."""
    monitor = HelpMonitor(replace(RULES, overdue_s=3.0))
    assert feel(monitor, [0.0] * 60) == [None] * 59 + [HelpReason.OVERDUE]


def test_a_policy_without_an_answer_asks() -> None:
    """Half a second of silence is a reason, a single late plan is none."""
    monitor = HelpMonitor(RULES)
    asked = [monitor.update(ControlState.RESTING, math.nan, False, MOVING[i]) for i in range(5)]
    assert asked == [None] * 4 + [HelpReason.MUTE]


def test_after_help_novelty_is_silent_until_the_scene_is_familiar_again() -> None:
    """Hysteresis: between the two thresholds nothing is asked again; below, it may be soon."""
    monitor = HelpMonitor(RULES)
    feel(monitor, [0.0] * 3, ControlState.HUMAN)
    assert feel(monitor, [1.0] * 20) == [None] * 20
    monitor = HelpMonitor(RULES)
    feel(monitor, [0.0] * 3, ControlState.HUMAN)
    asked = feel(monitor, [0.5] * 10 + [1.0] * 5)
    assert asked[-1] is HelpReason.NEW


def test_after_a_grace_period_novelty_is_heard_in_any_case() -> None:
    """A scene that stays strange for longer than that is asked about again."""
    monitor = HelpMonitor(RULES)
    feel(monitor, [0.0], ControlState.HUMAN)
    asked = feel(monitor, [1.0] * 70)
    assert asked.index(HelpReason.NEW) == pytest.approx(RULES.grace_s * 20 + 4, abs=1)


def test_letting_go_starts_the_clocks_anew() -> None:
    """Overtime counts from the last help."""
    monitor = HelpMonitor(replace(RULES, overdue_s=3.0))
    feel(monitor, [0.0] * 50)
    feel(monitor, [0.0], ControlState.HUMAN)
    assert feel(monitor, [0.0] * 50) == [None] * 50


def test_the_budget_is_a_limit_over_all_episodes() -> None:
    """Two requests are granted, later ones are counted as refused and the policy goes on."""
    monitor = HelpMonitor(replace(RULES, budget=2))
    for expected in (HelpReason.NEW, HelpReason.NEW, None, None):
        monitor.begin()
        assert feel(monitor, [1.0] * 5)[-1] is expected
        feel(
            monitor,
            [1.0] * 5,
            ControlState.POLICY if expected is None else ControlState.CALLING,
            start=5,
        )
    assert (monitor.left, monitor.refused) == (0, 2)


@pytest.mark.parametrize(
    "values", [{"novelty": 0.5, "familiar": 0.9}, {"alarmed": 11}, {"budget": -1}]
)
def test_rules_that_make_no_sense_are_refused(values: dict[str, float]) -> None:
    """The value that is wrong is named."""
    with pytest.raises(BadValue, match="|".join(values)):
        HelpRules(**values)
