"""`listing` makes the table of a workspace's episodes, `details` one episode's report.

Both serve `sidestick inspect`.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import DamagedFile
from ..checking.check import Problem
from ..checking.repair import episode_files
from ..checking.warnings import FLAGGERS, Flag, Flagger, flags_of, late_ticks
from ..database import Database
from ..episode import Episode
from ..files.plain_file import bytes_of
from ..judgements.judgement_state import ResolvedJudgements, resolved_by_episode
from ..judgements.judgements import Judgements
from ..origins import origins_of
from ..step import Driver, Level
from ..workspace import Workspace


@dataclass(frozen=True)
class ListingRow:
    """One episode of the table."""

    number: int
    """Its number in dataset.hdf5: demo_<number>."""
    id: str
    started: str
    """UTC, to the second."""
    operator: str
    instruction: str
    goal: str
    seed: int
    level: str
    policy: str | None
    steps: int
    seconds: float
    """At the control rate."""
    success: bool | None
    """None when another tool did not record it."""
    complete: bool
    grade: str | None
    """The reviewers' verdict and quality; None without one."""
    excluded: bool
    """Whether people took it out of training and exports."""
    takeovers: int
    human_steps: int
    late_ticks: int
    flags: tuple[Flag, ...]
    """Why it should be reviewed."""
    origin: str | None
    """The workspace or file that it was copied from; None when it was recorded here."""

    def to_json(self) -> dict[str, Any]:
        """The row as a JSON-compatible dict."""
        return {**asdict(self), "flags": [flag._asdict() for flag in self.flags]}


@dataclass(frozen=True)
class Listing:
    """The table, and the files that are not in it."""

    rows: tuple[ListingRow, ...]
    damaged: tuple[Problem, ...]
    """Files that cannot be read."""
    bytes: int
    """Size of the rows' files."""

    def totals(self) -> dict[str, float]:
        """Sums over the rows."""
        return {
            "episodes": len(self.rows),
            "successes": sum(bool(row.success) for row in self.rows),
            "complete": sum(row.complete for row in self.rows),
            "steps": sum(row.steps for row in self.rows),
            "human_steps": sum(row.human_steps for row in self.rows),
            "seconds": round(sum(row.seconds for row in self.rows), 1),
            "takeovers": sum(row.takeovers for row in self.rows),
            "late_ticks": sum(row.late_ticks for row in self.rows),
            "excluded": sum(row.excluded for row in self.rows),
            "flagged": sum(bool(row.flags) for row in self.rows),
            "bytes": self.bytes,
        }


def listing(
    workspace: Workspace,
    flaggers: Mapping[str, Flagger] = FLAGGERS,
    seen: Callable[[str], object] = lambda name: None,
    only: Path | None = None,
) -> Listing:
    """List the episodes by time, or `only` one; images are not read. `seen` hears of every file."""
    rows: list[ListingRow] = []
    damaged: list[Problem] = []
    size = 0
    states = resolved_by_episode(Judgements(workspace.db_path))
    origins = origins_of(Database(workspace.db_path))
    known = {path: number for number, path in enumerate(workspace.episodes())}
    for path in episode_files(workspace) if only is None else [only]:
        seen(path.stem)
        try:
            episode = Episode.read(path, images=False)
            if path not in known:
                raise DamagedFile(f"{path}: not an episode of this workspace")
        except DamagedFile as error:
            damaged.append(Problem.of(workspace.path, path, error))
            continue
        size += bytes_of(path)
        flags = flags_of(episode, flaggers)
        number = len(rows) if only is None else known[path]
        row = _row(number, episode, workspace.config.control_hz, flags)
        state, origin = states.get(row.id, ResolvedJudgements()), origins.get(row.id)
        grade = state.label or None
        rows.append(replace(row, grade=grade, excluded=state.excluded, origin=origin))
    return Listing(tuple(rows), tuple(damaged), size)


def _median(values: NDArray[np.float32]) -> float | None:
    """The median of what is not NaN in [T]; None where all are."""
    known = values[np.isfinite(values)]
    return round(float(np.median(known)), 1) if len(known) else None


def details(episode: Episode) -> dict[str, Any]:
    """Details of one episode that the table does not show."""
    summary, path = episode.summary, episode.summary.path
    stages, counts = np.unique(episode.stage, return_counts=True)
    names = dict(enumerate(summary.header.stages))
    with np.errstate(over="ignore", invalid="ignore"):  # damaged clock values
        periods = np.diff(episode.wall_time) * 1e3
    return {
        "file": path.name if path else None,
        "bytes": bytes_of(path) if path else None,
        "version": summary.version,
        "ended": moment(summary.outcome.ended),
        "driven_by": {
            driver.name.lower(): int(np.count_nonzero(episode.driver == driver))
            for driver in Driver
        },
        "stages": {
            names.get(int(stage), str(stage)): int(count)
            for stage, count in zip(stages, counts, strict=True)
        },
        "period_ms": round(float(np.median(periods)), 2) if len(periods) else None,
        "latest_ms": round(float(episode.late_ms.max()), 2),
        "round_trip_ms": _median(episode.round_trip_ms),
        "reward": round(float(episode.rewards.sum()), 3),
        "final_observation": episode.final_observation is not None,
        "abandoned": [
            {"left_at": branch.start, "steps": len(branch.columns["actions"])}
            for branch in episode.abandoned
        ],
        "env_args": dict(summary.header.env_args),
    }


def moment(seconds: float) -> str:
    """A time (s since 1970) as UTC text, to the second."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"


def _row(number: int, episode: Episode, hz: int, flags: tuple[Flag, ...]) -> ListingRow:
    """An episode's row, without grade and origin, which are in the database."""
    summary, header = episode.summary, episode.summary.header
    return ListingRow(
        number=number,
        id=summary.id,
        started=moment(header.started),
        operator=header.operator,
        instruction=header.instruction,
        goal=header.goal,
        seed=header.seed,
        level=Level(header.level).name.lower(),
        policy=header.policy_id,
        steps=summary.steps,
        seconds=round(summary.steps / hz, 2),
        success=summary.success if summary.success_known else None,
        complete=summary.complete,
        grade=None,
        excluded=False,
        takeovers=summary.takeovers,
        human_steps=summary.human_steps,
        late_ticks=late_ticks(episode),
        flags=flags,
        origin=None,
    )
