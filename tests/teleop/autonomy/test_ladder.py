"""These tests give ladders made-up evidence: what earns a level, what loses it, what is refused."""

from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestick.datasets.step import Level
from sidestick.policies.gate_record import GateVerdict
from sidestick.policies.statistics.lower_bound import error_of_stay, lower_bound
from sidestick.sim_envs.errors import NotEarned, PolicyError
from sidestick.teleop.autonomy.criteria import ALPHA, CRITERIA, ENOUGH_DEMONSTRATIONS
from sidestick.teleop.autonomy.episode_evidence import EpisodeEvidence
from sidestick.teleop.autonomy.ladder import ChangeReason, Entry, Ladder, LevelChange
from sidestick.teleop.autonomy.ladder_plot import plot_ladder
from tests.ladder_rig import (
    AT_ASSIST,
    EVIDENCE,
    at,
    episodes,
    judged,
    settled,
)


def test_a_level_is_earned_by_the_lower_bound() -> None:
    """14 of 20 are not enough for 0.60, and the error says what is missing."""
    ladder = at(Level.ASSIST, *episodes(7, 3), *episodes(7, 3))
    assert ladder.judge() is None
    more = ladder.standing(Level.ASSIST).clean_needed
    with pytest.raises(NotEarned) as refused:
        ladder.authorise(Level.SUPERVISED)
    words = (
        "supervised needs a lower bound of 0.60 that holds at every look; you have 14 clean of "
        f"20: lower bound 0.33. {more} more clean episodes in a row would do. Earned is assist"
    )
    assert words in str(refused.value)
    assert at(Level.ASSIST, *ladder.entries[1:], *episodes((more or 0) - 1)).judge() is None
    change = at(Level.ASSIST, *ladder.entries[1:], *episodes(more or 0)).judge()
    assert change is not None
    assert (change.why, change.after) == (ChangeReason.PROMOTED, Level.SUPERVISED)
    assert "at assist 33 clean of 39: lower bound 0.60" in change.evidence


def test_a_policy_that_never_fails_climbs_in_51_episodes() -> None:
    """Each bar asks for little more than its least number of clean episodes."""
    ladder = settled(at(Level.SHADOW))
    needed = []
    while ladder.level is not Level.AUTONOMOUS:
        level = ladder.level
        needed.append(ladder.standing(level).clean_needed or 0)
        more = episodes(needed[-1], level=level)
        assert settled(replace(ladder, entries=[*ladder.entries, *more[1:]])).level is level
        ladder = settled(replace(ladder, entries=[*ladder.entries, *more]))
        assert ladder.level == level + 1
    assert needed == [8, 10, 10, 23]


@pytest.mark.parametrize("level", [Level.ASSIST, Level.SUPERVISED, Level.ON_CALL, Level.AUTONOMOUS])
def test_a_spoilt_policy_loses_its_level_within_ten_episodes(level: Level) -> None:
    """This holds however good its past was, at every level that can be lost."""
    for past in range(0, 60, 7):
        entries: list[Entry] = episodes(past, level=level)
        ladder = Ladder("ShelfPick", "0001", "aa", 9, [])
        for failures in range(1, 11):
            start = replace(AT_ASSIST, after=level)
            ladder = Ladder(
                "ShelfPick", "0001", "aa", 9, [start, *entries, *episodes(0, failures, level)]
            )
            change = ladder.judge()
            if change and change.why is ChangeReason.DEMOTED:
                break
        assert change is not None
        assert change.after == level - 1


def test_failing_below_the_earned_level_costs_it_too() -> None:
    """A policy that needs takeovers at supervised loses its higher levels."""
    change = at(Level.AUTONOMOUS, *episodes(0, 8, Level.SUPERVISED)).judge()
    assert change is not None
    assert change.after is Level.ASSIST


def test_what_was_lost_must_be_earned_anew() -> None:
    """Evidence from before a demotion does not count."""
    ladder = settled(at(Level.SUPERVISED, *episodes(30), *episodes(0, 8, Level.SUPERVISED)))
    assert ladder.level is Level.ASSIST
    assert ladder.standing(Level.ASSIST).n == 0


