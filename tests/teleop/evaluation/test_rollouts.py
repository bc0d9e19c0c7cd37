"""Rollouts lose nothing that was driven, drive nothing twice, and outlive their workers."""

import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database
from sidestick.datasets.finished_jobs import FinishedJobs
from sidestick.datasets.merge import merge
from sidestick.datasets.workspace import Workspace
from sidestick.policies.engines.job import JobFailed, WorkersLost
from sidestick.policies.engines.local import LocalEngine
from sidestick.policies.policy_config import CONFIG, MODEL
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.cli.job_options import seed_range
from sidestick.teleop.evaluation import evaluate as evaluate_module
from sidestick.teleop.evaluation import rollouts as rollouts_module
from sidestick.teleop.evaluation.evaluate import evaluate
from sidestick.teleop.evaluation.lost_seeds import LostSeeds
from sidestick.teleop.evaluation.rollout_worker import Driven, Rollout
from sidestick.teleop.evaluation.rollouts import InProcessRollouts, Rollouts
from sidestick.teleop.session.subscriber import EpisodeOutcome
from tests.job_rig import Died, ThreadEngine
from tests.rollout_rig import moving_workspace

SEEDS = range(20_000, 20_006)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with a policy that nothing loads."""
    workspace = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick"))
    (workspace.policies_dir / "0001").mkdir(parents=True)
    for name in (CONFIG, MODEL):
        (workspace.policies_dir / "0001" / name).write_text("{}")
    return workspace


def made_up(job: Rollout, policy: Path) -> Driven:
    """Drive nothing; note the seed, and end the worker where a file asks for it."""
    folder = policy.parents[1]
    with (folder / "driven.txt").open("a") as log:
        log.write(f"{job.seed}\n")
    if (folder / f"kill-{job.seed}").exists():
        raise Died
    if (folder / f"fail-{job.seed}").exists():
        raise JobFailed(f"seed {job.seed}: the motor is hot")
    files = ((f"of-{job.seed}.hdf5", b"episode"),) if job.record and job.seed % 2 else ()
    return Driven(EpisodeOutcome(job.seed, job.seed % 2 == 1, 7, 0, 7, 0, "place", 0.5), files)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, workspace: Workspace) -> Callable[[], list[int]]:
    """Workers that drive nothing; the seeds that they were asked for, since the last call."""
    monkeypatch.setattr(rollouts_module, "drive", made_up)
    monkeypatch.setattr(evaluate_module, "policy_to_evaluate", lambda _, policy: policy)
    log = workspace.path / "driven.txt"

    def driven() -> list[int]:
        found = [int(line) for line in log.read_text().split()] if log.exists() else []
        log.unlink(missing_ok=True)
        return sorted(found)

    return driven


def open_rollouts(workspace: Workspace, workers: int = 1) -> Rollouts:
    return Rollouts(workspace.config, ThreadEngine(workers), kept_in=workspace.outcomes_dir)


def test_an_interrupted_evaluation_goes_on(
    workspace: Workspace, scripted: Callable[[], list[int]]
) -> None:
    """What was driven is counted and not driven again; a line that was cut off is driven again."""

    def stop(outcome: EpisodeOutcome) -> None:
        if outcome.seed == SEEDS[2]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), open_rollouts(workspace) as rollouts:
        evaluate(workspace, rollouts, "0001", len(SEEDS), SEEDS[0], stop)
    scripted()
    (kept,) = workspace.outcomes_dir.iterdir()
    kept.write_bytes(kept.read_bytes()[:-9])
    with open_rollouts(workspace) as rollouts:
        report = evaluate(workspace, rollouts, "0001", len(SEEDS), SEEDS[0])
        assert scripted() == [*SEEDS[2:]]
        assert [outcome.seed for outcome in report.outcomes] == [*SEEDS]
        assert report.rate.successes == 3
        evaluate(workspace, rollouts, "0001", len(SEEDS), SEEDS[0])
    assert scripted() == []


def test_another_policy_or_scene_is_driven_anew(
    workspace: Workspace, scripted: Callable[[], list[int]]
) -> None:
    """An outcome belongs to the content of the policy's files, not to its number."""
    with open_rollouts(workspace) as rollouts:
        folder = workspace.policies_dir / "0001"
        rollouts.run(folder, SEEDS[:1])
        (folder / "config.json").write_text("{} ")
        rollouts.run(folder, SEEDS[:1])
    assert scripted() == [SEEDS[0]] * 2


