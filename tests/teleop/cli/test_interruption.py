"""What a verb says when Ctrl-C ends it is true of that verb."""

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.environment import ArmEnv
from sidestick.teleop.cli import main as command_line
from sidestick.teleop.cli.main import INTERRUPTED, VERBS, main
from tests.teleop.cli.test_refusals import written

GO_ON = {
    "compare",
    "evaluate",
    "quickstart",
    "sweep",
    "train",
    "learn",
    "policies",
    "practice",
    "import",
    "merge",
    "review",
}
"""Verbs whose own tests show that they go on where they stopped."""


def interrupted(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that Ctrl-C ends; what it says."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == INTERRUPTED
    return " ".join(capsys.readouterr().err.split())


def stop(*_: object, **__: object) -> Any:
    """Press Ctrl-C."""
    raise KeyboardInterrupt


@pytest.fixture
def shelf(taught: Path, tmp_path: Path) -> Path:
    """A workspace with a policy, up to date."""
    copy = shutil.copytree(taught, tmp_path / "shelf")
    shutil.copytree(copy / "policies" / "0001", copy / "policies" / "0002")
    Workspace.open(copy).recover()
    return copy


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_only_verbs_that_go_on_say_so(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each says its own sentence."""

    class Stopped:
        if_interrupted = VERBS[verb].if_interrupted
        run = stop

    monkeypatch.setattr(command_line, "_parse", lambda _: Stopped())
    assert VERBS[verb].if_interrupted in interrupted(capsys, verb)
    assert ("goes on" in VERBS[verb].if_interrupted) == (verb in GO_ON)


def test_ctrl_c_in_a_finalizer_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python only prints what is raised there, and goes on; the verb ends all the same."""

    class Dropped:
        __del__ = stop

    class Deaf:
        if_interrupted = "all of it is kept"

        def run(self) -> int:
            Dropped()
            for _ in range(500):
                time.sleep(0.01)
            return 0

    monkeypatch.setattr(command_line, "_parse", lambda _: Deaf())
    said = interrupted(capsys, "tasks")
    assert "all of it is kept" in said
    assert "Traceback" not in said


def test_ctrl_c_while_the_command_line_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing was begun, and there is no traceback."""
    monkeypatch.setattr(command_line, "_parse", stop)
    assert "nothing was begun" in interrupted(capsys, "tasks")


@pytest.mark.parametrize(
    ("command", "stopped"),
    [
        (("replay", "0", "--out", "a.mp4"), "teleop.cli.replay.encode"),
        (("report",), "teleop.report.write.render"),
    ],
)
def test_nothing_is_stored_of_what_begins_again(
    shelf: Path,
    command: tuple[str, ...],
    stopped: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The workspace and the folder where it was called are as before."""
    monkeypatch.chdir(shelf.parent)
    monkeypatch.setattr(f"sidestick.{stopped}", stop)
    monkeypatch.setattr("sidestick.teleop.cli.replay.pictures", lambda *_: iter(()))
    before = written(shelf.parent)
    assert "begins again" in interrupted(capsys, command[0], str(shelf), *command[1:])
    assert written(shelf.parent) == before


@pytest.mark.parametrize(
    ("command", "stopped"),
    [
        (("compare", "0001", "0002"), "in_blocks"),
        (("evaluate", "--policy", "0002"), "run"),
    ],
)
def test_nothing_half_driven_is_stored_of_what_goes_on(
    shelf: Path,
    command: tuple[str, ...],
    stopped: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The workspace is as before, but for the outcomes of the seeds that were driven."""
    monkeypatch.setattr(f"sidestick.teleop.evaluation.rollouts.Rollouts.{stopped}", stop)
    before = written(shelf.parent)
    assert "goes on" in interrupted(capsys, command[0], str(shelf), *command[1:])
    assert written(shelf.parent) == before


def test_an_interrupted_drive_keeps_the_running_episode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As one that broke off; the next command finds it."""
    path, step, calls = tmp_path / "new", ArmEnv.step, [0]

    def stopping(env: ArmEnv, action: Any) -> Any:
        calls[0] += 1
        return step(env, action) if calls[0] <= 5 else stop()

    monkeypatch.setattr(ArmEnv, "step", stopping)
    options = ("--task", "ShelfPick", "--headless", "--driver", "simulated")
    assert "running one" in interrupted(capsys, "drive", str(path), *options)
    workspace = Workspace.open(path)
    workspace.recover()
    (summary,) = workspace.summaries()
    assert not summary.complete
    assert summary.steps == 5
