"""These tests merge workspaces: nothing is renumbered or duplicated, origins are kept."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets import merge as merging
from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EffortEntry, EventEntry, EventKind
from sidestick.datasets.episode import Episode
from sidestick.datasets.finished_jobs import FinishedJobs
from sidestick.datasets.judgements.judgement_state import resolved_by_episode
from sidestick.datasets.judgements.judgements import Judge, Judgements
from sidestick.datasets.merge import merge
from sidestick.datasets.tables.listing import listing
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import WorkspaceError
from sidestick.teleop.cli.merge import Merge
from sidestick.teleop.cli.subcommand import DONE, FOUND
from tests.synthetic import made_up_episode

CONFIG = WorkspaceConfig("ShelfPick", image_size=8)


def made(path: Path, numbers: range, config: WorkspaceConfig = CONFIG) -> Workspace:
    """A workspace with an episode for each number, its effort and a grade."""
    workspace = Workspace.create(path, config)
    database = Database(workspace.db_path)
    for number in numbers:
        stem = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode([-1] * 4, number, image_size=8, episode_id=stem)
        episode.write(workspace.episodes_dir / f"{stem}.hdf5")
        Judge(workspace, "ada").say(stem, "quality", quality=number + 1)
    database.add_effort(EffortEntry(0, "demonstration", 1, 0, 0, len(numbers), {}))
    database.add_event(EventEntry(EventKind.LEVEL, {"after": 3}))
    workspace.rebuild_index()
    return workspace


def test_episodes_keep_files_ids_and_origin(tmp_path: Path) -> None:
    """Byte for byte, by time; grades and effort are copied with their origin."""
    a, b = made(tmp_path / "ä", range(0, 4, 2)), made(tmp_path / "b c", range(1, 4, 2))
    report = merge([a.path, b.path], tmp_path / "into")
    assert (report.episodes, report.already, report.skipped) == (4, 0, ())
    into = Workspace.open(tmp_path / "into")
    assert [path.name[14] for path in into.episodes()] == ["0", "1", "2", "3"]
    for source in (a, b):
        for path in source.episodes():
            assert (into.episodes_dir / path.name).read_bytes() == path.read_bytes()
    rows = listing(into).rows
    assert [row.grade for row in rows] == ["1", "2", "3", "4"]
    assert [Path(row.origin or "").name for row in rows] == ["ä", "b c"] * 2
    efforts = Database(into.db_path).efforts()
    assert [Path(effort.payload["origin"]).name for effort in efforts] == ["ä", "b c"]
    assert Database(into.db_path).events(EventKind.LEVEL) == []
    assert check(into).ok


def test_again_or_over_another_way_nothing_comes_twice(tmp_path: Path) -> None:
    """The same merge, and a merge of merges, recognise existing episodes and their origin."""
    a, b = made(tmp_path / "a", range(2)), made(tmp_path / "b", range(2, 4))
    merge([a.path], tmp_path / "one")
    merge([tmp_path / "one", b.path, a.path], tmp_path / "two")
    again = merge([tmp_path / "one", b.path, a.path], tmp_path / "two")
    assert (again.episodes, again.already) == (0, 6)
    two = Workspace.open(tmp_path / "two")
    assert len(Database(two.db_path).efforts()) == 2
    assert len(Judgements(two.db_path).all()) == 4
    origins = [Path(row.origin or "").name for row in listing(two).rows]
    assert origins == ["a", "a", "b", "b"]


def test_what_people_judged_comes_along_with_what_they_took_back(tmp_path: Path) -> None:
    """Once, under new numbers; not those of an episode that was left out."""
    a, b, c = (made(tmp_path / name, range(n)) for name, n in (("a", 2), ("b", 1), ("c", 2)))
    judge = Judge(a, "ada")
    stems = [path.stem for path in a.episodes()]
    judge.say(stems[0], "verdict", verdict="failure")
    judge.undo(judge.say(stems[0], "verdict", verdict="success"))
    Judge(b, "bob").say(stems[0], "verdict", verdict="success")
    theirs = b.episodes()[0]
    replace(Episode.read(theirs), rewards=Episode.read(theirs).rewards + 1).write(theirs)
    for _ in range(2):
        merge([c.path, a.path, b.path], tmp_path / "into")
    found = Judgements(tmp_path / "into" / "sidestick.db")
    assert resolved_by_episode(found)[stems[0]].success is False
    assert [given.operator for given in found.all()] == ["ada"] * 7


def test_events_of_kinds_that_are_not_known_come_along(tmp_path: Path) -> None:
    """Those of a later version that name an episode are copied unchanged."""
    a = made(tmp_path / "a", range(1))
    about = EventEntry("weather", {"episode": a.episodes()[0].stem, "rain": True})
    Database(a.db_path).copy_event(about)
    merge([a.path], tmp_path / "into")
    (event,) = [e for e in Database(tmp_path / "into/sidestick.db").events() if e.kind == "weather"]
    assert (event.created, event.payload["rain"]) == (about.created, True)


def test_what_does_not_fit_is_refused_before_anything_is_copied(tmp_path: Path) -> None:
    """Another task, a workspace into itself, no workspace, none at all."""
    a = made(tmp_path / "a", range(1))
    other = made(tmp_path / "other", range(1), replace(CONFIG, task="SortClothes"))
    with pytest.raises(WorkspaceError, match="does not fit"):
        merge([a.path, other.path], tmp_path / "into")
    assert not (tmp_path / "into").exists()
    kept = made(tmp_path / "kept", range(1, 2))
    before = sorted(kept.path.rglob("*"))
    with pytest.raises(WorkspaceError, match="does not fit"):
        merge([a.path, other.path], kept.path)
    fewer = made(tmp_path / "fewer", range(1), replace(CONFIG, env_kwargs={"num_items": 3}))
    for sources in ([a.path, fewer.path], [fewer.path, a.path]):  # other scenes, other episodes
        with pytest.raises(WorkspaceError, match="num_items"):
            merge(sources, tmp_path / "into")
    assert sorted(kept.path.rglob("*")) == before
    with pytest.raises(WorkspaceError, match="itself"):
        merge([a.path], a.path)
    with pytest.raises(WorkspaceError, match="no workspace"):
        merge([tmp_path / "nowhere"], tmp_path / "into")
    with pytest.raises(WorkspaceError, match="no workspace"):
        merge([], tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_damage_and_ids_that_clash_are_named_and_left_out(tmp_path: Path) -> None:
    """The target's file is never overwritten."""
    a, b = made(tmp_path / "a", range(3)), made(tmp_path / "b", range(1))
    first, second, _ = a.episodes()
    second.write_bytes(b"rubbish")
    theirs = b.episodes()[0]
    replace(Episode.read(theirs), rewards=Episode.read(theirs).rewards + 1).write(theirs)
    assert Merge(tmp_path / "into", (a.path, b.path)).run() == FOUND
    report = merge([a.path, b.path], tmp_path / "into")
    reasons = {problem.file: problem.reason for problem in report.skipped}
    assert "another episode" in reasons[f"b/{theirs.name}"]
    assert reasons.keys() == {f"a/{second.name}", f"b/{theirs.name}"}
    kept = tmp_path / "into/episodes" / first.name
    assert kept.read_bytes() == first.read_bytes()


