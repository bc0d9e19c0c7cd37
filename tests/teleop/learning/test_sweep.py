"""A sweep trains each head and seed once, on a copy, and what is finished is not done again."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from sidestick.datasets.database import Database
from sidestick.datasets.judgements.judgements import Judge
from sidestick.datasets.workspace import Workspace
from sidestick.policies.engines.job import WorkersLost
from sidestick.policies.engines.memory import WORKER_MIB
from sidestick.policies.store import PolicyStore
from sidestick.policies.training.config import TrainConfig
from sidestick.teleop.cli import job_options
from sidestick.teleop.cli.main import main
from sidestick.teleop.cli.sweep import Sweep
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.learning import training_jobs
from sidestick.teleop.learning.sweep import SweepReport, SweepRow, read_sweeps, sweep
from sidestick.teleop.learning.training_jobs import learning_copy, train_all
from sidestick.teleop.report.collect import collect
from sidestick.teleop.report.page import render
from tests.learning_rig import tiny_workspace
from tests.teleop.evaluation.test_rollouts import Died, ThreadEngine, made_up

CONFIGS = [TrainConfig(head=head, seed=seed) for head in ("bc", "flow") for seed in (0, 1)]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Six demonstrations and perception of its own."""
    return tiny_workspace(tmp_path / "ws")


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[TrainConfig]:
    """The trainings that workers were asked for; none trains anything."""
    asked: list[TrainConfig] = []

    def train(config: TrainConfig, shared: Path) -> training_jobs.Trained:
        asked.append(config)
        if config.seed == 9:
            raise Died
        episodes = len(Workspace.open(shared).episodes())
        return training_jobs.Trained(f"{config.identity} {episodes}".encode(), b"{}", 1.0)

    monkeypatch.setattr(training_jobs, "train_copy", train)
    return asked


def no_one(config: object, error: WorkersLost) -> None:
    """Hear of a training that is lost where none may be."""
    raise error


def silent(*_: object) -> None:
    """Hear of nothing."""


def test_a_finished_training_is_not_done_again(
    workspace: Workspace, trained: list[TrainConfig]
) -> None:
    """Unless its policy is gone, or what it learnt from is another; what drove changes nothing."""
    engine = ThreadEngine(2)
    first = train_all(workspace, CONFIGS[:3], engine, silent, no_one)
    assert sorted(str(number) for number in first) == ["0001", "0002", "0003"]
    store = PolicyStore(workspace.policies_dir)
    models = [(store.path(str(n)) / "model.safetensors").read_text() for n in first]
    assert models == [f"{config.identity} 6" for config in CONFIGS[:3]]
    assert train_all(workspace, CONFIGS[:3], engine, silent, no_one) == first
    assert len(trained) == 3
    store.remove(str(first[0]))
    again = train_all(workspace, CONFIGS, engine, silent, no_one)
    assert again[1:3] == first[1:]
    assert len(trained) == 5
    Judge(workspace, "ada").say(workspace.episodes()[0].stem, "quality", quality=2)
    train_all(workspace, CONFIGS[:1], engine, silent, no_one)
    assert len(trained) == 6


def test_a_training_that_kills_is_named_and_the_others_are_published(
    workspace: Workspace, trained: list[TrainConfig]
) -> None:
    """It was tried twice."""
    lost: list[str] = []
    configs = [TrainConfig(seed=9), TrainConfig(seed=1)]
    found = train_all(
        workspace, configs, ThreadEngine(1), silent, lambda _, error: lost.append(str(error))
    )
    assert found == [None, "0001"]
    assert [config.seed for config in trained].count(9) == 2
    assert "training of bc with seed 9: 2 worker" in lost[0]


def test_what_is_learnt_from_is_copied_and_nothing_else(workspace: Workspace) -> None:
    """The copy is a workspace; policies and outcomes stay behind, files are not doubled."""
    (workspace.path / "cache").mkdir(exist_ok=True)
    (workspace.path / "cache" / "k.npz").write_bytes(b"keypoints")
    (workspace.policies_dir / "0001").mkdir(parents=True)
    with learning_copy(workspace) as (folder, names, digest):
        copy = Workspace.open(folder)
        assert [path.name for path in copy.episodes()] == [p.name for p in workspace.episodes()]
        assert {Path(name).parts[0] for name in names} <= {
            "workspace.toml", "episodes", "sidestick.db", "perception.safetensors", "cache",
        }  # fmt: skip
        assert all((folder / name).is_file() for name in names)
    with learning_copy(workspace) as (_, _, again):
        assert again == digest


def test_the_report_shows_the_table(
    workspace: Workspace,
    trained: list[TrainConfig],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Best head first, its seeds beside it; a sweep of another version is left out."""
    monkeypatch.setattr("sidestick.teleop.evaluation.rollouts.drive", made_up)
    monkeypatch.setattr(
        "sidestick.teleop.evaluation.evaluate.policy_to_evaluate", lambda _, policy: policy
    )
    said: list[str] = []
    with Rollouts(workspace.config, ThreadEngine(1), kept_in=workspace.outcomes_dir) as rollouts:
        report = sweep(
            workspace, [*CONFIGS, TrainConfig(seed=9)], rollouts, 4, 20_000, said.append, silent,
            "cpu",
        )  # fmt: skip
    assert [(row.head, row.seed) for row in report.rows] == [(c.head, c.seed) for c in CONFIGS]
    assert all((row.successes, row.episodes) == (2, 4) for row in report.rows)
    assert report.lost == ("bc with seed 9",)
    assert len(said) == 8
    ((_, kept),) = read_sweeps(Database(workspace.db_path))
    assert kept == report
    page = render(collect(workspace))
    for text in ("Sweep of", "0: 0001, 2/4; 1: 0002, 2/4", "4/8", "bc with seed 9"):
        assert text in page
    rows = (SweepRow("bc", 0, "0001", 1, 4), SweepRow("flow", 0, "0002", 3, 4))
    heads = [head for head, _, _ in SweepReport(rows, 0).by_head()]
    assert heads == ["flow", "bc"]


def test_a_head_that_is_not_there_is_refused_before_anything_is_trained(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """With those that are."""
    with pytest.raises(SystemExit) as ended:
        main(["sweep", str(workspace.path), "--head", "bc", "nothing"])
    assert ended.value.code == 2
    assert "flow" in capsys.readouterr().err
    assert Sweep(workspace.path).seed == (0, 1, 2)


def test_trainings_that_do_not_fit_at_the_same_time_are_refused(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With how many do; a training takes more than the worker of an evaluation."""
    monkeypatch.setattr(job_options, "free_mib", lambda: 3 * WORKER_MIB)
    assert ended_with(["sweep", str(workspace.path), "--head", "bc", "--workers", "3"]) == 2
    assert "at most 2" in capsys.readouterr().err


def ended_with(command: Sequence[str]) -> object:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        main(command)
    return ended.value.code


@pytest.mark.slow
def test_a_sweep_trains_and_drives(
    taught: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two heads and seeds in workers of this machine; a second time nothing is trained."""
    copy = shutil.copytree(taught, tmp_path / "copy")
    command = [
        *("sweep", str(copy), "--head", "bc", "flow", "--seed", "0", "1", "--steps", "4"),
        *("--episodes", "1", "--workers", "2", "--json"),
    ]
    assert ended_with(command) == 0
    first = capsys.readouterr().out
    policies = PolicyStore(copy / "policies").ids()
    assert len(policies) == 5
    assert ended_with(command) == 0
    assert capsys.readouterr().out == first
    assert PolicyStore(copy / "policies").ids() == policies
