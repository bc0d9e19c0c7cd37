"""Rollouts on a Ray cluster are those of this process, seed by seed, whatever dies meanwhile."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.workspace import Workspace
from sidestick.policies.engines.local import LocalEngine
from sidestick.policies.engines.ray_engine import RayEngine, ray_module
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.session.subscriber import EpisodeOutcome
from tests.rollout_rig import moving_workspace

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(1800),
    pytest.mark.filterwarnings("default"),  # Ray leaves files and sockets to the interpreter's end
]
SEEDS = range(20_000, 20_005)


@pytest.fixture(scope="module")
def able(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a policy that moves the arm."""
    return moving_workspace(tmp_path_factory.mktemp("able") / "ws")


@pytest.fixture(scope="module")
def driven(able: Path) -> list[EpisodeOutcome]:
    """What two processes of this machine drive; the arm never rested."""
    with Rollouts(Workspace.open(able).config, LocalEngine(2)) as rollouts:
        found = rollouts.run(able / "policies" / "0001", SEEDS)
    assert not any(outcome.human_steps for outcome in found)
    return found


def test_a_killed_worker_and_a_lost_machine_change_no_outcome(
    able: Path, driven: Sequence[EpisodeOutcome], tmp_path: Path
) -> None:
    """The same bits; every success comes home as a whole file from machines that share no disk."""
    ray_module()
    from ray.cluster_utils import Cluster

    home = Workspace.create(tmp_path / "home", Workspace.open(able).config)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    second = cluster.add_node(num_cpus=1)
    seen: list[int] = []

    def attack(outcome: EpisodeOutcome) -> None:
        seen.append(outcome.seed)
        if len(seen) == 1:
            _kill_an_actor()
        if len(seen) == 3:
            cluster.remove_node(second, allow_graceful=False)

    try:
        with Rollouts(home.config, RayEngine(cluster.address)) as rollouts:
            policy = able / "policies" / "0001"
            found = rollouts.run(policy, SEEDS, home.path, attack, keep_failures=len(SEEDS))
    finally:
        cluster.shutdown()
    assert found == driven
    assert sorted(seen) == [*SEEDS]
    recorded = [summary for summary in home.summaries() if summary.complete]
    assert sorted(summary.header.seed for summary in recorded) == [*SEEDS]
    home.recover()  # the index of what came home
    assert check(home).ok


def _kill_an_actor() -> None:
    """One that this process' clusters started, as by `kill -9`."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            is_actor = (folder / "cmdline").read_bytes().startswith(b"ray::Maker")
            if is_actor and _parent(_parent(int(folder.name))) == os.getpid():
                os.kill(int(folder.name), signal.SIGKILL)
                return
    raise AssertionError("no actor is there")


def _parent(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("PPid:"))


def test_a_killed_command_goes_on(
    able: Path, driven: Sequence[EpisodeOutcome], tmp_path: Path
) -> None:
    """What was driven is not driven again, and the figures are the same; no process is left."""
    copy = Workspace.open(shutil.copytree(able, tmp_path / "copy"))
    command = [
        *(sys.executable, "-m", "sidestick.teleop.cli.main", "evaluate", str(copy.path)),
        *("--policy", "0001", "--seeds", f"{SEEDS[0]}:{SEEDS[-1] + 1}", "--json"),
        *("--engine", "ray", "--address", "local", "--workers", "2"),
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as first:
        while len(kept := _kept(copy)) < 2:
            assert first.poll() is None
            time.sleep(0.05)
        first.kill()
    before = {line["seed"] for line in _kept(copy)}
    assert len(before) < len(SEEDS)
    report = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert report["successes"] == sum(outcome.success for outcome in driven)
    assert report["mean_length"] == sum(outcome.steps for outcome in driven) / len(SEEDS)
    assert sorted(line["seed"] for line in _kept(copy)) == [*SEEDS], kept


def _kept(workspace: Workspace) -> list[dict[str, Any]]:
    """The outcomes on the disk, in their order."""
    lines = [
        json.loads(line)
        for path in workspace.outcomes_dir.glob("*.jsonl")
        for line in path.read_text().splitlines()
    ]
    return [line for line in lines if "seed" in line]
