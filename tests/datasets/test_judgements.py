import hashlib
import threading
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EventEntry, EventKind
from sidestick.datasets.judgements.judgement import (
    BAD,
    PREDICTION,
    QUALITY,
    REASON,
    STAGE,
    TAG,
    TRIM,
    VERDICT,
    Judgement,
)
from sidestick.datasets.judgements.judgement_state import (
    ResolvedJudgements,
    TrainingSelection,
    resolved,
    resolved_by_episode,
)
from sidestick.datasets.judgements.judgements import Judge, Judgements
from sidestick.datasets.labels import JUDGED_BAD
from sidestick.datasets.step import ActionMode
from sidestick.datasets.windows import Windows
from sidestick.datasets.workspace import Workspace
from sidestick.policies.training.accepted_predictions import with_accepted_predictions
from sidestick.sim_envs.errors import BadValue, PolicyError, UnknownName
from sidestick.teleop.learning.workspace_training import judged_frames
from tests.synthetic import made_up_episode

IDS = tuple(f"20260101T00000{n}-0000000{n}" for n in range(3))
CHUNK = [[0.1] * 7] * 4


def made_up_workspace(folder: Path, successes: tuple[bool, ...] = (True, True, False)) -> Workspace:
    """A workspace with three episodes of twenty steps, the last one a failure."""
    workspace = Workspace.create(folder, WorkspaceConfig("ShelfPick", image_size=16))
    for number, (name, success) in enumerate(zip(IDS, successes, strict=False)):
        episode = made_up_episode(seed=number, success=success, image_size=16, episode_id=name)
        episode.write(workspace.episodes_dir / f"{name}.hdf5")
    return workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return made_up_workspace(tmp_path / "ws")


@pytest.fixture
def ada(workspace: Workspace) -> Judge:
    return Judge(workspace, "ada")


def stands(judge: Judge, episode: str = IDS[0]) -> ResolvedJudgements:
    return resolved(judge.judgements.all(episode))


def test_every_kind_of_judgement_comes_back_as_it_was_said(ada: Judge) -> None:
    """Operator, time, steps and payload are kept; the order is that of arrival."""
    said = [
        ada.say(IDS[0], VERDICT, verdict="failure"),
        ada.say(IDS[0], QUALITY, quality=2),
        ada.say(IDS[0], REASON, reasons=["dropped it"], text="at the rim, twice"),
        ada.say(IDS[0], STAGE, 7, stage="grasp"),
        ada.say(IDS[0], TRIM, 2, 18),
        ada.say(IDS[0], BAD, 5, 9),
        ada.say(IDS[0], TAG, tag="nice light"),
        ada.say(IDS[1], PREDICTION, 3, grade="accept", policy="0001", actions=CHUNK),
    ]
    assert ada.judgements.all() == said
    assert [judgement.id for judgement in said] == list(range(1, 9))
    assert all(judgement.operator == "ada" and judgement.created > 0 for judgement in said)
    assert stands(ada) == ResolvedJudgements(
        success=False, quality=2, reasons=("dropped it",), text="at the rim, twice",
        tags=("nice light",), stages={"grasp": 7}, kept=(2, 18), bad=((5, 9),), operators=("ada",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "start", "stop", "payload"),
    [
        (VERDICT, None, None, {"verdict": "maybe"}),
        (QUALITY, None, None, {"quality": 6}),
        (QUALITY, None, None, {"quality": True}),
        (REASON, None, None, {}),
        (TRIM, 8, 8, {}),
        (BAD, None, 4, {}),
        (STAGE, None, None, {"stage": "grasp"}),
        (TAG, None, None, {"tag": "  "}),
        (PREDICTION, 2, None, {"grade": "accept", "actions": [[0.0] * 6]}),
        (PREDICTION, 2, None, {"grade": "accept", "actions": [[float("nan")] * 7]}),
        ("applause", None, None, {}),
    ],
)
def test_nonsense_is_refused_and_nothing_is_written(
    ada: Judge, kind: str, start: int | None, stop: int | None, payload: dict[str, object]
) -> None:
    """The error names what is allowed; the table is unchanged."""
    with pytest.raises(BadValue):
        ada.say(IDS[0], kind, start, stop, **payload)
    assert ada.judgements.all() == []


def test_an_episode_that_is_gone_cannot_be_judged(workspace: Workspace, ada: Judge) -> None:
    """The message names the existing ones; nothing is written."""
    (workspace.episodes_dir / f"{IDS[1]}.hdf5").unlink()
    with pytest.raises(UnknownName, match=IDS[0]):
        ada.say(IDS[1], VERDICT, verdict="success")
    assert ada.judgements.all() == []


def test_an_undo_takes_back_an_own_judgement_and_only_that(
    workspace: Workspace, ada: Judge
) -> None:
    """The previous judgement counts again; another reviewer's stays."""
    bob = Judge(workspace, "bob")
    ada.say(IDS[0], VERDICT, verdict="success")
    second = ada.say(IDS[0], VERDICT, verdict="failure")
    ada.undo(second)
    assert stands(ada).success is True
    others = bob.say(IDS[0], QUALITY, quality=1)
    with pytest.raises(BadValue, match="bob"):
        ada.undo(others)
    forged = Judgement(IDS[0], "undo", "ada", {"of": others.id})
    ada.judgements.add(forged)
    assert stands(ada).quality == 1


