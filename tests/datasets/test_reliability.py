"""Many judges' answers, weighed by how far each can be trusted."""

import numpy as np
import pytest

from sidestick.datasets.judgements.judgement import DESK, JUDGE, Judgement
from sidestick.datasets.judgements.judgement_state import (
    TrainingSelection,
    last_grades,
    resolved,
    verdict_trust,
)
from sidestick.datasets.judgements.reliability import TRUSTED, dawid_skene

CLASSES = ("success", "failure")
PLANTED = {"careful": 0.96, "good": 0.85, "hasty": 0.7, "guesses": 0.5}


def planted_answers(items: int, seed: int = 0) -> tuple[dict[int, str], dict[int, dict[str, str]]]:
    """What is true, and what judges of planted accuracies answer, each three of four items."""
    rng = np.random.default_rng(seed)
    truth = {item: CLASSES[int(rng.random() < 0.4)] for item in range(items)}
    answers: dict[int, dict[str, str]] = {}
    for item, true in truth.items():
        wrong = CLASSES[1 - CLASSES.index(true)]
        for judge, accuracy in PLANTED.items():
            if rng.random() < 0.75:
                answers.setdefault(item, {})[judge] = true if rng.random() < accuracy else wrong
    return truth, answers


def verdict(judge: str, says: str, episode: str, number: int, desk: bool = True) -> Judgement:
    """A verdict from the desk, or from a window."""
    payload = {"verdict": says, **({DESK: JUDGE} if desk else {})}
    return Judgement(episode, "verdict", judge, payload, id=number)


def test_planted_reliabilities_are_recovered() -> None:
    """And the weighed answers are right more often than those of most."""
    truth, answers = planted_answers(400)
    found = dawid_skene(answers, CLASSES)
    for judge, accuracy in PLANTED.items():
        assert found.accuracy(judge) == pytest.approx(accuracy, abs=0.06), judge
    weighed, most = 0, 0
    for item, given in answers.items():
        shares, votes = found.shares(given), list(given.values())
        weighed += max(shares, key=lambda name: shares[name]) == truth[item]
        most += max(CLASSES, key=votes.count) == truth[item]
    assert weighed > most


def test_known_items_tell_who_errs_where_all_others_agree() -> None:
    """Two who always answer alike cannot be told from right ones without gold."""
    answers = {item: {"a": "success", "b": "success", "c": "failure"} for item in range(20)}
    known = dict.fromkeys(range(10), "failure")
    assert dawid_skene(answers, CLASSES).accuracy("c") < 0.5
    found = dawid_skene(answers, CLASSES, known)
    assert found.shares({"c": "failure", "a": "success"})["failure"] > 0.5


def test_without_answers_everybody_is_believed_alike() -> None:
    assert dawid_skene({}, CLASSES).accuracy("nobody") == pytest.approx(TRUSTED)


def test_the_more_trusted_judge_outweighs_the_last_one() -> None:
    """And an expert outweighs all."""
    _, answers = planted_answers(300)
    events = [
        verdict(judge, says, f"e{item}", 0)
        for item, given in answers.items()
        for judge, says in given.items()
    ]
    trust = verdict_trust(events)
    two = [verdict("careful", "success", "x", 1), verdict("guesses", "failure", "x", 2)]
    found = resolved(two, trust)
    assert (found.success, found.disputed) == (True, True)
    settled = resolved([*two, verdict("Ada", "failure", "x", 3, desk=False)], trust)
    assert (settled.success, settled.disputed) == (False, False)


def test_reviewers_at_the_window_overrule_each_other_as_before() -> None:
    given = [verdict("Ada", "success", "x", 1, False), verdict("Bo", "failure", "x", 2, False)]
    found = resolved(given)
    assert (found.success, found.disputed) == (False, True)


def test_grades_of_several_judges_are_weighed_too() -> None:
    rows = {"actions": [[0.0]], "policy": "0001", DESK: JUDGE}
    given = [
        Judgement("x", "prediction", judge, {**rows, "grade": grade}, start=4, id=number)
        for number, (judge, grade) in enumerate([("a", "accept"), ("b", "accept"), ("c", "reject")])
    ]
    (kept,) = last_grades(given)
    assert kept.payload["grade"] == "accept"
    assert TrainingSelection({}, {}, (kept,)).examples()[0][:2] == ("x", 4)
