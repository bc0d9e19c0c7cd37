import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.step import Step
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import BadValue, RecordingError, WorkspaceError
from tests.synthetic import made_up_header, made_up_observation, made_up_steps

SIZE = 16
STEPS = made_up_steps([-1] * 5 + [0] * 20 + [1] * 5, image_size=SIZE)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "shelf", WorkspaceConfig("ShelfPick", image_size=SIZE))


@pytest.fixture
def recorder(workspace: Workspace) -> Iterator[Recorder]:
    with Recorder(workspace) as made:
        yield made


def record(recorder: Recorder, steps: list[Step] = STEPS, success: bool = True) -> Path:
    """Record one episode and wait for its file."""
    recorder.start(made_up_header())
    for step in steps:
        recorder.append(step)
    seen = made_up_observation(np.random.default_rng(9), SIZE)
    return recorder.finish(seen, steps[0].state, success).result()


def test_what_was_recorded_is_read_back(recorder: Recorder) -> None:
    """Every column, the end and the header arrive in the file as they were recorded."""
    episode = Episode.read(record(recorder))
    assert len(episode) == len(STEPS)
    for number, step in enumerate(STEPS):
        seen = episode.observation(number)
        for name, value in step.observation.items():
            np.testing.assert_array_equal(seen[name], value)
        np.testing.assert_array_equal(episode.states[number], step.state)
        np.testing.assert_array_equal(episode.actions[number], step.action)
    assert episode.intv_labels.tolist() == [-1] * 5 + [0] * 5 + [-10] * 15 + [1] * 5
    assert episode.dones.tolist() == [0] * 29 + [1]
    assert np.isnan(episode.policy_actions[:5]).all()
    assert np.isnan(episode.human_actions[5:25]).all()
    assert episode.final_state is not None
    np.testing.assert_array_equal(episode.final_state, STEPS[0].state)
    summary = episode.summary
    assert (summary.success, summary.complete) == (True, True)
    assert (summary.steps, summary.human_steps, summary.takeovers) == (30, 10, 1)
    assert summary.header.stages == made_up_header().stages
    assert summary.header.env_args["env_name"] == "sidestick.sim_envs:sidestick/ShelfPick-v0"


def test_several_episodes_convert_while_the_next_is_recorded(
    recorder: Recorder, workspace: Workspace
) -> None:
    """Finishing does not wait; waiting returns the files in order; the journal is empty after."""
    for _ in range(3):
        recorder.start(made_up_header())
        for step in STEPS:
            recorder.append(step)
        recorder.finish(None, None, success=False)
    assert recorder.wait() == workspace.episodes()
    assert len(workspace.episodes()) == 3
    assert list(workspace.journal_dir.glob("*.journal")) == []
    assert recorder.wait() == []


def test_episodes_are_named_by_time_and_sort_by_it(recorder: Recorder) -> None:
    """The name is UTC to the second and eight hexadecimal digits, in order within a second too."""
    paths = [record(recorder, STEPS[:1]) for _ in range(5)]
    assert paths == sorted(paths)
    assert len(paths[0].stem) == len("20250101T120000-0123abcd")


def test_a_second_recorder_is_refused_until_the_first_is_closed(workspace: Workspace) -> None:
    """Two sessions on one workspace: the second one's error names the first."""
    with Recorder(workspace), pytest.raises(WorkspaceError, match=f"process {os.getpid()}"):
        Recorder(workspace)
    Recorder(workspace).close()


def test_workers_of_one_session_record_side_by_side(
    recorder: Recorder, workspace: Workspace
) -> None:
    """Without the session's lock a second recorder has its own journals."""
    with Recorder(workspace, lock=False) as worker:
        recorder.start(made_up_header())
        worker.start(made_up_header())
        recorder.append(STEPS[0])
        worker.append(STEPS[1])
        assert workspace.recover() == []
        worker.finish(None, None, success=True)
        recorder.finish(None, None, success=True)
        assert len(worker.wait() + recorder.wait()) == 2


def test_a_discarded_episode_goes_to_the_trash(recorder: Recorder, workspace: Workspace) -> None:
    """It is not listed any more; moving its file back restores it."""
    recorder.start(made_up_header())
    recorder.append(STEPS[0])
    recorder.discard()
    recorder.discard()
    assert recorder.wait() == []
    recorder.close()
    assert workspace.episodes() == []
    (path,) = workspace.trash_dir.iterdir()
    assert len(Episode.read(path)) == 1
    path.rename(workspace.episodes_dir / path.name)
    assert len(workspace.episodes()) == 1


