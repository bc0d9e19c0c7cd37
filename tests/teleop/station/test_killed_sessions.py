"""Sessions are killed at random moments; the ledger says what is on the disk, within a tick."""

import multiprocessing
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.database import Database, EffortEntry
from sidestick.datasets.effort_ledger import recover_effort
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.report.ledger import read_ledger
from tests import effort_rig as rig

CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload(["tests.effort_rig"])
KILL, INTERRUPT = signal.SIGKILL, signal.SIGINT
Target = Callable[[Path, Level, int, float, int], None]


def run(folder: Path, target: Target, level: Level, kill: int, after_s: float, seed: int) -> None:
    """Run a session in a process of its own until it is killed."""
    process = CHILDREN.Process(target=target, args=(folder, level, int(kill), after_s, seed))
    process.start()
    process.join()
    assert process.exitcode in (-kill, 0), "it ended by itself, of an error"


def assert_the_ledger_says_what_is_there(folder: Path) -> float:
    """Before anything is recovered, after it is, and once it is written down; returns seconds."""
    before = read_ledger(Workspace.open(folder)).total
    workspace = Workspace.open(folder)
    workspace.recover()
    driven, watched = rig.seconds_on_disk(workspace)
    for total in (before, read_ledger(workspace).total):
        assert total.driven_s == pytest.approx(driven, abs=rig.TICK_S + 1e-6)
        assert total.watched_s == pytest.approx(watched, abs=rig.TICK_S + 1e-6)
    return driven + watched


@pytest.mark.parametrize(
    ("target", "level", "kill"),
    [
        (rig.headless, Level.DEMONSTRATE, KILL),
        (rig.headless, Level.SUPERVISED, INTERRUPT),
        (rig.headless, Level.ON_CALL, KILL),
        (rig.window, Level.DEMONSTRATE, KILL),
    ],
)
def test_a_killed_session_costs_what_it_drove(
    tmp_path: Path, target: Target, level: Level, kill: int
) -> None:
    """By SIGKILL or Ctrl-C, in whatever episode it is; the next session writes it down."""
    folder = tmp_path / "ws"
    Workspace.open_or_create(folder, rig.CONFIG)
    while not Workspace.open(folder).summaries():  # killed before the first step
        run(folder, target, level, kill, random.uniform(0.2, 1.5), 0)
        assert_the_ledger_says_what_is_there(folder)
    workspace = Workspace.open(folder)
    lock = workspace.lock()
    assert recover_effort(workspace) == Database(workspace.db_path).efforts() != []
    lock.release()
    assert_the_ledger_says_what_is_there(folder)
    assert check(workspace, repair=True).ok


def kills(count: int, folder: Path, target: Target, levels: tuple[Level, ...], s: float) -> float:
    """Kill one session after the other in the same workspace, at random; returns seconds."""
    total = 0.0
    for number in range(count):
        kill = random.choice((KILL, INTERRUPT))
        run(folder, target, random.choice(levels), kill, random.uniform(0.0, s), 100 * number)
        total = assert_the_ledger_says_what_is_there(folder)
    return total


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_fifty_headless_drives_are_killed(tmp_path: Path) -> None:
    """Each session recovers what the one before left, and is killed in turn."""
    levels = (Level.DEMONSTRATE, Level.SUPERVISED, Level.ON_CALL)
    assert kills(50, tmp_path / "ws", rig.headless, levels, 6.0) > 0


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_windows_are_killed(tmp_path: Path) -> None:
    """Ten of them, of the simulated operator, who demonstrates or supervises there."""
    levels = (Level.DEMONSTRATE, Level.SUPERVISED)
    assert kills(10, tmp_path / "ws", rig.window, levels, 12.0) > 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_practice_that_is_killed_costs_no_human_time(taught: Path) -> None:
    """Nor does what it recorded; six demonstrations of a second each are in the ledger before."""
    Database(taught / "sidestick.db").add_effort(EffortEntry(0, "demonstrations", 6.0, 0.0, 0, 6))
    assert kills(10, taught, rig.practice, (Level.AUTONOMOUS,), 4.0) == pytest.approx(6.0)
