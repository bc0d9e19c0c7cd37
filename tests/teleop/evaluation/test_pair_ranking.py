"""Blind pairs become a ranking of policies, for the report and the desk alike."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.judgements.judgement import Judgement
from sidestick.datasets.judgements.judgements import Judge, Judgements
from sidestick.datasets.judgements.preferences import answer_weight, preference_trust
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.cli.report import Report
from sidestick.teleop.evaluation.pair_ranking import (
    RankedPolicy,
    Win,
    Wins,
    policy_ranking,
    preferences,
    rank_policies,
)
from sidestick.teleop.report.collect import collect
from sidestick.teleop.report.page import render
from tests.synthetic import made_up_episode

POLICIES = ("0001", "0002", "0003")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An episode of each policy."""
    made = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick"))
    for number, policy in enumerate(POLICIES):
        name = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode([0] * 8, number, image_size=96, episode_id=name)
        header = replace(episode.summary.header, policy_id=policy)
        episode = replace(episode, summary=replace(episode.summary, header=header))
        episode.write(made.episodes_dir / f"{name}.hdf5")
    return made


def names_of(workspace: Workspace) -> list[str]:
    return [summary.id for summary in workspace.summaries()]


def prefer(workspace: Workspace, judge: str, one: int, other: int, word: str, **more: Any) -> int:
    """A judge's answer to the pair of two policies' episodes; returns its number."""
    names = names_of(workspace)
    more = {"desk": "judge", **more}
    said = Judge(workspace, judge).say(
        names[one], "preference", other=names[other], preferred=word, **more
    )
    return said.id


STRENGTH = {"A": -1.0, "B": -0.4, "C": 0.0, "D": 0.5, "E": 1.1}
RELIABLE = {"Ada": 0.95, "Bo": 0.9, "Cy": 0.5, "Di": 0.5, "Ed": 0.35}
"""How often each judge is right; Cy and Di guess, Ed is mostly wrong."""


def better(one: str, other: str) -> float:
    """How often a policy is better than another, by the planted strengths."""
    return float(1.0 / (1.0 + np.exp(STRENGTH[other] - STRENGTH[one])))


def planted(seed: int, pairs: int = 250) -> tuple[list[Judgement], dict[str, str]]:
    """Answers of judges of planted reliability, and which policy drove which episode.

    One pair in five is answered by two, one in ten by an expert as well: as at the desk.
    """
    chance, said, policy_of = random.Random(seed), [], {}
    for number in range(pairs):
        policies = chance.sample(sorted(STRENGTH), 2)
        one, other = f"e{number}a", f"e{number}b"
        policy_of.update(zip((one, other), policies, strict=True))
        first = chance.random() < better(*policies)
        judges = chance.sample(sorted(RELIABLE), 2 if chance.random() < 0.2 else 1)
        for judge in [*judges, *(["Owner"] if chance.random() < 0.1 else [])]:
            right = chance.random() < RELIABLE.get(judge, 1.0)
            shown = (one, other) if chance.random() < 0.5 else (other, one)
            word = "this" if (first == right) == (shown[0] == one) else "other"
            desk = "judge" if judge in RELIABLE else "expert"
            payload = {"other": shown[1], "preferred": word, "desk": desk}
            said.append(Judgement(shown[0], "preference", judge, payload, id=len(said) + 1))
    return said, policy_of


def unweighed(given: Sequence[Wins]) -> list[Wins]:
    """The same answers, each counted once."""
    return [[win._replace(weight=1.0) for win in wins] for wins in given]


def error(found: Sequence[RankedPolicy]) -> float:
    """Mean distance of what is found from what was planted."""
    mean = np.mean(list(STRENGTH.values()))
    true = {name: 1.0 / (1.0 + np.exp(mean - value)) for name, value in STRENGTH.items()}
    return float(np.mean([abs(one.preferred - true[one.policy]) for one in found]))


