"""The whole loop, small: every stage runs, an interrupted run goes on where it stopped."""

import itertools
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.step import ActionMode, Level
from sidestick.datasets.windows import Frames
from sidestick.datasets.workspace import Workspace
from sidestick.policies.engines.local import LocalEngine
from sidestick.policies.policy import load_policy
from sidestick.policies.store import PolicyStore
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.quickstart import Quickstart
from sidestick.teleop.quickstart_config import QuickstartConfig

COURSE = QuickstartConfig(
    demonstrations=2,
    generated=2,
    correction_rounds=1,
    supervised_episodes=1,
    practice_rounds=1,
    practice_episodes=2,
    evaluation_episodes=2,
    selection_episodes=1,
    gate_pairs=6,
    train_steps=100,
    num_items=1,
)


@pytest.mark.timeout(900)
def test_the_whole_loop_runs_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Demonstrations, policy, evaluation, correction, practice, report; then all is done."""
    path = tmp_path / "demo"
    with Rollouts(COURSE.config(), LocalEngine(1)) as rollouts:
        for stage in itertools.islice(Quickstart(path, COURSE, rollouts).stages(), 3):
            stage.run()
        quickstart = Quickstart(path, COURSE, rollouts)
        for stage in quickstart.stages():
            stage.run()
        database = Database(quickstart.workspace.db_path)
        before = (len(quickstart.workspace.episodes()), len(database.evaluations()))
        efforts = database.efforts()
        for stage in Quickstart(path, COURSE, rollouts).stages():
            if "report" not in stage.title:
                stage.run()
    workspace = quickstart.workspace
    assert (len(workspace.episodes()), len(database.evaluations())) == before
    assert database.efforts() == efforts
    assert [effort.kind for effort in efforts] == ["demonstrations", "supervised", "practice"]
    assert efforts[0].driven_s > 0
    assert efforts[2].driven_s == efforts[2].watched_s == 0
    operators = [summary.header.operator for summary in workspace.summaries()]
    assert operators.count("generated") == 2
    seconds, success, driver_line = quickstart.figures()
    assert f"{sum(effort.driven_s for effort in efforts):.0f} s driven" in seconds
    assert "/2 95 %" in success
    assert store_label(workspace) in driver_line
    assert check(workspace).ok
    store = PolicyStore(workspace.policies_dir)
    decided, practised = [event.payload for event in database.events(EventKind.GATE)]
    assert decided["policy"] == "0002"
    driver = "0002" if decided["passed"] else "0001"
    assert practised["compared_with"] == driver
    assert store.ids() == ["0001", "0002", "0003"][: 2 + practised["passed"]]
    parents = [load_policy(store.path(i)).config.provenance.parent for i in store.ids()]
    assert parents == [None, "0001", driver][: len(parents)]
    assert store.choose().label in (path / "report.html").read_text()
    assert "<html" in (path / "report.html").read_text()
    assert _labels_are_consistent(quickstart)


def store_label(workspace: Workspace) -> str:
    """Which policy drives and why."""
    return PolicyStore(workspace.policies_dir).choose().label


def _labels_are_consistent(quickstart: Quickstart) -> bool:
    """Demonstrated steps say so; what happened under supervision is rollout or intervention."""
    frames = Frames.read(quickstart.workspace.episodes(), images=False)
    demonstrated = frames.column("level") == Level.DEMONSTRATE
    labels = frames.labels
    return bool(
        (labels[demonstrated] == ActionMode.DEMONSTRATION).all()
        and (labels[~demonstrated] != ActionMode.DEMONSTRATION).all()
    )


def test_workers_die_with_a_killed_parent(tmp_path: Path) -> None:
    """`kill -9` of a session leaves no process behind."""
    code = (
        "import os, sys\n"
        "from sidestick.teleop.quickstart_config import QuickstartConfig\n"
        "from sidestick.policies.engines.job import Job\n"
        "from sidestick.policies.engines.local import LocalEngine\n"
        "from sidestick.teleop.evaluation.rollouts import Rollouts\n"
        "if __name__ == '__main__':\n"
        "    rollouts = Rollouts(QuickstartConfig().config(), LocalEngine(1))\n"
        "    job = Job('pid', os.getpid)\n"
        "    print(rollouts._crew.submit(job).result(), flush=True)\n"
        "    sys.stdin.read()\n"
    )
    script = tmp_path / "session.py"
    script.write_text(code)
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as session:
        assert session.stdout is not None
        worker = int(session.stdout.readline())
        assert Path(f"/proc/{worker}").exists()
        session.kill()
    deadline = time.monotonic() + 30
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{worker}").exists()
