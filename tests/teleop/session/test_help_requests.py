"""These tests feed `HelpMonitor` with ticks and check when it asks for help, and why."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.session.help_requests import HelpMonitor, HelpReason, HelpRules
from sidestick.teleop.session.levels import ControlState

RULES = HelpRules(novelty=0.99, familiar=0.9, overdue_s=20.0)
MOVING = [np.array([0.01 * i, 0.0, 0.3]) for i in range(2000)]


def update(
    monitor: HelpMonitor,
    novelties: list[float],
    state: ControlState = ControlState.POLICY,
    start: int = 0,
) -> list[HelpReason | None]:
    """The monitor's answers to so many ticks on which the end effector moves."""
    return [
        monitor.update(state, novelty, True, MOVING[start + i])
        for i, novelty in enumerate(novelties)
    ]


def test_five_novel_ticks_of_ten_are_a_reason() -> None:
    """Four are not, nor are five that lie further apart."""
    assert update(HelpMonitor(RULES), [1.0] * 4 + [0.0] * 6 + [1.0] * 4) == [None] * 14
    asked = update(HelpMonitor(RULES), [1.0, 0.0] * 4 + [1.0])
    assert asked == [None] * 8 + [HelpReason.NEW]


def test_an_end_effector_that_stays_in_one_place_is_stalled() -> None:
    """The box around its path stays small for the whole time."""
    monitor, position = HelpMonitor(RULES), np.array([0.4, 0.0, 0.3])
    ticks = round(RULES.stalled_s * 20)
    asked = [monitor.update(ControlState.POLICY, 0.0, True, position) for _ in range(ticks)]
    assert asked == [None] * (ticks - 1) + [HelpReason.STALLED]


def test_a_task_that_takes_too_long_is_overdue() -> None:
    """Even in a familiar scene."""
    monitor = HelpMonitor(replace(RULES, overdue_s=3.0))
    assert update(monitor, [0.0] * 60) == [None] * 59 + [HelpReason.OVERDUE]


def test_a_policy_without_an_answer_asks() -> None:
    """Five ticks of ten without an action are a reason, a single late plan is none."""
    monitor = HelpMonitor(RULES)
    asked = [monitor.update(ControlState.RESTING, math.nan, False, MOVING[i]) for i in range(5)]
    assert asked == [None] * 4 + [HelpReason.MUTE]


def test_after_help_novelty_is_no_reason_until_the_scene_is_familiar_again() -> None:
    """Hysteresis: above the lower threshold there is no request; after a while below there is."""
    monitor = HelpMonitor(RULES)
    update(monitor, [0.0] * 3, ControlState.HUMAN)
    assert update(monitor, [1.0] * 20) == [None] * 20
    monitor = HelpMonitor(RULES)
    update(monitor, [0.0] * 3, ControlState.HUMAN)
    asked = update(monitor, [0.5] * 10 + [1.0] * 5)
    assert asked[-1] is HelpReason.NEW


def test_after_a_grace_period_novelty_is_a_reason_in_any_case() -> None:
    """A scene that stays novel for longer than that leads to another request."""
    monitor = HelpMonitor(RULES)
    update(monitor, [0.0], ControlState.HUMAN)
    asked = update(monitor, [1.0] * 70)
    assert asked.index(HelpReason.NEW) == pytest.approx(RULES.grace_s * 20 + 4, abs=1)


def test_letting_go_starts_the_clocks_anew() -> None:
    """The time until overdue counts from the last help."""
    monitor = HelpMonitor(replace(RULES, overdue_s=3.0))
    update(monitor, [0.0] * 50)
    update(monitor, [0.0], ControlState.HUMAN)
    assert update(monitor, [0.0] * 50) == [None] * 50


def test_the_budget_is_a_limit_over_all_episodes() -> None:
    """Two requests are granted, later ones are counted as refused and the policy goes on."""
    monitor = HelpMonitor(replace(RULES, budget=2))
    for expected in (HelpReason.NEW, HelpReason.NEW, None, None):
        monitor.begin()
        assert update(monitor, [1.0] * 5)[-1] is expected
        update(
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
