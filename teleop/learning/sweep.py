"""`sweep` trains policies with several heads and seeds, and counts what each solves.

`sidestick sweep` calls it; the database keeps its `SweepRow`s, and the report shows them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ...datasets.database import Database, EventEntry, EventKind
from ...datasets.files.decoding import decoded
from ...datasets.workspace import Workspace
from ...policies.engines.job import JobLost
from ...policies.statistics.rates import Rate
from ...sim_envs.errors import BadValue
from ..evaluation.evaluate import evaluate
from ..evaluation.rollouts import Rollouts

if TYPE_CHECKING:
    from ...policies.training.config import TrainConfig

OnLost = Callable[[object, JobLost], object]
"""Hears of a training or a seed that its workers did not survive."""


@dataclass(frozen=True)
class SweepRow:
    """One policy of a sweep."""

    head: str
    seed: int
    """Of the training."""
    policy: str
    """Its number in the workspace."""
    successes: int
    episodes: int


@dataclass(frozen=True)
class SweepReport:
    """All policies of a sweep, on the same scenes."""

    rows: tuple[SweepRow, ...]
    first_seed: int
    """Of the scenes; the others follow one by one."""
    settings: dict[str, str] = field(default_factory=dict)
    """What all trainings have in common, for people."""
    lost: tuple[str, ...] = ()
    """Trainings whose workers died."""

    def by_head(self) -> list[tuple[str, list[SweepRow], Rate]]:
        """Each head's rows, and the successes of all its seeds together, best first.

        The interval is that of the episodes; how far the seeds lie apart is in the rows.
        """
        ordered = sorted(self.rows, key=lambda row: (row.head, row.seed))
        found = []
        for head, group in groupby(ordered, lambda row: row.head):
            rows = list(group)
            won, driven = sum(r.successes for r in rows), sum(r.episodes for r in rows)
            found.append((head, rows, Rate(won, driven)))
        return sorted(found, key=lambda line: -line[2].value)

    def to_json(self) -> dict[str, Any]:
        """The rows, and each head's rate."""
        heads = [
            {"head": head, "success_rate": rate.value, "interval95": list(rate.interval95)}
            for head, _, rate in self.by_head()
        ]
        return {**asdict(self), "heads": heads}


def read_sweeps(database: Database) -> list[tuple[float, SweepReport]]:
    """The sweeps that the database keeps, with the time of each; others are left out."""
    found = []
    for event in database.events(EventKind.SWEEP):
        try:
            known = {key: event.payload[key] for key in SweepReport.__dataclass_fields__}
            found.append((event.created, decoded(known, SweepReport, "sweep")))
        except (BadValue, KeyError):  # of another version
            continue
    return found


def sweep(
    workspace: Workspace,
    configs: Sequence["TrainConfig"],
    rollouts: Rollouts,
    episodes: int,
    first_seed: int,
    on_step: Callable[[str], object],
    on_lost: OnLost,
    device: str,
) -> SweepReport:
    """Train with each configuration, let all policies drive the same seeds, keep the table."""
    from .training_jobs import train_all  # it loads PyTorch

    lost: list[str] = []

    def gone(config: "TrainConfig", error: JobLost) -> None:
        lost.append(f"{config.head} with seed {config.seed}")
        on_lost(config, error)

    numbers = train_all(
        workspace, configs, rollouts.engine,
        lambda config, number: on_step(f"trained {number}: {config.head}, seed {config.seed}"),
        gone, device,
    )  # fmt: skip
    rows = []
    for config, number in zip(configs, numbers, strict=True):
        if number is not None:
            found = evaluate(workspace, rollouts, number, episodes, first_seed, on_lost=on_lost)
            rows.append(
                SweepRow(config.head, config.seed, number, found.rate.successes, found.rate.n)
            )
            on_step(f"{number}: {found.rate}")
    report = SweepReport(tuple(rows), first_seed, _common(configs), tuple(lost))
    Database(workspace.db_path).add_event(EventEntry(EventKind.SWEEP, report.to_json()))
    return report


def _common(configs: Iterable["TrainConfig"]) -> dict[str, str]:
    """Settings that all have in common and that differ from a training's usual ones."""
    from ...policies.training.config import TrainConfig

    usual, found = asdict(TrainConfig()), [asdict(config) for config in configs]
    return {
        name: str(value)
        for name, value in found[0].items()
        if name not in ("head", "seed")
        and value != usual[name]
        and all(other[name] == value for other in found)
    }