def test_a_seed_that_kills_is_named_and_the_others_are_counted(
    workspace: Workspace, scripted: Callable[[], list[int]]
) -> None:
    """It is in no figure, and in the report."""
    (workspace.path / f"kill-{SEEDS[1]}").touch()
    lost: list[str] = []
    with open_rollouts(workspace, 2) as rollouts:
        report = evaluate(
            workspace, rollouts, "0001", 4, SEEDS[0], on_lost=lambda _, e: lost.append(str(e))
        )
        assert list(report.lost) == [SEEDS[1]]
        assert report.rate.n == 3
        assert report.to_json()["lost_seeds"] == [SEEDS[1]]
        assert f"seed {SEEDS[1]}: 2 worker processes" in lost[0]
        given_up = LostSeeds(SEEDS, lambda *_: None)
        blocks = rollouts.in_blocks([workspace.policies_dir / "0001"], SEEDS, 2, given_up)
        found = [[outcome.seed for outcome in block[0]] for block in blocks]
        assert found == [[SEEDS[0]], [*SEEDS[2:4]], [*SEEDS[4:]]]
        with pytest.raises(WorkersLost, match=str(SEEDS[1])):
            rollouts.solves(workspace.policies_dir / "0001", SEEDS[1])


def test_a_seed_on_which_the_world_fails_is_no_failure_of_the_policy(
    workspace: Workspace, scripted: Callable[[], list[int]]
) -> None:
    """It is listed with the reason, and the others are counted; a comparison leaves it out."""
    (workspace.path / f"fail-{SEEDS[0]}").touch()
    heard: list[int] = []
    with open_rollouts(workspace, 2) as rollouts:
        report = evaluate(
            workspace, rollouts, "0001", 4, SEEDS[0], on_lost=lambda seed, _: heard.append(seed)
        )
        lost = LostSeeds(SEEDS, lambda *_: None)
        policy = workspace.policies_dir / "0001"
        blocks = [*rollouts.in_blocks([policy, policy], SEEDS, 2, lost)]
    assert heard == [SEEDS[0]]
    assert (report.rate.successes, report.rate.n) == (2, 3)
    reason = f"seed {SEEDS[0]}: the motor is hot"
    assert report.to_json()["lost"] == [{"seed": SEEDS[0], "reason": reason}]
    assert [len(mine) for block in blocks for mine in block] == [1, 1, 2, 2, 2, 2]


def test_what_fails_on_the_first_seeds_is_not_tried_on_all(
    workspace: Workspace, scripted: Callable[[], list[int]]
) -> None:
    """It ends with one error that says why; nothing is entered in the database."""
    for seed in SEEDS:
        (workspace.path / f"fail-{seed}").touch()
    heard: list[int] = []
    with (
        open_rollouts(workspace) as rollouts,
        pytest.raises(JobFailed, match=r"given up, as the first 3 seeds.*the motor is hot"),
    ):
        evaluate(
            workspace, rollouts, "0001", 6, SEEDS[0], on_lost=lambda seed, _: heard.append(seed)
        )
    assert heard == []
    assert Database(workspace.db_path).evaluations() == []


def test_the_gate_gets_the_seeds_in_order_from_workers_that_are_ahead(
    workspace: Workspace, scripted: Callable[[], list[int]]
) -> None:
    """Each is driven once, and at most as many more as there are other workers."""
    with open_rollouts(workspace, 2) as rollouts:
        solved = [rollouts.solves(workspace.policies_dir / "0001", seed) for seed in SEEDS]
    assert solved == [seed % 2 == 1 for seed in SEEDS]
    driven = scripted()
    assert driven[: len(SEEDS)] == [*SEEDS]
    assert len(driven) <= len(SEEDS) + 1


