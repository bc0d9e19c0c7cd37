"""Blind pairs become a ranking of policies, for the report and the desk alike."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.judgements.judgements import Judge, Judgements
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.cli.report import Report
from sidestick.teleop.evaluation.pair_ranking import policy_ranking, preferences, rank_policies
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


def test_planted_strengths_are_found() -> None:
    """C is preferred to B, B to A; the interval of C lies above that of A."""
    strength, chance = {"A": 0.0, "B": 1.0, "C": 2.0}, random.Random(0)
    wins = []
    for _ in range(150):
        one, other = chance.sample(sorted(strength), 2)
        odds = 2.718 ** (strength[one] - strength[other])
        wins.append([(one, other) if chance.random() < odds / (1 + odds) else (other, one)])
    found = rank_policies(wins)
    assert [one.policy for one in found] == ["C", "B", "A"]
    assert found[0].interval95[0] > found[2].interval95[1]
    assert all(low <= one.preferred <= high for one in found for low, high in [one.interval95])
    assert rank_policies([]) == []


def test_a_pair_is_counted_by_policy_whichever_side_it_was_on(workspace: Workspace) -> None:
    prefer(workspace, "Ada", 0, 1, "other")
    prefer(workspace, "Ada", 2, 0, "neither")
    found = said(workspace)
    assert [("0002", "0001")] in found
    assert sorted(len(wins) for wins in found) == [1, 2]


def test_the_last_answer_of_each_judge_counts_and_an_expert_settles(workspace: Workspace) -> None:
    prefer(workspace, "Ada", 0, 1, "this")
    prefer(workspace, "Ada", 1, 0, "this")
    undone = prefer(workspace, "Bo", 0, 1, "this")
    Judge(workspace, "Bo").undo(Judgements(workspace.db_path).all()[undone - 1])
    assert said(workspace) == [[("0002", "0001")]]
    prefer(workspace, "Owner", 0, 1, "this", desk="expert")
    assert said(workspace) == [[("0001", "0002")]]


def said(workspace: Workspace) -> list[list[tuple[str, str]]]:
    policy_of = {s.id: s.header.policy_id or "" for s in workspace.summaries()}
    return preferences(Judgements(workspace.db_path).all(), policy_of)


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