def test_steps_cut_off_by_a_rewind_are_kept_aside(recorder: Recorder) -> None:
    """The main line continues at the rewound step; each branch keeps its first step."""
    recorder.start(made_up_header())
    for step in STEPS[:10]:
        recorder.append(step)
    recorder.cut(4)
    assert recorder.steps == 6
    for step in STEPS[20:23]:
        recorder.append(step)
    recorder.cut(1)
    episode = Episode.read(recorder.finish(None, None, success=True).result())
    main = [*STEPS[:6], *STEPS[20:22]]
    np.testing.assert_array_equal(episode.states, [step.state for step in main])
    assert [branch.start for branch in episode.abandoned] == [6, 8]
    for branch, cut in zip(episode.abandoned, (STEPS[6:10], STEPS[22:23]), strict=True):
        np.testing.assert_array_equal(branch.columns["states"], [step.state for step in cut])
        assert branch.columns["obs/front_image"].shape == (len(cut), SIZE, SIZE, 3)


def test_more_steps_than_there_are_cannot_be_cut(recorder: Recorder) -> None:
    """A rewind before the start is refused with the possible range."""
    recorder.start(made_up_header())
    recorder.append(STEPS[0])
    with pytest.raises(BadValue, match="expected 1 to 1, got 2"):
        recorder.cut(2)


def test_an_episode_without_a_step_is_not_kept(recorder: Recorder, workspace: Workspace) -> None:
    """Saving nothing raises an error and leaves nothing."""
    recorder.start(made_up_header())
    future = recorder.finish(None, None, success=True)
    with pytest.raises(RecordingError, match="without a step"):
        future.result()
    assert recorder.wait() == []
    assert workspace.episodes() == []
    assert list(workspace.journal_dir.glob("*.journal")) == []


def test_a_recorder_that_is_closed_keeps_the_running_episode(workspace: Workspace) -> None:
    """The running episode is kept, marked as not complete."""
    with Recorder(workspace) as recorder:
        recorder.start(made_up_header())
        recorder.append(STEPS[0])
    (summary,) = workspace.summaries()
    assert (summary.steps, summary.complete) == (1, False)


def test_calls_out_of_order_say_what_to_do(recorder: Recorder) -> None:
    """Steps without an episode, or an episode within one, are refused."""
    for call in (lambda: recorder.append(STEPS[0]), lambda: recorder.finish(None, None, True)):
        with pytest.raises(RecordingError, match="start one first"):
            call()
    recorder.start(made_up_header())
    with pytest.raises(RecordingError, match="finish or discard"):
        recorder.start(made_up_header())


def test_a_bad_step_is_refused_and_the_episode_goes_on(recorder: Recorder) -> None:
    """A step that does not fit is not recorded; the next one is."""
    bad = {name: getattr(STEPS[0], name) for name in Step.__slots__}
    bad["action"] = np.full(7, np.nan, np.float32)
    recorder.start(made_up_header())
    for _ in range(2):
        with pytest.raises(BadValue, match="action: expected finite"):
            recorder.append(Step(**bad))
        recorder.append(STEPS[0])
    assert len(Episode.read(recorder.finish(None, None, success=True).result())) == 2


def test_other_tasks_and_other_cameras_are_refused(recorder: Recorder) -> None:
    """A workspace holds one task and one size of image."""
    with pytest.raises(BadValue, match="task: expected 'ShelfPick'"):
        recorder.start(made_up_header(task="SortClothes"))
    recorder.start(made_up_header())
    with pytest.raises(BadValue, match="observation: expected the workspace's cameras"):
        recorder.append(made_up_steps([0], image_size=SIZE + 1)[0])