def test_each_return_to_a_level_asks_for_more() -> None:
    """So a policy that is not good enough cannot try its luck again and again."""
    ladder = at(Level.ASSIST)
    needed = []
    for _ in range(4):
        more = ladder.standing(Level.ASSIST).clean_needed or 0
        needed.append(more)
        ladder = settled(replace(ladder, entries=[*ladder.entries, *episodes(more)]))
        assert ladder.level is Level.SUPERVISED
        fall = episodes(0, 5, Level.SUPERVISED)
        ladder = settled(replace(ladder, entries=[*ladder.entries, *fall]))
        assert ladder.level is Level.ASSIST
    assert needed == [10, 13, 14, 15]
    assert sum(error_of_stay(ALPHA, stay) for stay in range(1, 10_000)) < ALPHA
    assert "since it came here for time 5" in ladder.lack()


def test_every_episode_since_the_last_change_counts() -> None:
    """A weak beginning is not forgotten: a policy's weights do not change."""
    weak = at(Level.ASSIST, *episodes(3, 3) * 8)
    assert weak.standing(Level.ASSIST).n == 48
    assert settled(replace(weak, entries=[*weak.entries, *episodes(10)])).level is Level.ASSIST


def test_a_new_policy_begins_where_the_gate_puts_it() -> None:
    """Better: the level of the one before. Not worse: that, but watched. Else: at the bottom."""
    old = settled(at(Level.ON_CALL))
    begins = {
        verdict: settled(replace(old, policy="0002", gate=judged(verdict), demonstrations=0))
        for verdict in GateVerdict
    }
    assert {verdict: ladder.level for verdict, ladder in begins.items()} == {
        GateVerdict.FIRST: Level.DEMONSTRATE,
        GateVerdict.BETTER: Level.ON_CALL,
        GateVerdict.NOT_WORSE: Level.SUPERVISED,
        GateVerdict.WORSE: Level.DEMONSTRATE,
        GateVerdict.UNDECIDED: Level.DEMONSTRATE,
    }
    assert all(ladder.probation for ladder in begins.values())
    change = begins[GateVerdict.NOT_WORSE].entries[-1]
    assert isinstance(change, LevelChange)
    assert change.evidence == (
        "the gate: not worse than 0001, which had on-call; "
        "levels above supervised need evidence of its own"
    )
    low = replace(at(Level.ASSIST), policy="0002", gate=judged(GateVerdict.NOT_WORSE))
    assert settled(low).level is Level.ASSIST
    unknown = replace(old, policy="0003", gate=judged(GateVerdict.BETTER, before="0002"))
    assert settled(replace(unknown, demonstrations=0)).level is Level.DEMONSTRATE


def test_an_inherited_level_ends_probation_by_evidence_of_its_own() -> None:
    """From where it began the policy climbs like every other."""
    new = settled(replace(at(Level.ON_CALL), policy="0002", gate=judged(GateVerdict.NOT_WORSE)))
    shown = [replace(e, policy="0002") for e in episodes(10, level=Level.SUPERVISED)]
    new = settled(replace(new, entries=[*new.entries, *shown]))
    assert (new.level, new.probation) == (Level.ON_CALL, False)
    assert settled(replace(new, policy="0001")).level is Level.ON_CALL


def test_a_new_policy_that_nobody_compared_inherits_nothing() -> None:
    """The highest that it gets without evidence of its own is shadow, by the demonstrations."""
    new = settled(replace(at(Level.AUTONOMOUS), policy="0002"))
    assert new.level is Level.SHADOW
    first = new.entries[-2]
    assert isinstance(first, LevelChange)
    assert first.evidence == "it was not compared with another policy"


