"""These tests say what the evidence on one stage of a task does to a level."""

from dataclasses import replace

from sidestick.datasets.step import Level
from sidestick.policies.statistics.paired import rate_interval
from sidestick.teleop.autonomy.ladder import ChangeReason, LevelChange
from tests.ladder_rig import (
    EVIDENCE,
    at,
    episodes,
    settled,
    supervised,
)


def test_stages_are_judged_where_there_is_enough_evidence() -> None:
    """Ten episodes are enough; nine are not."""
    one = replace(EVIDENCE, level=Level.SUPERVISED, stages={"grasp": False, "reach": True})
    few = at(Level.SUPERVISED, *[one] * 9).stages(Level.SUPERVISED)
    assert [(found.enough, found.test) for found in few] == [(False, None)] * 2
    found = at(Level.SUPERVISED, *[one] * 10).stages(Level.SUPERVISED)
    assert {e.stage: str(e.passed)[:5] for e in found if e.enough and e.test} == {
        "reach": "10/10",
        "grasp": "0/10 ",
    }
    assert [e.stage for e in found] == ["reach", "grasp"]


def test_a_stage_that_is_lost_too_often_costs_the_level() -> None:
    """Three failures of five in one stage do; spread over the stages they do not."""
    passes = "xx.x." * 11
    fallen = settled(at(Level.SUPERVISED, *supervised(passes, ("grasp",))))
    change = fallen.entries[-1]
    assert isinstance(change, LevelChange)
    assert (change.why, change.after) == (ChangeReason.DEMOTED, Level.ASSIST)
    assert "'grasp' was not passed alone in 33 of 55 episodes that came to it" in change.evidence
    spread = at(Level.SUPERVISED, *supervised(passes, ("reach", "grasp", "carry", "place")))
    assert spread.judge() is None


def test_a_lost_level_says_where_most_was_lost() -> None:
    """The change's text names the stage, where the evidence has stages."""
    fallen = settled(at(Level.SUPERVISED, *supervised("xxxxxxxx", ("carry", "carry", "reach"))))
    change = fallen.entries[-1]
    assert isinstance(change, LevelChange)
    assert change.evidence.endswith("; most were lost at 'carry', 6 of 6 that came to it")
    unknown = settled(at(Level.SUPERVISED, *episodes(0, 8, Level.SUPERVISED))).entries[-1]
    assert isinstance(unknown, LevelChange)
    assert "lost at" not in unknown.evidence


def test_no_stage_takes_a_level_from_a_policy_that_is_good_enough() -> None:
    """All of its failures are in one stage, at the rate at which whole episodes may fail."""
    good = at(Level.SUPERVISED, *supervised("x.x.." * 40, ("place",)))
    assert good.judge() is None


def test_where_episodes_failed_is_counted_with_intervals() -> None:
    """The counts are of all episodes, and only those that failed count."""
    found = at(Level.SUPERVISED, *supervised("x...x" * 4, ("carry",))).stages(Level.SUPERVISED)
    assert {e.stage: str(e.died)[:5] for e in found} == {
        "reach": "0/20 ",
        "grasp": "0/20 ",
        "carry": "8/20 ",
        "place": "0/20 ",
    }
    carry = found[2]
    assert carry.to_json()["died_interval95"] == list(rate_interval(8, 20))
    assert carry.passed.n == 20
    assert found[3].passed.n == 12