def test_a_disk_that_fills_up_keeps_the_episode_so_far(
    recorder: Recorder, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps until the disk is full are kept; once there is space they become the episode."""

    def full_disk(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    recorder.start(made_up_header())
    recorder.append(STEPS[0])
    monkeypatch.setattr(os, "pwrite", full_disk)
    with pytest.raises(RecordingError, match="everything recorded so far is kept"):
        recorder.append(STEPS[1])
    monkeypatch.setattr("sidestick.datasets.files.durable.os.fsync", full_disk)
    recorder.finish(None, None, success=True)
    with pytest.raises(RecordingError, match="the journal is kept"):
        recorder.wait()
    monkeypatch.undo()
    assert workspace.episodes() == []
    (path,) = workspace.recover()
    assert len(Episode.read(path)) == 1


def test_a_killed_recording_is_recovered_whole(workspace: Workspace) -> None:
    """After kill -9 every appended step is recovered, finished episodes unchanged."""
    script = """
import os, sys
from sidestick.datasets.recorder import Recorder
from tests.synthetic import made_up_header, made_up_steps
from sidestick.datasets.workspace import Workspace
recorder = Recorder(Workspace.open(sys.argv[1]))
for last in (False, True):
    recorder.start(made_up_header())
    for step in made_up_steps([0] * 7, image_size=16):
        recorder.append(step)
    if not last:
        recorder.finish(None, None, success=True).result()
os.kill(os.getpid(), 9)
"""
    ran = subprocess.run([sys.executable, "-c", script, workspace.path])
    assert ran.returncode == -signal.SIGKILL
    assert len(workspace.episodes()) == 1
    (path,) = workspace.recover()
    assert workspace.recover() == []
    episode = Episode.read(path)
    assert (len(episode), episode.summary.complete) == (7, False)
    assert episode.final_observation is None
    assert len(workspace.episodes()) == 2


@pytest.mark.parametrize("moment", ["before the rename", "after the rename"])
def test_a_conversion_that_is_killed_is_done_again(
    recorder: Recorder, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Whenever the process dies, recovery ends with one episode and no left-overs."""

    class Killed(BaseException):
        """Simulates kill -9: nothing after it runs."""

    def die(*_: object, **__: object) -> None:
        raise Killed

    seam = "replace" if moment == "before the rename" else "unlink"
    monkeypatch.setattr(Path, seam, die)
    recorder.start(made_up_header())
    recorder.append(STEPS[0])
    future = recorder.finish(None, None, success=True)
    assert isinstance(future.exception(), Killed)
    monkeypatch.undo()
    assert len(list(workspace.journal_dir.glob("*.journal"))) == 1
    for _ in range(2):
        workspace.recover()
        (summary,) = workspace.summaries()
        assert (summary.success, summary.complete) == (True, True)
    names = {path.name for path in workspace.episodes_dir.iterdir()}
    assert names == {f"{summary.id}.hdf5"}
    assert list(workspace.journal_dir.glob("*.journal")) == []


def test_fifty_kills_lose_nothing() -> None:
    """A short run of benchmarks/kill_recording.py: conversion and recovery are killed as well."""
    root = Path(__file__).parents[2]
    options = ["--kills", "50", "--image-size", str(SIZE), "--kill-recovery"]
    for longest in ("0.3", "0.6", "1.2"):  # a busy machine needs longer to finish an episode
        command = [
            sys.executable,
            "-m",
            "benchmarks.kill_recording",
            *options,
            "--longest",
            longest,
        ]
        ran = subprocess.run(command, cwd=root, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        report = json.loads(ran.stdout)
        assert report["runs"] == 50
        if report["finished_episodes"] >= 50:
            return
    raise AssertionError(f"the kills came too soon to hit anything: {report}")


def test_a_disk_that_is_full_at_the_start_leaves_nothing(
    recorder: Recorder, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the header cannot be written no episode starts, and the next one can."""

    def full_disk(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full_disk)
    with pytest.raises(RecordingError, match="No space left"):
        recorder.start(made_up_header())
    monkeypatch.undo()
    assert not recorder.recording
    assert list(workspace.journal_dir.glob("*.journal")) == []
    assert len(Episode.read(record(recorder))) == len(STEPS)


def test_a_file_that_cannot_be_read_back_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal stays until the episode has been read again; a repair makes the file later."""
    workspace = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=16))
    whole = Episode.encode
    with Recorder(workspace) as recorder:
        recorder.start(made_up_header())
        for step in made_up_steps([0] * 5, image_size=16):
            recorder.append(step)
        monkeypatch.setattr(Episode, "encode", lambda self: whole(self)[:-1])
        with pytest.raises(RecordingError, match="cannot be read back"):
            recorder.finish(None, None, success=True).result()
    assert workspace.episodes() == []
    monkeypatch.setattr(Episode, "encode", whole)
    report = check(Workspace.open(workspace.path), repair=True)
    assert (report.recovered, report.episodes, report.steps) == (1, 1, 5)