def test_two_people_at_once_are_both_kept(workspace: Workspace) -> None:
    """Each has a connection; none is lost, and `disputed` is set."""

    def grade(name: str, verdict: str) -> None:
        judge = Judge(workspace, name)
        for number in range(25):
            judge.say(IDS[0], TAG, tag=f"{name}{number}")
        judge.say(IDS[0], VERDICT, verdict=verdict)

    threads = [
        threading.Thread(target=grade, args=given)
        for given in (("ada", "success"), ("bob", "failure"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = resolved(Judgements(workspace.db_path).all())
    assert len(found.tags) == 50
    assert found.disputed
    assert set(found.operators) == {"ada", "bob"}


def test_a_person_counts_more_than_the_simulated_reviewer(workspace: Workspace, ada: Judge) -> None:
    """Whichever of the two comes last."""
    ada.say(IDS[0], VERDICT, verdict="failure")
    Judge(workspace, "simulated").say(IDS[0], VERDICT, verdict="success")
    assert stands(ada).success is False


def test_a_database_from_before_judgements_gets_the_table(workspace: Workspace, ada: Judge) -> None:
    """Its content stays readable by both versions."""
    Database(workspace.db_path).add_event(EventEntry(EventKind.LEVEL))
    assert ada.judgements.all() == []
    ada.say(IDS[0], QUALITY, quality=5)
    assert [event.kind for event in Database(workspace.db_path).events()] == ["level"]
    assert list(resolved_by_episode(ada.judgements)) == [IDS[0]]


def test_judging_never_touches_a_recorded_file(workspace: Workspace, ada: Judge) -> None:
    """Its bytes are unchanged."""

    def prints() -> list[str]:
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in workspace.episodes()]

    before = prints()
    ada.say(IDS[0], TRIM, 3, 9)
    ada.say(IDS[2], VERDICT, verdict="success")
    judged_frames(workspace)
    assert prints() == before


def test_a_verdict_decides_what_is_learnt_from_at_once(workspace: Workspace, ada: Judge) -> None:
    """A failure is excluded, a success included; undone, the recorded success counts."""

    def read() -> list[str]:
        return [summary.id for summary in judged_frames(workspace)[0].episodes]

    assert read() == [IDS[0], IDS[1]]
    ada.say(IDS[0], VERDICT, verdict="failure")
    included = ada.say(IDS[2], VERDICT, verdict="success")
    assert read() == [IDS[1], IDS[2]]
    ada.undo(included)
    assert read() == [IDS[1]]
    ada.say(IDS[1], VERDICT, verdict="failure")
    with pytest.raises(PolicyError, match="no successful episode"):
        judged_frames(workspace)


def test_no_window_reads_a_trimmed_or_a_bad_step(workspace: Workspace, ada: Judge) -> None:
    """Neither as its start nor inside its chunk."""
    ada.say(IDS[0], TRIM, 4, 16)
    ada.say(IDS[0], BAD, 8, 10)
    frames, _ = judged_frames(workspace)
    windows = Windows(frames, chunk=6)
    first = windows.starts[windows.starts < 20]
    assert set(first) == {4, 5, 6, 7, 10, 11, 12, 13, 14, 15}
    read = windows.chunk_index[windows.starts < 20][windows.chunk_mask[windows.starts < 20]]
    assert set(read) == set(first)
    assert (frames.labels[[0, 8, 17]] == JUDGED_BAD).all()


def test_graded_predictions_become_examples_and_rejected_ones_weigh_nothing(
    tmp_path: Path,
) -> None:
    """Of a failed episode only graded steps are read; a rejection drops its steps."""
    workspace = made_up_workspace(tmp_path / "ws")
    path = workspace.episodes_dir / f"{IDS[1]}.hdf5"
    rollout = made_up_episode([ActionMode.ROLLOUT] * 20, 1, image_size=16, episode_id=IDS[1])
    path.unlink()
    rollout.write(path)
    judge = Judge(workspace, "ada")
    judge.say(IDS[1], PREDICTION, 5, grade="reject", actions=CHUNK, executed=3)
    judge.say(IDS[2], PREDICTION, 6, grade="correct", actions=[[0.5] * 7] * 4)
    frames, examples = judged_frames(workspace)
    windows = Windows(frames, chunk=4)
    assert set(windows.starts) == set(range(40)) - {25, 26, 27}
    data = with_accepted_predictions(_training_data(frames, windows), frames, examples)
    assert data.rows[-1] == 46
    np.testing.assert_array_equal(data.actions[-1], np.full((4, 7), 0.5, np.float32))
    assert len(data) == 38


def test_the_last_grade_of_a_moment_counts(workspace: Workspace, ada: Judge) -> None:
    """Another reviewer's correction replaces an accepted prediction."""
    ada.say(IDS[0], PREDICTION, 2, grade="accept", actions=CHUNK)
    Judge(workspace, "bob").say(IDS[0], PREDICTION, 2, grade="reject", actions=CHUNK)
    choice = TrainingSelection.of(Judgements(workspace.db_path), workspace.summaries())
    assert choice.examples() == []
    assert len(choice.predictions) == 1


def _training_data(frames, windows):  # type: ignore[no-untyped-def]
    from sidestick.policies.training.window_data import TrainingData

    return TrainingData(
        inputs={"features": frames.observations["ee_pos"]},
        rows=windows.starts,
        actions=frames.actions[windows.chunk_index],
        mask=windows.chunk_mask,
        classes=windows.classes,
        episodes=frames.episode[windows.starts].astype(np.int64),
        episode_ids=tuple(summary.id for summary in frames.episodes),
    )


def test_the_listing_shows_what_people_said(workspace: Workspace, ada: Judge) -> None:
    """Verdict and quality are in its column `grade`."""
    from sidestick.datasets.tables.listing import listing

    ada.say(IDS[1], VERDICT, verdict="failure")
    ada.say(IDS[1], QUALITY, quality=2)
    assert [row.grade for row in listing(workspace).rows] == [None, "failure, 2", None]
