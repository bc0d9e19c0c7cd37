"""This benchmark compares grading predictions with demonstrations, by success on unseen seeds.

    python -m benchmarks.grading WS --out FILE

The policy of WS and the demonstrations it was trained on are copied. It drives a few scenes by
itself; a reviewer grades its predictions there and in the demonstrations, and a policy is trained
on the demonstrations and the graded predictions. The control is trained on the demonstrations and
as many further ones as cost the same attention. Grading is not driving: at equal driving, the
comparison is with the demonstrations alone.

The simulated reviewer drives the expert from the restored state and corrects predictions that end
elsewhere. A graded prediction is assumed to cost `--seconds-per-grade` of attention; the policy's
own episodes cost none and are not trained on. Each row says seconds driven and attended in all,
the demonstrations' included, and is written to FILE as soon as it is measured.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import tyro

from benchmarks.rows import circumstances, keep_row
from sidestick.datasets.database import Database
from sidestick.datasets.effort_counts import effort_of_episode
from sidestick.datasets.episode import Episode
from sidestick.datasets.step import Level
from sidestick.datasets.summary import EpisodeSummary
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.threads import limit_threads
from sidestick.policies.engines.local import LocalEngine
from sidestick.policies.store import PolicyStore
from sidestick.policies.training.config import TrainConfig
from sidestick.teleop.evaluation.evaluate import evaluate
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.evaluation.seeds import EVALUATION, PEOPLE, PRACTICE, SEEDS_PER_ROUND
from sidestick.teleop.learning.workspace_training import train_on_workspace
from sidestick.teleop.report.ledger import read_ledger
from sidestick.teleop.review.run_predictions import review_predictions
from sidestick.teleop.session.human_effort import kind_of_level
from sidestick.teleop.station.headless import drive_simulated

FURTHER = PEOPLE.first + 10_000
"""First scene of the control's demonstrations."""
ALONE = PRACTICE.first + SEEDS_PER_ROUND
"""First scene that the policy drives by itself."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    workspace: Annotated[Path, tyro.conf.Positional]
    out: Path
    """File of JSON lines."""
    policy: str = "0001"
    alone: int = 20
    """Scenes that the policy drives by itself."""
    predictions: int = 100
    """Predictions to grade, at most."""
    episodes: int = 100
    """Unseen seeds to evaluate on."""
    steps: int | None = None
    """Updates of a training; None: as many as the data needs."""
    seconds_per_grade: float = 3.0
    """Attention that a graded prediction is assumed to cost, s."""


def copied(source: Workspace, policy: str, folder: Path) -> Workspace:
    """A new workspace with one policy of `source`, its demonstrations, and what they cost."""
    store, config = PolicyStore(source.policies_dir), source.config
    learned = store.load(policy, config)
    workspace = Workspace.create(folder, config)
    database = Database(workspace.db_path)
    for name in learned.config.provenance.episodes:
        path = shutil.copy(source.find(name), workspace.episodes_dir)
        counts = effort_of_episode(Episode.read(path, images=False))
        database.add_effort(counts.entry(kind_of_level(Level.DEMONSTRATE), 0, None))
    workspace.rebuild_index()
    shutil.copytree(store.path(policy), workspace.policies_dir / "0001")
    return workspace


def demonstrated(summary: EpisodeSummary) -> bool:
    """Whether an episode is a successful demonstration, the only kind trained on."""
    return summary.success and summary.header.level == Level.DEMONSTRATE


class Benchmark:
    """The ways that are compared, with a folder for their workspaces."""

    def __init__(self, options: Options, rollouts: Rollouts, folder: Path) -> None:
        self.options, self.rollouts, self.folder = options, rollouts, folder
        self.source = Workspace.open(options.workspace)
        self.config = TrainConfig(steps=options.steps, tensorboard=False)

    def grade(self) -> float:
        """Measure before and after grading; the attention that it costs in all, s."""
        options = self.options
        workspace = copied(self.source, options.policy, self.folder / "graded")
        self.keep(workspace, "0001", "demonstrations")
        policy = PolicyStore(workspace.policies_dir).path("0001")
        alone = range(ALONE, ALONE + options.alone)
        self.rollouts.run(policy, alone, workspace.path, keep_failures=options.alone)
        report = review_predictions(
            workspace, "simulated", None, True, simulated=True, count=options.predictions
        )
        graded_s = options.seconds_per_grade * sum(report.grades.values())
        self.learn(workspace, "graded", graded_s, grades=report.grades)
        return read_ledger(workspace).total.attended_s + graded_s

    def control(self, attended_s: float) -> None:
        """Measure further demonstrations instead, until they cost the same attention."""
        workspace, scenes = copied(self.source, self.options.policy, self.folder / "shown"), count()
        while read_ledger(workspace).total.attended_s < attended_s:
            drive_simulated(workspace, Level.DEMONSTRATE, [FURTHER + next(scenes)])
        self.learn(workspace, "control, equal attention")

    def learn(
        self, workspace: Workspace, what: str, graded_s: float = 0.0, **facts: dict[str, int]
    ) -> None:
        """Train on the demonstrations and what was graded, and measure the policy."""
        trained = train_on_workspace(workspace, self.config, chooses=demonstrated, progress=False)
        self.keep(workspace, trained.path.name, what, graded_s, **facts)

    def keep(
        self,
        workspace: Workspace,
        policy: str,
        what: str,
        graded_s: float = 0.0,
        **facts: dict[str, int],
    ) -> None:
        """Evaluate a policy, and keep the row; `graded_s` is the attention of grading, s."""
        report = evaluate(workspace, self.rollouts, policy, self.options.episodes)
        rate, cost = report.rate, read_ledger(workspace).total
        row: dict[str, Any] = {
            "what": what,
            "successes": rate.successes,
            "episodes": rate.n,
            "interval95": rate.interval95,
            "seeds": [EVALUATION.first, EVALUATION.first + rate.n],
            "driven_s": round(cost.driven_s, 1),
            "attended_s": round(cost.attended_s + graded_s, 1),
            "demonstrations": len([s for s in workspace.summaries() if demonstrated(s)]),
        }
        keep_row(self.options.out, {**row, **facts, **circumstances()})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the rows."""
    options = tyro.cli(Options, description=__doc__, args=arguments)
    limit_threads()
    config = Workspace.open(options.workspace).config
    with tempfile.TemporaryDirectory() as folder, Rollouts(config, LocalEngine(1)) as rollouts:
        benchmark = Benchmark(options, rollouts, Path(folder))
        benchmark.control(benchmark.grade())


if __name__ == "__main__":
    main()
