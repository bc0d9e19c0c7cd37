"""These tests simulate the ladder's statistics at full size, and hold the page to its results.

The simulations are those of `benchmarks.evidence`; here they are held to what they stand for.
"""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import earlier_rules
from benchmarks.climb import Climbs
from benchmarks.evidence import PAGE, RESULTS, SECTIONS, generated, read_tables
from benchmarks.evidence_demotion import demoted_after, rate_tests
from benchmarks.evidence_ladder import (
    BARS,
    EPISODES,
    drawn,
    promoted_after,
    promoted_in_any_stay,
)
from benchmarks.evidence_table import chance, shown
from sidestick.datasets.step import Level
from sidestick.policies.statistics.sequential import ShiryaevRoberts
from sidestick.sim_envs.errors import UnknownName
from sidestick.teleop.autonomy.criteria import ALPHA
from sidestick.teleop.autonomy.episode_evidence import EpisodeEvidence
from sidestick.teleop.autonomy.ladder import ChangeReason, Entry, Ladder, LevelChange
from sidestick.teleop.autonomy.standing import Standing

HISTORIES = 10_000
START = LevelChange(
    "ShelfPick", "0001", "aa", ChangeReason.PROMOTED, Level.DEMONSTRATE, Level.SHADOW, "for a test"
)


@pytest.mark.parametrize("level", BARS)
def test_a_policy_that_is_not_better_than_the_bar_is_hardly_ever_promoted(level: Level) -> None:
    """Over 200 looks at most ALPHA, and the less the further below; the earlier rule: over 0.15."""
    bar = BARS[level]
    at_bar = drawn(bar, HISTORIES, EPISODES, [0, level])
    hits = [
        int(
            (
                promoted_after(drawn(bar - below, HISTORIES, EPISODES, [0, level]), bar) <= EPISODES
            ).sum()
        )
        for below in (0.0, 0.05, 0.10, 0.15)
    ]
    assert hits == sorted(hits, reverse=True)
    assert chance(hits[0], HISTORIES)["interval95"][1] <= ALPHA
    assert (earlier_rules.promoted_after(at_bar, bar) <= EPISODES).mean() > 0.15


@pytest.mark.parametrize("level", BARS)
def test_nor_does_it_get_there_by_coming_back_again_and_again(level: Level) -> None:
    """All stays at a level together spend ALPHA: 40 stays here, of 25 episodes each."""
    clean = drawn(BARS[level], HISTORIES, 1000, [1, level])
    found = int(promoted_in_any_stay(clean, BARS[level]).sum())
    assert chance(found, HISTORIES)["interval95"][1] <= ALPHA


@pytest.mark.parametrize("test", rate_tests().values(), ids=str)
def test_a_good_policy_loses_its_level_no_more_often_than_promised(test: ShiryaevRoberts) -> None:
    """At the good rate within 100 and 200 episodes."""
    after = demoted_after(drawn(test.good, HISTORIES, EPISODES, [2]), test)
    for n in (100, EPISODES):
        assert chance(int((after <= n).sum()), HISTORIES)["interval95"][1] <= test.false_alarms(n)


@pytest.mark.parametrize("test", rate_tests().values(), ids=str)
def test_a_bad_policy_loses_it_as_soon_as_by_the_earlier_test(test: ShiryaevRoberts) -> None:
    """Within 20 and 40 episodes at least as often, with a margin for chance."""
    bad = drawn(test.bad, HISTORIES, 40, [3])
    after, earlier = demoted_after(bad, test), earlier_rules.demoted_after(bad, test.good, test.bad)
    for n in (20, 40):
        assert (after <= n).mean() >= (earlier <= n).mean() - 0.005


def test_the_simulated_tests_are_those_of_the_ladder() -> None:
    """Promotions as `Standing` says, demotions as `ShiryaevRoberts.judge` says."""
    for rate in (0.5, 0.7, 0.9, 1.0):
        histories = drawn(rate, 6, 60, [4])
        for clean, after in zip(histories, promoted_after(histories, 0.6, stay=2), strict=True):
            sums = clean.cumsum().tolist()
            earned = [Standing(s, n, 0.6, stay=2).earned for n, s in enumerate(sums, 1)]
            assert after == ([*earned, True].index(True) + 1)
        for test in rate_tests().values():
            for clean, after in zip(histories, demoted_after(histories, test), strict=True):
                assert (test.judge(clean.tolist()).rejected_after or 61) == after


@pytest.mark.parametrize("rate", [0.6, 0.9])
def test_the_simulated_climb_is_that_of_the_ladder(rate: float) -> None:
    """Level by level after each episode, with all failures in one stage."""
    clean = drawn(rate, 4, 60, [5])
    climbs, levels = Climbs(4), []
    for episode in range(60):
        climbs.add(clean[:, episode], climbs.level < Level.AUTONOMOUS)
        levels.append(climbs.level.copy())
    for number, history in enumerate(clean.tolist()):
        ladder = Ladder("ShelfPick", "0001", "aa", 9, (START,))
        for episode, success in enumerate(history):
            if ladder.level is not Level.AUTONOMOUS:
                ladder = driven(ladder, success)
            assert ladder.level == levels[episode][number], (number, episode)


def driven(ladder: Ladder, clean: bool) -> Ladder:
    """The ladder after one more episode at its level."""
    evidence = EpisodeEvidence(
        "ShelfPick", "0001", "aa", ladder.level, 0,
        success=clean, clean=clean, stages={"grasp": clean}, last_stage="grasp",
    )  # fmt: skip
    entries: list[Entry] = [*ladder.entries, evidence]
    ladder = replace(ladder, entries=entries)
    while change := ladder.judge():
        ladder = replace(ladder, entries=[*ladder.entries, change])
    return ladder


def test_the_page_shows_the_results() -> None:
    """Its tables are generated from a run at full size, of all sections."""
    found = json.loads(RESULTS.read_text())
    tables = read_tables(found)
    assert found["histories"] == HISTORIES
    assert [table.id for table in tables] == [section.__name__ for section in SECTIONS]
    text = PAGE.read_text()
    assert generated(text, tables) == text
    assert all(f"<!-- evidence: {table.id} -->" in text for table in tables)
    with pytest.raises(UnknownName, match="nowhere"):
        generated("<!-- evidence: nowhere -->\n<!-- end of evidence -->", tables)


def test_a_chance_is_shown_with_its_interval() -> None:
    """Clopper's and Pearson's: no hit in 10,000 is at most 0.0004."""
    assert shown(chance(0, 10_000)) == "0.0000 [0.0000, 0.0004]"
    assert shown(np.float64(0.5).item()) == "0.5"
    assert shown(None) == ""
