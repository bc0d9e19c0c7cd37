"""Verbs that are killed lose nothing finished; `benchmarks.kills` counts it for all of them."""

import json
import random
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.kill_facts import Facts, doubled, lost, read_facts
from benchmarks.kill_table import tabulated
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EffortEntry, EventEntry, EventKind
from sidestick.datasets.workspace import Workspace
from tests.synthetic import made_up_episode

QUICK = ("drive", "check --repair", "merge", "import robomimic", "export lerobot", "ladder")
"""Verbs whose kills cost a second."""


@pytest.fixture
def shelf(tmp_path: Path) -> Workspace:
    """Two short episodes, and what a session and a gate leave in the database."""
    made = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=16))
    for number in range(2):
        name = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode([-1] * 4, number, True, 16, episode_id=name)
        episode.write(made.episodes_dir / f"{name}.hdf5")
    database = Database(made.db_path)
    database.add_event(EventEntry(EventKind.TRIAL, {"episode": "a"}))
    database.add_effort(EffortEntry(0, "demonstrations", 1.0, 0.0, 0, 1, {"counted": ["a"]}))
    return made


def test_what_is_gone_or_changed_is_found(shelf: Workspace) -> None:
    """An episode, a row, a policy's weights, a journal; a row more is no loss."""
    before = read_facts(shelf.path)
    assert len(before.episodes) == 2
    Database(shelf.db_path).add_event(EventEntry(EventKind.TRIAL, {"episode": "b"}))
    assert lost(before, read_facts(shelf.path)) == []
    first, second = shelf.episodes()
    first.unlink()
    second.write_bytes(second.read_bytes() + b"x")
    found = lost(before, read_facts(shelf.path))
    assert found == [f"episode {first.stem}: gone", f"episode {second.stem}: changed"]
    bare = Facts(policies={"0001": "a"}, journals={"j": 3}, rows={"events": ({"id": 1},)})
    assert len(lost(bare, Facts())) == 3
    assert "journal j" in lost(bare, replace(bare, journals={}, episodes={"k": ""}))[0]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [("trial", {"episode": "a"}), ("gate", {"token": "t"}), ("merge", {"episodes": ["m"]})],
)
def test_what_is_there_twice_is_found(
    shelf: Workspace, kind: str, payload: Mapping[str, Any]
) -> None:
    """A trial, a ruling, an episode that was taken twice, effort that is counted twice."""
    database = Database(shelf.db_path)
    assert doubled(read_facts(shelf.path)) == []
    for _ in range(2):
        database.add_event(EventEntry(kind, payload))
    (found,) = doubled(read_facts(shelf.path))
    assert found.startswith(kind)
    database.add_effort(database.efforts()[0])
    assert "effort a: 2 times" in doubled(read_facts(shelf.path))


def test_the_table_counts_kills_with_a_fault() -> None:
    """By verb and in all, with an upper bound that is not 0 where nothing was found."""
    rows = [{"verb": verb, "lost": found} for verb, found in (("a", []), ("b", ["x"]), ("b", []))]
    lines = {line["verb"]: line for line in tabulated(rows, ("lost",))}
    assert [lines[name]["lost"] for name in ("a", "b", "all")] == ["0", "1", "1"]
    assert lines["all"]["kills"] == "3"
    assert lines["a"]["any, at most (95 %)"] != "0.0 %"


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_verbs_lose_nothing(tmp_path: Path) -> None:
    """A chain of kills for each of the quick verbs, from workspaces made for it."""
    from benchmarks.kill_bases import make_bases
    from benchmarks.kills import FAULTS, duration, kills_of

    make_bases(tmp_path / "bases")
    chance = random.Random()
    for name in QUICK:
        seconds = duration(name, tmp_path / "bases")
        rows: list[dict[str, Any]] = []
        while not rows:  # a moment after the end is no kill
            rows = kills_of(name, tmp_path / "bases", seconds, chance).rows
        faults = [{name: row[name] for name in FAULTS if row[name]} for row in rows]
        assert not any(faults), f"{name}: {json.dumps(faults)[:3000]}"
    shutil.rmtree(tmp_path / "bases")