def test_recorded_episodes_come_home(
    workspace: Workspace, scripted: Callable[[], list[int]]
) -> None:
    """A known success without a recording is driven again; a known failure is not."""
    policy = workspace.policies_dir / "0001"
    with open_rollouts(workspace) as rollouts:
        rollouts.run(policy, SEEDS[:2])
        assert scripted() == [*SEEDS[:2]]
        rollouts.run(policy, SEEDS[:2], workspace.path)
    assert scripted() == [SEEDS[1]]
    assert (workspace.episodes_dir / f"of-{SEEDS[1]}.hdf5").read_bytes() == b"episode"


def test_evaluations_of_several_machines_are_merged(
    workspace: Workspace, tmp_path: Path, scripted: Callable[[], list[int]]
) -> None:
    """Each machine drives its part in a copy; together they are one evaluation."""
    other = Workspace.open(shutil.copytree(workspace.path, tmp_path / "other"))
    for place, part in ((workspace, SEEDS[:3]), (other, SEEDS[3:])):
        with open_rollouts(place) as rollouts:
            evaluate(place, rollouts, "0001", len(part), part[0])
    assert merge([other.path], workspace.path).outcomes == 3
    assert merge([other.path], workspace.path).outcomes == 0
    scripted()
    with open_rollouts(workspace) as rollouts:
        assert evaluate(workspace, rollouts, "0001", len(SEEDS), SEEDS[0]).rate.n == len(SEEDS)
    assert scripted() == []


def test_a_stranger_s_outcomes_are_driven_again(
    workspace: Workspace, scripted: Callable[[], list[int]]
) -> None:
    """Lines that are no outcomes, or of another seed, count for nothing."""
    policy = workspace.policies_dir / "0001"
    with open_rollouts(workspace) as rollouts:
        rollouts.run(policy, SEEDS[:1])
        (kept,) = workspace.outcomes_dir.iterdir()
        good = json.loads(kept.read_text().splitlines()[1])["result"]
        bad = [3, {"seed": SEEDS[1], "result": {**good}}, {"seed": SEEDS[2], "result": {"seed": 1}}]
        with kept.open("a") as file:
            file.writelines(json.dumps(line) + "\n" for line in bad)
            file.write("{" * 1000 + "\n")
        scripted()
        rollouts.run(policy, SEEDS[:3])
    assert scripted() == [*SEEDS[1:3]]


def test_results_of_jobs_are_known_by_their_kind(tmp_path: Path) -> None:
    """The first result of a seed counts."""
    jobs = FinishedJobs(tmp_path, {"policy": "a"})
    jobs.add(1, {"success": True})
    jobs.add(1, {"success": False})
    assert FinishedJobs(tmp_path, {"policy": "a"}).results() == {1: {"success": True}}
    assert FinishedJobs(tmp_path, {"policy": "b"}).results() == {}


@pytest.mark.parametrize("text", ["5", "5:5", "6:5", "-1:3", "a:b", "1:2:3", "0:99999999999"])
def test_ranges_of_seeds_are_a_to_b(text: str) -> None:
    """And nothing else."""
    assert seed_range("20000:20250") == range(20_000, 20_250)
    with pytest.raises(BadValue, match="--seeds: expected A:B"):
        seed_range(text)


@pytest.mark.slow
def test_a_killed_worker_changes_no_outcome(tmp_path: Path) -> None:
    """The same bits as in this process, seed by seed, also of a worker that was replaced."""
    able = moving_workspace(tmp_path / "able")
    config, policy, seeds = Workspace.open(able).config, able / "policies" / "0001", SEEDS[:4]
    with InProcessRollouts(config) as alone, Rollouts(config, LocalEngine(2)) as rollouts:
        killer = threading.Thread(target=_kill_one_worker, args=(rollouts,))
        killer.start()
        found = rollouts.run(policy, seeds)
        killer.join()
        assert [outcome.success for outcome in found] == [alone(policy, seed) for seed in seeds]
        assert rollouts.run(policy, seeds) == found
        assert not any(outcome.human_steps for outcome in found)  # it never rested


def _kill_one_worker(rollouts: Rollouts) -> None:
    """Kill one that drives."""
    while not rollouts._crew._running:
        time.sleep(0.05)
    worker = next(iter(rollouts._crew._running))
    (process,) = worker._pool._processes.values()  # type: ignore[attr-defined]
    process.kill()
