"""`generate` makes many demonstrations from few: it repeats what was done to objects in new scenes.

Each attempt runs in a worker without pictures; what succeeded is driven again, to the same bits,
and recorded with pictures. The environment's own verdict decides (MimicGen, Mandlekar et al. 2023,
section 4; objects and containers are those that the task names).
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...datasets.database import Database, EventEntry, EventKind
from ...datasets.recorder import Recorder
from ...datasets.workspace import Workspace
from ...policies.base.threads import few_threads
from ...policies.engines.job import Engine, JobLost
from ...sim_envs.errors import WorkspaceError
from ..evaluation.lost_seeds import OnLost, lost_json, warn
from ..evaluation.seeds import GENERATION
from ..session.environments import arm_env, workspace_env
from ..session.recording import Recording
from ..session.session import Session
from ..session.subscriber import EpisodeContext, Subscriber
from .attempts import Attempt, Attempts
from .generating_operator import NOISE, GeneratingOperator
from .handling import Handling
from .scenes import payload, read_scenes

LEAST_MINUTES = 2.0
"""It stops where the disk has space for fewer minutes of recording."""
HOPELESS = 20
"""After so many attempts without a success it stops."""
LEAST_YIELD = 0.05
"""Below this yield it stops too, once HOPELESS attempts were made."""
OnAttempt = Callable[[Attempt], object]


@dataclass
class GenerationReport:
    """What was generated, and what was not."""

    recorded: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    sources: int = 0
    """Demonstrations that were repeated."""
    handlings: int = 0
    """Objects that they put where they belong."""
    lost: dict[int, str] = field(default_factory=dict)
    """Seeds that could not be driven, as the world fails there or workers die, with the reason."""
    stopped: str = ""
    """Why it stopped early; empty where it did not."""

    @property
    def yielded(self) -> float:
        """Share of the attempts that succeeded; NaN for none."""
        won = sum(attempt.success for attempt in self.attempts)
        return won / len(self.attempts) if self.attempts else float("nan")

    def noting(self, on_lost: OnLost) -> OnLost:
        """`on_lost`, which hears of a seed once it is noted here."""

        def noted(seed: int, error: JobLost) -> None:
            self.lost[seed] = str(error)
            on_lost(seed, error)

        return noted

    def to_json(self) -> dict[str, Any]:
        """The counts, and where attempts failed."""
        failed = Counter(attempt.stage for attempt in self.attempts if not attempt.success)
        return {
            "recorded": self.recorded,
            "attempts": len(self.attempts),
            "yield": self.yielded,
            "failed_by_stage": dict(failed.most_common()),
            "failed_seeds": [attempt.seed for attempt in self.attempts if not attempt.success],
            "lost": lost_json(self.lost),
            "sources": self.sources,
            "handlings": self.handlings,
            "stopped": self.stopped,
        }


class GenerationLog(Subscriber):
    """Enters whose repetition an episode is before its first step is recorded."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.attempt: Attempt | None = None

    def on_begin(self, context: EpisodeContext) -> None:
        """Enter the episode's id with its sources."""
        assert self.attempt is not None
        found = {"episode": context.episode_id, **payload(self.attempt)}
        self._database.add_event(EventEntry(EventKind.GENERATED, found))

    def failed(self, attempt: Attempt) -> None:
        """Enter a scene that could not be solved: a person may show it."""
        self._database.add_event(EventEntry(EventKind.NOT_GENERATED, payload(attempt)))


def generate(
    workspace: Workspace,
    count: int,
    handlings: Sequence[Handling],
    engine: Engine,
    noise: float = NOISE,
    on_attempt: OnAttempt = lambda _: None,
    kind: type[GeneratingOperator] = GeneratingOperator,
    on_lost: OnLost = warn,
) -> GenerationReport:
    """Record `count` new episodes of an operator's kind, on seeds that no generation tried yet.

    Stops early, and says so in the report, where nothing or next to nothing succeeds.
    """
    if full := _full(workspace):
        raise WorkspaceError(full)
    log = GenerationLog(Database(workspace.db_path))
    report = GenerationReport(
        sources=len({handling.source for handling in handlings}), handlings=len(handlings)
    )
    with (
        Attempts(workspace.config, kind, handlings, noise, engine) as attempts,
        few_threads(),
        contextlib.closing(workspace_env(workspace.config)) as env,
        Recorder(workspace) as recorder,
    ):
        operator = kind(arm_env(env, "generating"), handlings, noise)
        session = Session(env, operator, operator.assignment(), [log, Recording(recorder)])
        for attempt in attempts.run(_seeds(workspace), report.noting(on_lost)):
            report.attempts.append(attempt)
            if attempt.success:
                log.attempt, operator.tried = attempt, attempt.tried
                report.recorded += session.run_episode(attempt.seed).success
            elif attempt.last:
                log.failed(attempt)
            on_attempt(attempt)
            report.stopped = _hopeless(report) or _full(workspace)
            if report.recorded >= count or report.stopped:
                break
        recorder.wait()
    return report


def _full(workspace: Workspace) -> str:
    """Why the disk ends it; empty while there is space."""
    left = workspace.minutes_left()
    if left >= LEAST_MINUTES:
        return ""
    return (
        f"the disk of {workspace.path} has space for {left:.1f} minutes of recording; free some, "
        "then the same command goes on"
    )


def _hopeless(report: GenerationReport) -> str:
    tried = len(report.attempts)
    if tried < HOPELESS or report.yielded >= LEAST_YIELD:
        return ""
    stages = Counter(attempt.stage for attempt in report.attempts if not attempt.success)
    ends = ", ".join(f"{stage} ({times})" for stage, times in stages.most_common())
    return f"{report.recorded} of {tried} attempts succeeded; the others ended at {ends}"


def _seeds(workspace: Workspace) -> Iterator[int]:
    """The seeds after all that were tried before."""
    tried = [scene.seed for scene in read_scenes(Database(workspace.db_path))]
    used = max(tried, default=GENERATION.first - 1) - GENERATION.first + 1
    yield from GENERATION.seeds((GENERATION.count or 0) - used, used)
