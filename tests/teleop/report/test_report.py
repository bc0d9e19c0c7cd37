"""The report of made-up data has the right content; run as a script, this file writes one."""

import re
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.database import EffortEntry
from sidestick.policies.base.provenance import ProvenanceKind
from sidestick.teleop.report.episode_media import EpisodeMedia
from sidestick.teleop.report.page import render
from sidestick.teleop.report.records import (
    EpisodeRow,
    EvaluatedSeed,
    PolicyEvaluation,
    PolicyRow,
    WorkspaceSetting,
)
from sidestick.teleop.report.report_data import ReportData

STAGES = ("reach", "grasp", "carry", "place")
ITEMS = ("red can", "blue can", "green box", "yellow box", "white bottle", "orange bottle")
START = 1_790_000_000.0
RATES = (0.54, 0.68, 0.79, 0.86, 0.88, 0.91, 0.93)
ROUNDS = (
    (ProvenanceKind.DEMONSTRATIONS, 0),
    *((k, r) for k in (ProvenanceKind.CORRECTIONS, ProvenanceKind.PRACTICE) for r in (1, 2, 3)),
)


def fake_evaluation(index: int, episodes: int) -> PolicyEvaluation:
    """A policy that solves the same seeds as before and some more."""
    generator = np.random.default_rng(7)
    shuffled = generator.permutation(episodes)
    solved = set(shuffled[: round(RATES[index] * episodes)].tolist())
    stages = generator.choice(STAGES, episodes, p=[0.15, 0.55, 0.2, 0.1])
    outcomes = tuple(
        EvaluatedSeed(50_000 + i, i in solved, 130 if i in solved else 400, str(stages[i]))
        for i in range(episodes)
    )
    return PolicyEvaluation(START + 600 * index + 90, 50_000, episodes, len(solved), outcomes)


def fake_episodes(
    kind: ProvenanceKind, number: int, start: float, takeovers: int
) -> list[EpisodeRow]:
    """Episodes of one round; in corrections with a takeover the human drives a part."""
    generator = np.random.default_rng(int(start) % 997)
    rows = []
    for i in range(number):
        length = int(generator.gamma(20, 7))
        helped = kind is ProvenanceKind.CORRECTIONS and i < takeovers
        human = length if kind is ProvenanceKind.DEMONSTRATIONS else 55 * helped
        name, goal = f"{start + i:.0f}", ITEMS[int(generator.integers(6))]
        success = kind is not ProvenanceKind.PRACTICE or generator.random() < 0.9
        length = max(length, human)
        rows.append(
            EpisodeRow(name, kind, start + i, i, goal, "simulated", bool(success),
                       int(helped), human, length - human)
        )  # fmt: skip
    return rows


