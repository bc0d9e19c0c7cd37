"""These tests count sessions that made no entry from what they left on the disk, once."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EffortEntry, EventEntry, EventKind
from sidestick.datasets.effort_counts import EffortCounts
from sidestick.datasets.effort_ledger import (
    COUNTED,
    EpisodeBegun,
    effort_entries,
    note_begun,
    recover_effort,
)
from sidestick.datasets.merge import merge
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.step import ActionMode, Level
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.report.ledger import read_ledger
from tests.synthetic import made_up_header, made_up_observation, made_up_steps

LEVELS = {"supervised": Level.SUPERVISED, "on-call": Level.ON_CALL}
HUMAN, POLICY = ActionMode.INTERVENTION, ActionMode.ROLLOUT
FINAL = made_up_observation(np.random.default_rng(0), 8), np.zeros(112)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=8))


def record(
    workspace: Workspace,
    name: str,
    human: int,
    policy: int,
    end: str = "finish",
    run: str = "a1",
    kind: str = "supervised",
) -> str:
    """Begin an episode and drive it, without an entry for it."""
    begun = EpisodeBegun(name, run, kind, 2, "0003")
    note_begun(Database(workspace.db_path), begun)
    with Recorder(workspace) as recorder:
        recorder.start(made_up_header(level=LEVELS[kind]), name)
        for step in made_up_steps([POLICY] * policy + [HUMAN] * human, image_size=8):
            recorder.append(step)
        if end == "finish":
            recorder.finish(*FINAL, True)
        elif end == "discard":
            recorder.discard()
    return name


def seconds(entries: list[EffortEntry]) -> list[tuple[float, float]]:
    return [(entry.driven_s, entry.watched_s) for entry in entries]


def test_what_no_session_entered_is_counted_from_the_files(workspace: Workspace) -> None:
    """Finished, broken off and discarded episodes of a session are one entry, of its round."""
    record(workspace, "a1", 20, 40)
    record(workspace, "a2", 10, 0, "break off")
    record(workspace, "a3", 30, 10, "discard")
    record(workspace, "b1", 0, 60, run="b1")
    first, second = effort_entries(workspace)
    assert seconds([first, second]) == [(3.0, 2.5), (0.0, 3.0)]
    assert (first.kind, first.round, first.payload["policy"]) == ("supervised", 2, "0003")
    assert (first.episodes, first.payload["successes"], first.takeovers) == (2, 1, 3)
    assert (first.payload["begun"], first.payload["verdicts"]) == (3, 2)
    assert first.payload[COUNTED] == ["a1", "a2", "a3"]
    total = read_ledger(workspace).total
    assert (total.driven_s, total.watched_s) == (3.0, 5.5)
    assert Database(workspace.db_path).efforts() == []  # reading writes nothing


def test_a_killed_session_has_an_entry_for_each_level(workspace: Workspace) -> None:
    """Also one whose version had one entry for several; its seconds are not those of its last."""
    record(workspace, "a1", 20, 40)
    record(workspace, "a2", 10, 40, kind="on-call")
    record(workspace, "a3", 0, 20)
    found = recover_effort(workspace)
    assert [(e.kind, *e.payload[COUNTED]) for e in found] == [
        ("supervised", "a1"),
        ("on-call", "a2"),
        ("supervised", "a3"),
    ]
    assert seconds(found) == [(1.0, 2.0), (0.5, 0.0), (0.0, 1.0)]
    assert effort_entries(workspace) == found


def test_the_next_session_writes_it_down_once(workspace: Workspace) -> None:
    """It stays in the ledger when the files go, with the time at which it ended."""
    record(workspace, "a1", 20, 40)
    record(workspace, "a2", 30, 10, "discard")
    before = effort_entries(workspace)
    assert recover_effort(workspace) == before
    assert recover_effort(workspace) == []
    assert effort_entries(workspace) == before == Database(workspace.db_path).efforts()
    for path in (*workspace.episodes_dir.iterdir(), *workspace.trash_dir.iterdir()):
        path.unlink()
    assert effort_entries(workspace) == before


def test_a_journal_counts_before_and_after_it_is_recovered(workspace: Workspace) -> None:
    """A kill leaves it; the ledger is right before anybody opens the workspace for writing."""
    note_begun(Database(workspace.db_path), EpisodeBegun("a1", "a1", "supervised", 0, None))
    recorder = Recorder(workspace)
    recorder.start(made_up_header(level=Level.SUPERVISED), "a1")
    for step in made_up_steps([POLICY] * 6 + [HUMAN] * 14, image_size=8):
        recorder.append(step)
    assert effort_entries(workspace) == []  # it is being driven, and another process may end it
    assert recorder._running is not None
    recorder._running.journal.close()
    before = effort_entries(workspace)
    assert seconds(before) == [(0.7, 0.3)]
    workspace.recover()
    assert seconds(effort_entries(workspace)) == seconds(before)
    recorder._running = None
    recorder.close()


def test_what_an_entry_names_is_not_counted_again(workspace: Workspace) -> None:
    """Nor are episodes of earlier versions, which have entries without names and no beginning."""
    database = Database(workspace.db_path)
    record(workspace, "a1", 20, 40)
    with Recorder(workspace) as recorder:
        recorder.start(made_up_header(), "of-an-earlier-version")
        for step in made_up_steps([HUMAN] * 20, image_size=8):
            recorder.append(step)
        recorder.finish(*FINAL, True)
    database.add_effort(EffortEntry(0, "demonstrations", 1.0, 0.0, 0, 1))
    counts = EffortCounts(driven=20, watched=40, episodes=1)
    database.add_effort(counts.entry("supervised", 2, "0003", counted=["a1"]))
    assert seconds(effort_entries(workspace)) == [(1.0, 0.0), (1.0, 2.0)]


def test_episodes_that_left_nothing_cost_nothing(workspace: Workspace) -> None:
    """Killed before the first step, or the file cannot be read: the others count."""
    note_begun(Database(workspace.db_path), EpisodeBegun("a0", "a0", "supervised", 0, None))
    record(workspace, "a1", 20, 0)
    record(workspace, "a2", 20, 0)
    (workspace.episodes_dir / "a2.hdf5").write_bytes(b"rubbish")
    assert seconds(effort_entries(workspace)) == [(1.0, 0.0)]
    (workspace.episodes_dir / "a2.hdf5").unlink()
    workspace.rebuild_index()
    report = check(workspace)
    assert report.ok, report.damaged


def test_a_workspace_that_cannot_be_written_to_is_read_all_the_same(workspace: Workspace) -> None:
    """As from an archive; the superuser may write everywhere."""
    record(workspace, "a1", 20, 40)
    folders = [workspace.path, workspace.episodes_dir, workspace.journal_dir]
    for folder in folders:
        folder.chmod(0o500)
    try:
        assert seconds(effort_entries(workspace)) == [(1.0, 2.0)]
    finally:
        for folder in folders:
            folder.chmod(0o700)
    assert os.access(workspace.path, os.W_OK)


def test_a_merge_brings_it_once(workspace: Workspace, tmp_path: Path) -> None:
    """Discarded minutes too; the entry that the source makes later replaces the files' count."""
    record(workspace, "a1", 20, 40)
    record(workspace, "a2", 30, 10, "discard")
    other = Workspace.create(tmp_path / "other", workspace.config)
    record(other, "b1", 0, 60, run="b1")
    into = tmp_path / "into"
    for _ in range(2):
        merge([workspace.path, other.path], into)
        assert sorted(seconds(effort_entries(Workspace.open(into)))) == [(0.0, 3.0), (2.5, 2.5)]
    assert recover_effort(Workspace.open(into)) == []  # it is for the sources to enter
    recover_effort(workspace)
    record(workspace, "c1", 10, 0, run="c1")
    for _ in range(2):
        merge([workspace.path, other.path], into)
        found = sorted(seconds(effort_entries(Workspace.open(into))))
        assert found == [(0.0, 3.0), (0.5, 0.0), (2.5, 2.5)]
    assert check(Workspace.open(into)).ok


def test_events_of_a_later_version_are_understood(workspace: Workspace) -> None:
    """Keys that are not known are passed over."""
    record(workspace, "a1", 20, 40)
    (event,) = Database(workspace.db_path).events(EventKind.DRIVING)
    later = replace(event, payload={**event.payload, "episode": "a9", "mood": "good"})
    Database(workspace.db_path).copy_event(EventEntry(later.kind, later.payload))
    assert seconds(effort_entries(workspace)) == [(1.0, 2.0)]
