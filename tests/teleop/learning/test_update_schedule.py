"""`next_update` decides what is learnt next, and `held_out` what is kept for the gate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestick.teleop.learning.update_schedule import (
    EpisodeInfo,
    UpdateKind,
    UpdateRules,
    comparable,
    held_out,
    next_update,
)

RULES = UpdateRules()


def episodes_info(count: int, human_steps: int = 0, first: int = 0) -> list[EpisodeInfo]:
    return [EpisodeInfo(f"e{number:04d}", human_steps) for number in range(first, first + count)]


def names(given: list[EpisodeInfo]) -> list[str]:
    return [info.id for info in given]


def test_the_first_policy_waits_for_enough_demonstrations() -> None:
    """From five on it is a refit, with no parent."""
    assert next_update(episodes_info(4, 100), (), (), None, RULES) is None
    due = next_update(episodes_info(5, 100), (), (), None, RULES)
    assert due is not None
    assert (due.kind, due.parent, len(due.fresh)) == (UpdateKind.REFIT, None, 5)


@pytest.mark.parametrize(
    ("human_steps", "nudges", "expected"),
    [(60, True, UpdateKind.NUDGE), (49, True, None), (60, False, None)],
)
def test_corrections_make_finetuning_due(
    human_steps: int, nudges: bool, expected: UpdateKind | None
) -> None:
    """Fifty human steps in an episode that nothing was learnt from yet."""
    known = names(episodes_info(6))
    due = next_update(
        [*episodes_info(6), *episodes_info(1, human_steps, 6)], known, known, "0001", RULES, nudges
    )
    assert (due and due.kind) == expected
    if due:
        assert due.fresh == ("e0006",)
        assert len(due.episodes) == 7


def test_ten_new_episodes_make_a_refit_due_though_all_were_finetuned_on_before() -> None:
    """Ten since the last refit; but never twice on the same episodes."""
    given, based = episodes_info(16, 80), names(episodes_info(6))
    due = next_update(given, names(episodes_info(15)), based, "0001", RULES)
    assert due is not None
    assert (due.kind, due.fresh) == (UpdateKind.REFIT, ("e0015",))
    assert next_update(given, names(given), based, "0001", RULES) is None


def test_autonomous_episodes_make_no_update_due_where_they_are_not_trained_on() -> None:
    """Six episodes of the policy alone make no refit due; five with human steps do."""
    rules, corrected = UpdateRules(refit=5), episodes_info(5, 20, 50)
    given, known = [*episodes_info(6, 80), *episodes_info(6, 0, 6)], names(episodes_info(6))
    assert next_update(given, known, known, "0001", rules, alone=False) is None
    assert next_update(given, known, known, "0001", rules) is not None
    due = next_update([*given, *corrected], known, known, "0001", rules, alone=False)
    assert due is not None
    assert (due.kind, due.fresh) == (UpdateKind.REFIT, tuple(names(corrected)))
    assert set(due.episodes) == {*known, *names(corrected)}


def test_nothing_that_is_held_out_is_ever_trained_on() -> None:
    """About a tenth, from twenty episodes on."""
    given = episodes_info(300, 100)
    held = held_out(names(given))
    assert 15 <= len(held) <= 45
    due = next_update(given, (), (), "0001", RULES)
    assert due is not None
    assert not held & {*due.episodes, *due.fresh}
    assert len(due.episodes) == 300 - len(held)
    assert not held_out(names(episodes_info(19)))


@given(st.integers(20, 200), st.integers(0, 100))
def test_an_episode_stays_held_out_whatever_comes_after_it(count: int, more: int) -> None:
    """It is drawn by its name alone."""
    before = held_out(names(episodes_info(count)))
    after = held_out(names(episodes_info(count + more)))
    assert before == after & set(names(episodes_info(count)))


def test_only_episodes_that_both_or_neither_were_trained_on_are_compared() -> None:
    """A policy's own training episodes would flatter it."""
    assert comparable("abcd", candidate="ab", present="bc") == ["b", "d"]