def test_the_first_policy_needs_demonstrations() -> None:
    """Without enough of them it stays at demonstrate; with enough it earns shadow."""
    few = settled(Ladder("ShelfPick", "0001", "aa", ENOUGH_DEMONSTRATIONS - 1))
    assert few.level is Level.DEMONSTRATE
    with pytest.raises(NotEarned, match="5 successful demonstrations; there are 4"):
        few.authorise(Level.SHADOW)
    assert settled(Ladder("ShelfPick", "0001", "aa", ENOUGH_DEMONSTRATIONS)).level is Level.SHADOW


def test_without_a_policy_there_is_nothing_to_earn() -> None:
    """The error names the policy, not the evidence."""
    ladder = Ladder("ShelfPick", None, "", 50)
    assert ladder.judge() is None
    assert ladder.authorise(None) == (Level.DEMONSTRATE, None)
    with pytest.raises(PolicyError, match="no policy"):
        ladder.authorise(Level.SUPERVISED, override=True)


def test_the_operator_may_go_down_and_up_only_with_an_override() -> None:
    """An override is a change with its evidence, and earns nothing."""
    ladder = at(Level.SUPERVISED)
    assert ladder.authorise(Level.DEMONSTRATE) == (Level.DEMONSTRATE, None)
    with pytest.raises(NotEarned, match="autonomous comes after on-call, and on-call needs"):
        ladder.authorise(Level.AUTONOMOUS)
    level, change = ladder.authorise(Level.AUTONOMOUS, override=True)
    assert level is Level.AUTONOMOUS
    assert change is not None
    after = replace(ladder, entries=[*ladder.entries, change])
    assert after.level is Level.SUPERVISED


@given(
    st.lists(
        st.tuples(st.sampled_from(Level), st.booleans(), st.sampled_from(["0001", "0002"])),
        max_size=120,
    )
)
def test_every_promotion_reaches_its_bound_and_goes_one_level(
    events: list[tuple[Level, bool, str]],
) -> None:
    """In any order of episodes, no level is skipped and none is given without evidence."""
    entries: list[Entry] = []
    for level, clean, policy in events:
        entries.append(replace(EVIDENCE, level=level, clean=clean, policy=policy))
        ladder = Ladder("ShelfPick", policy, "aa", 9, entries)
        while change := ladder.judge():
            before = ladder.standing(ladder.level)
            bar = CRITERIA[change.after].bar
            if change.why is ChangeReason.PROMOTED:
                assert change.after == change.before + 1
                assert (
                    bar is None or lower_bound(before.clean, before.n, before.alpha) >= bar - 1e-6
                )
            else:
                assert change.after <= change.before
            entries = [*entries, change]
            ladder = replace(ladder, entries=entries)


@given(st.sampled_from(Level), st.booleans())
def test_entries_come_back_from_json_as_they_were(level: Level, clean: bool) -> None:
    """Evidence and changes are stored and read without loss."""
    evidence = replace(EVIDENCE, level=level, clean=clean, stages={"reach": clean})
    assert EpisodeEvidence.from_json(evidence.to_json()) == evidence
    change = replace(AT_ASSIST, after=level)
    assert LevelChange.from_json(change.to_json()) == change


def test_evidence_of_earlier_versions_is_read() -> None:
    """It has no recording and no last stage."""
    payload = {k: v for k, v in EVIDENCE.to_json().items() if k not in ("episode", "last_stage")}
    assert EpisodeEvidence.from_json(payload) == EVIDENCE


def test_a_picture_is_whole_or_the_one_before(tmp_path: Path) -> None:
    """A kill while it is drawn does not leave half of it."""
    target = tmp_path / "ladder.png"
    ladder = at(Level.ASSIST, *episodes(3, 1))
    plot_ladder(ladder, target)
    before = target.read_bytes()
    assert before.startswith(b"\x89PNG")

    def stopped(_: object, into: object, **more: object) -> None:
        written = into.write if hasattr(into, "write") else target.write_bytes
        written(b"half")
        raise KeyboardInterrupt

    with mock.patch("matplotlib.figure.Figure.savefig", stopped), pytest.raises(KeyboardInterrupt):
        plot_ladder(ladder, target)
    assert target.read_bytes() == before
