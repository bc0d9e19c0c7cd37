"""The learner's process: low priority, one for a workspace, and ended with its parent."""

import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import EventEntry
from sidestick.datasets.workspace import Workspace
from sidestick.policies.store import PolicyStore
from sidestick.sim_envs.errors import PolicyError, WorkspaceError
from sidestick.teleop.learning.background_process import (
    LOG,
    NICENESS,
    RETRY_S,
    LearnerProcess,
    learn_on,
    only_learner,
)
from tests.learning_rig import tiny_workspace


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_workspace(tmp_path_factory.mktemp("tiny") / "ws").path


@pytest.fixture
def workspace(tiny: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(tiny, tmp_path / "ws")
    return Workspace.open(tmp_path / "ws")


def wait_for(condition: Callable[[], bool], seconds: float = 90.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def is_gone(pid: int) -> bool:
    """Whether a process has ended, be its exit code collected or not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return True
    return state in "ZX"


def parent_of_a_learner(path: Path, pipe: Connection) -> None:
    process = LearnerProcess(Workspace.open(path))
    pipe.send(process.pid)
    time.sleep(600)


def test_the_process_gives_way_learns_and_ends(workspace: Workspace) -> None:
    """It has low priority and a log file; closing it twice is safe."""
    with LearnerProcess(workspace) as process:
        wait_for(lambda: "refit on 6 episodes" in (workspace.path / LOG).read_text())
        assert process.alive
        nicer = min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) >= nicer
    assert not process.alive
    process.close()
    assert PolicyStore(workspace.policies_dir).ids() == []


def test_it_dies_with_its_parent(workspace: Workspace) -> None:
    """A session that is killed leaves no learner behind."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    parent = context.Process(target=parent_of_a_learner, args=(workspace.path, there))
    parent.start()
    pid = here.recv()
    wait_for(lambda: "refit" in (workspace.path / LOG).read_text())
    os.kill(parent.pid or 0, signal.SIGKILL)
    parent.join()
    wait_for(lambda: is_gone(pid))


def test_a_workspace_has_one_learner_at_a_time(workspace: Workspace) -> None:
    """A second one is refused with the number of the first; later there may be another."""
    expected = f"process {os.getpid()} learns here already"
    with (
        only_learner(workspace),
        pytest.raises(WorkspaceError, match=expected),
        only_learner(workspace),
    ):
        pytest.fail("two learners at once")
    with only_learner(workspace):
        pass


def test_errors_are_reported_and_tried_again() -> None:
    """A full disk or a damaged policy does not end the learner."""

    results = [PolicyError("damaged"), OSError("disk full"), EventEntry("gate", {}), None]

    class FailingLearner:
        def step(self) -> EventEntry | None:
            result = results.pop(0)
            if isinstance(result, Exception):
                raise result
            return result

    events: list[object] = []
    complaints: list[object] = []
    slept: list[object] = []

    def sleep(seconds: object) -> None:
        slept.append(seconds)
        if not results:
            raise SystemExit

    with pytest.raises(SystemExit):
        learn_on(FailingLearner(), events.append, complaints.append, sleep)  # type: ignore[arg-type]
    assert [str(complaint) for complaint in complaints] == ["damaged", "disk full"]
    assert slept[:2] == [RETRY_S, RETRY_S]
    assert len(events) == 1


def test_a_learner_that_dies_is_told_of_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """How it ended and its last words, whether it refused, was killed, or could not be started."""
    workspace = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick"))
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho process 7 learns here already\nexit 2\n")
    python.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(python))
    with LearnerProcess(workspace) as refused:
        wait_for(lambda: bool(refused.died))
    assert "(exit code 2)" in refused.died
    assert refused.died.endswith("learner.log: process 7 learns here already")
    assert refused.died in caplog.text
    python.write_text("#!/bin/sh\nexec sleep 600\n")
    with LearnerProcess(workspace) as killed:
        os.kill(killed.pid, signal.SIGKILL)
        wait_for(lambda: bool(killed.died))
    assert "(signal 9)" in killed.died
    with LearnerProcess(workspace) as stopped:
        pass
    assert not stopped.died
    python.unlink()
    with pytest.raises(WorkspaceError, match="cannot start the learner"):
        LearnerProcess(workspace)