def test_weighed_by_their_judges_pairs_rank_nearer_to_the_truth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In nine of ten made-up sets at least, and on average by a fifth of the error."""
    monkeypatch.setattr("sidestick.teleop.evaluation.pair_ranking.DRAWS", 1)
    sets = [preferences(*planted(seed)) for seed in range(10)]
    weighed = np.array([error(rank_policies(given)) for given in sets])
    alike = np.array([error(rank_policies(unweighed(given))) for given in sets])
    assert (weighed < alike).sum() >= 9
    assert weighed.mean() < 0.8 * alike.mean()


def test_a_judge_weighs_as_much_as_they_are_reliable() -> None:
    """An expert's answer weighs 1, that of one who errs more often than not weighs nothing."""
    trust = preference_trust(planted(0, 1000)[0])
    for judge, right in RELIABLE.items():
        expected = max(0.0, 2 * right - 1)
        assert answer_weight(trust, judge) == pytest.approx(expected, abs=0.15), judge


def test_judges_of_whom_nothing_is_known_weigh_alike() -> None:
    """Planted strengths are found as well; the interval of E lies above that of A."""
    chance = random.Random(0)
    wins = []
    for _ in range(150):
        one, other = chance.sample(sorted(STRENGTH), 2)
        ahead = (one, other) if chance.random() < better(one, other) else (other, one)
        wins.append([Win(*ahead, 0.6)])
    found, alike = rank_policies(wins), rank_policies(unweighed(wins))
    assert [one.policy for one in found] == [one.policy for one in alike]
    assert (found[0].policy, found[-1].policy) == ("E", "A")
    assert found[0].interval95[0] > found[-1].interval95[1]
    assert all(low <= one.preferred <= high for one in found for low, high in [one.interval95])
    assert rank_policies([]) == []


def test_a_pair_is_counted_by_policy_whichever_side_it_was_on(workspace: Workspace) -> None:
    prefer(workspace, "Ada", 0, 1, "other")
    prefer(workspace, "Ada", 2, 0, "neither")
    found = said(workspace)
    assert ahead(found[0]) == [("0002", "0001")]
    assert sorted(ahead(found[1])) == [("0001", "0003"), ("0003", "0001")]
    assert found[0][0].weight == pytest.approx(sum(win.weight for win in found[1]))


def test_the_last_answer_of_each_judge_counts_and_an_expert_settles(workspace: Workspace) -> None:
    prefer(workspace, "Ada", 0, 1, "this")
    prefer(workspace, "Ada", 1, 0, "this")
    undone = prefer(workspace, "Bo", 0, 1, "this")
    Judge(workspace, "Bo").undo(Judgements(workspace.db_path).all()[undone - 1])
    assert [ahead(wins) for wins in said(workspace)] == [[("0002", "0001")]]
    prefer(workspace, "Owner", 0, 1, "this", desk="expert")
    assert said(workspace) == [[Win("0001", "0002", 1.0)]]


def said(workspace: Workspace) -> list[Wins]:
    policy_of = {s.id: s.header.policy_id or "" for s in workspace.summaries()}
    return preferences(Judgements(workspace.db_path).all(), policy_of)


def ahead(wins: Wins) -> list[tuple[str, str]]:
    """Who was preferred to whom."""
    return [(win.winner, win.loser) for win in wins]


def test_the_report_shows_the_ranking_where_pairs_were_answered(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "blind pairs" not in render(collect(workspace))
    for judge in ("Ada", "Bo", "Cy"):
        prefer(workspace, judge, 1, 0, "this")
        prefer(workspace, judge, 2, 1, "this" if judge != "Cy" else "neither")
    assert [one.policy for one in policy_ranking(workspace)] == ["0003", "0002", "0001"]
    assert Report(workspace.path, redraw=False, json=True).run() == 0
    ranking = json.loads(capsys.readouterr().out)["ranking"]
    assert [one["policy"] for one in ranking] == ["0003", "0002", "0001"]
    assert all(len(one["interval95"]) == 2 for one in ranking)
    page = (workspace.path / "report.html").read_text()
    assert "Policies by blind pairs" in page
    best = round(ranking[0]["preferred"] * 100)
    assert f"{best}\N{NO-BREAK SPACE}% [" in page