def fake_media(name: str, human: range, *, success: bool, steps: int = 40) -> EpisodeMedia:
    """Pictures of a gripper that descends on a can; `human` are the steps of a takeover."""
    front = np.full((steps, 96, 96, 3), (206, 211, 216), np.uint8)
    front[:, 30:33, 10:86] = front[:, 62:65, 10:86] = (139, 105, 72)
    for x, colour in ((16, (200, 40, 40)), (42, (40, 80, 180)), (68, (60, 150, 70))):
        front[:, 48:62, x : x + 9] = colour
    wrist = np.full((steps, 96, 96, 3), (120, 126, 133), np.uint8)
    for step in range(steps):
        y, x = 8 + step * 44 // steps, 20 + step * 28 // steps
        front[step, y : y + 6, x : x + 14] = (40, 44, 52)
        radius = 10 + step * 18 // steps
        wrist[step, 48 - radius : 48 + radius, 48 - radius : 48 + radius] = (200, 40, 40)
        wrist[step, 30:66, 4:12] = wrist[step, 30:66, 84:92] = (40, 44, 52)
    drivers = np.isin(np.arange(steps), list(human)).astype(np.uint8)
    stages = tuple(STAGES[min(4 * step // steps, 3 if success else 1)] for step in range(steps))
    return EpisodeMedia(name, 1012, "put the red can into the tote", success,
                   ("front", "wrist"), (front, wrist), drivers, stages)  # fmt: skip


def fake_data(evaluation_episodes: int = 100, steps: int = 40) -> ReportData:
    """Ten demonstrations, three rounds of corrections, three of practice."""
    policies, efforts, episodes = [], [], []
    for index, (kind, number) in enumerate(ROUNDS):
        start = START + 600 * index
        takeovers = (15, 10, 6)[number - 1] if kind is ProvenanceKind.CORRECTIONS else 0
        count = {
            ProvenanceKind.DEMONSTRATIONS: 10,
            ProvenanceKind.CORRECTIONS: 22,
            ProvenanceKind.PRACTICE: 100,
        }[kind]
        rows = fake_episodes(kind, count, start, takeovers)
        human, policy = sum(r.steps_human for r in rows), sum(r.steps_policy for r in rows)
        watched = policy / 20 if kind is ProvenanceKind.CORRECTIONS else 0.0
        payload = {"steps_human": human, "steps_policy": policy}
        efforts.append(EffortEntry(number, kind, human / 20, watched, takeovers, count, payload,
                              start + count))  # fmt: skip
        evaluation = fake_evaluation(index, evaluation_episodes)
        episodes += rows
        policies.append(PolicyRow(str(index + 1), str(index) if index else None, kind, number,
                                  start + 300, "keypoints", len(episodes), evaluation))  # fmt: skip
    setting = WorkspaceSetting("runs/demo", "ShelfPick", "", "tiny", ("front", "wrist"), 96, 20,
                      STAGES, (("sidestick", "0.1.0"), ("torch", "2.13.0")),
                      START + 4200)  # fmt: skip
    return ReportData(
        setting,
        tuple(policies),
        tuple(efforts),
        tuple(episodes),
        success=fake_media("a", range(0), success=True, steps=steps),
        failure=fake_media("b", range(0), success=False, steps=steps),
        correction=fake_media("c", range(steps // 2, 3 * steps // 4), success=True, steps=steps),
        commands=("sidestick evaluate runs/demo --policy 7 --episodes 100 --first-seed 50000",),
    )


class Page(HTMLParser):
    """A parsed page: its links, its ids, and the pictures without a label."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.unlabelled: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.links += [
            values[k] or "" for k in ("src", "href", "poster", "xlink:href") if k in values
        ]
        self.ids += [values["id"] or ""] if "id" in values else []
        if (tag == "img" and not values.get("alt")) or (
            tag == "svg" and "aria-label" not in values
        ):
            self.unlabelled.append(tag)


@pytest.fixture(scope="module")
def data() -> ReportData:
    return fake_data()


@pytest.fixture(scope="module")
def html(data: ReportData) -> str:
    return render(data)


def test_the_headline_is_the_finding(html: str) -> None:
    """It has both rates with intervals, the seeds and the human's minutes."""
    text = html.replace("\N{NO-BREAK SPACE}", " ")
    assert "<h1>Success without help rose from 54 % to 93 %</h1>" in text
    assert re.search(
        r"54 % \[44–63\] → 93 % \[86–97\] on 100 unseen seeds, "
        r"with [\d.]+ minutes of driving and [\d.]+ of watching "
            r"\([\d.]+ attended, modelled\)\.", text
    )  # fmt: skip


def test_the_page_needs_no_network(html: str) -> None:
    """Every link is a data URI or a place within the page."""
    links = Page(html).links
    assert links
    assert not [link[:60] for link in links if not link.startswith(("data:", "#"))]
    assert not re.search(r"@import|url\((?!#)", html)


def test_ids_are_unique_and_pictures_have_words(html: str) -> None:
    """Inlined figures do not share ids; every picture says what it shows."""
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))
    assert not page.unlabelled


def test_a_page_with_three_videos_stays_small(html: str) -> None:
    """Three clips and all figures fit in an e-mail."""
    assert html.count("data:video/mp4") == 3
    assert len(html) < 3_000_000


def test_the_same_data_gives_the_same_page(data: ReportData, html: str) -> None:
    """The page does not depend on when or where it was made."""
    assert render(data) == html


def test_names_from_files_cannot_become_markup() -> None:
    """An instruction, a goal or an operator from an untrusted file stays text."""
    evil = "<script>alert(1)</script>$x_1$"
    data = fake_data(evaluation_episodes=10)
    episodes = tuple(replace(e, goal=evil, operator=evil) for e in data.episodes[:5])
    short = replace(fake_media("c", range(3, 6), success=True), instruction=evil)
    page = render(replace(data, episodes=episodes, correction=short, success=None, failure=None))
    assert "<script" not in page


def test_seen_seeds_are_not_called_unseen() -> None:
    """One recorded episode on an evaluation's seed is enough to drop the word `unseen`."""
    data = fake_data(evaluation_episodes=10)
    seen = replace(data.episodes[0], seed=50_003)
    page = render(bare(replace(data, episodes=(seen, *data.episodes[1:]))))
    assert "unseen\N{NO-BREAK SPACE}seeds" not in page


def bare(data: ReportData) -> ReportData:
    """The same data without clips, which take long to encode."""
    return replace(data, success=None, failure=None, correction=None)


@pytest.mark.parametrize("missing", ["policies", "efforts", "episodes"])
def test_what_is_missing_is_left_out(missing: str) -> None:
    """A workspace that lacks a part still gives a page."""
    page = render(bare(replace(fake_data(evaluation_episodes=10), **{missing: ()})))
    assert "<h1>" in page
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL).lower()


def test_one_policy_claims_no_change() -> None:
    """With a single evaluation the headline is a rate."""
    data = fake_data(evaluation_episodes=10)
    page = render(bare(replace(data, policies=data.policies[:1])))
    assert "Success without help: 50" in page


def test_chance_is_not_called_progress() -> None:
    """The headline calls a change that is not significant no clear change."""
    data = fake_data(evaluation_episodes=100)
    close = (data.policies[4], data.policies[5])
    assert "no clear change" in render(bare(replace(data, policies=close)))


if __name__ == "__main__":
    began = time.perf_counter()
    Path(sys.argv[1]).write_text(render(fake_data(steps=140)), encoding="utf-8")
    print(f"{sys.argv[1]} in {time.perf_counter() - began:.1f} s")  # noqa: T201