def test_a_disk_that_fills_up_leaves_whole_episodes_and_the_rest_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copied episodes are complete; the same command continues."""
    a = made(tmp_path / "a", range(3))
    whole = merging.copy_file
    left = iter([True, False])

    def filling(source: Path, path: Path) -> None:
        if not next(left):
            raise OSError(28, "No space left on device")
        whole(source, path)

    monkeypatch.setattr(merging, "copy_file", filling)
    with pytest.raises(WorkspaceError, match="merge again"):
        merge([a.path], tmp_path / "into")
    assert len(Workspace.open(tmp_path / "into").episodes()) == 1
    monkeypatch.setattr(merging, "copy_file", whole)
    assert Merge(tmp_path / "into", (a.path,), json=True).run() == DONE
    rows = listing(Workspace.open(tmp_path / "into")).rows
    assert [bool(row.origin) for row in rows] == [True] * 3


def test_a_source_is_only_read(tmp_path: Path) -> None:
    """Not a byte changes, also of a database that another tool left without write-ahead file."""
    source = made(tmp_path / "a", range(2))
    Database(source.db_path).add_event(EventEntry(EventKind.GATE, {"policy": "0001"}))
    with closing(sqlite3.connect(source.db_path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("DROP TABLE evaluations")
    before = {path: path.read_bytes() for path in source.path.rglob("*") if path.is_file()}
    merge([source.path], tmp_path / "all")
    after = {path: path.read_bytes() for path in source.path.rglob("*") if path.is_file()}
    assert after == before


def test_evidence_for_another_workspaces_policy_sleeps(tmp_path: Path) -> None:
    """A policy's number is given anew here: its evidence comes along by the weights' name."""
    source = made(tmp_path / "a", range(2))
    payload = {"episode": "x", "policy": "0001", "fingerprint": "abcd", "task": "ShelfPick"}
    for kind in (EventKind.ON_TRIAL, EventKind.TRIAL):
        Database(source.db_path).add_event(EventEntry(kind, payload))
    merge([source.path], tmp_path / "b")
    merge([tmp_path / "b"], tmp_path / "c")
    events = Database(tmp_path / "c/sidestick.db").events(EventKind.TRIAL)
    assert [event.payload["policy"] for event in events] == ["0001@abcd"]


def test_what_check_calls_damaged_is_left_out(tmp_path: Path) -> None:
    """An action that is not a number, and an episode of another task or picture size."""
    source = made(tmp_path / "a", range(2))
    whole = Episode.read(source.episodes()[0])
    bad = whole.actions.copy()
    bad[1] = np.nan
    header = replace(whole.summary.header, task="SortClothes")
    strangers = {
        "20250102T000000-00000001": replace(whole, actions=bad),
        "20250102T000000-00000002": replace(whole, summary=replace(whole.summary, header=header)),
        "20250102T000000-00000003": made_up_episode(image_size=16),
    }
    for name, episode in strangers.items():
        summary = replace(episode.summary, id=name)
        replace(episode, summary=summary).write(source.episodes_dir / f"{name}.hdf5")
    report = merge([source.path], tmp_path / "all")
    assert len(report.skipped) == 3
    for problem, word in zip(report.skipped, ("not finite", "task", "pictures"), strict=True):
        assert word in problem.reason
    assert [problem.reason for problem in check(source).damaged if "episodes/" in problem.file] == [
        problem.reason for problem in report.skipped
    ]


def test_a_merge_that_is_killed_leaves_no_episode_that_seems_recorded_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each came from is noted before it is copied; done again, nothing is noted twice."""
    a = made(tmp_path / "a", range(2))
    monkeypatch.setattr("sidestick.datasets.merge.shutil.copystat", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        merge([a.path], tmp_path / "into")
    monkeypatch.undo()
    into = Workspace.open(tmp_path / "into")
    assert [row.origin for row in listing(into).rows] == [str(a.path)]
    merge([a.path], into.path)
    assert [row.origin for row in listing(into).rows] == [str(a.path)] * 2
    assert len(Database(into.db_path).events(EventKind.MERGE)) == 2


def test_an_episode_that_was_recorded_here_gets_no_origin_by_coming_back(tmp_path: Path) -> None:
    """From a workspace that was merged from this one."""
    a = made(tmp_path / "a", range(2))
    merge([a.path], tmp_path / "all")
    assert merge([tmp_path / "all"], a.path).already == 2
    assert [row.origin for row in listing(a).rows] == [None, None]


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_outcomes_of_evaluations_come_along_once(tmp_path: Path) -> None:
    """By what they depend on; the target's own result of a seed stays, half a line is left."""
    a, b = made(tmp_path / "a", range(1)), made(tmp_path / "b", range(1, 2))
    kinds = {"policy": "x"}, {"policy": "y"}
    for workspace, seeds in ((a, (1, 2)), (b, (2, 3))):
        for kind in kinds:
            for seed in seeds:
                FinishedJobs(workspace.outcomes_dir, kind).add(seed, {"of": workspace.path.name})
    (cut, _) = sorted(b.outcomes_dir.iterdir())
    with cut.open("a") as file:
        file.write('{"seed": 4, "res')
    assert merge([a.path, b.path], tmp_path / "into").outcomes == 6
    assert merge([b.path], tmp_path / "into").outcomes == 0
    into = Workspace.open(tmp_path / "into")
    for kind in kinds:
        found = FinishedJobs(into.outcomes_dir, kind).results()
        assert {seed: result["of"] for seed, result in found.items()} == {1: "a", 2: "a", 3: "b"}
