"""The stages of a task as evidence: where a policy's episodes die, and which stage it may not have.

Pure. A stage was passed when the policy drove it alone to the next one; see `account`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...policies.statistics.rates import Rate
from ...policies.statistics.sequential import Sprt
from ...policies.statistics.sequential import SprtState as Standing
from .criteria import ENOUGH_FOR_A_STAGE, RECENT
from .episode_evidence import EpisodeEvidence


@dataclass(frozen=True)
class StageEvidence:
    """What a policy's episodes at one level say of one stage."""

    stage: str
    passed: Rate
    """Attempts that it passed clean, among the recent episodes that came to it."""
    died: Rate
    """Recent episodes that ended there without success, among all recent ones."""
    test: Standing | None
    """The sequential test over all attempts; None where they are too few, or there is no test."""

    @property
    def enough(self) -> bool:
        """Whether the stage is judged by itself."""
        return self.passed.n >= ENOUGH_FOR_A_STAGE

    def to_json(self) -> dict[str, Any]:
        """What scripts get."""
        return {
            "clean": self.passed.successes,
            "episodes": self.passed.n,
            "lower": self.passed.interval95[0],
            "interval95": list(self.passed.interval95),
            "died": self.died.successes,
            "died_of": self.died.n,
            "died_interval95": list(self.died.interval95),
            "log_ratio": None if self.test is None else self.test.log_ratio,
        }


def evidence_by_stage(
    trials: Sequence[EpisodeEvidence], order: Sequence[str], test: Sprt | None
) -> list[StageEvidence]:
    """Every stage that some trial came to, in the task's order; `trials` are of one level."""
    recent = trials[-RECENT:]
    deaths = Counter(trial.last_stage for trial in recent if not trial.success)
    found = []
    for stage in _known(trials, order):
        passed = [trial.stages[stage] for trial in recent if stage in trial.stages]
        attempts = [trial.stages[stage] for trial in trials if stage in trial.stages]
        judged = test is not None and len(attempts) >= ENOUGH_FOR_A_STAGE
        found.append(
            StageEvidence(
                stage,
                Rate(sum(passed), len(passed)),
                Rate(deaths[stage], len(recent)),
                test.judge(attempts) if test is not None and judged else None,
            )
        )
    return found


def failed_stage(evidence: Sequence[StageEvidence]) -> StageEvidence | None:
    """The first stage whose test was failed."""
    return next((e for e in evidence if e.test is not None and e.test.rejected), None)


def where_lost(evidence: Sequence[StageEvidence]) -> str:
    """The stage in which most was lost, as the end of a sentence; empty where nothing is known."""
    lost = {e: e.passed.n - e.passed.successes for e in evidence}
    worst = max(lost, key=lambda e: lost[e], default=None)
    if worst is None or not lost[worst]:
        return ""
    return f"; most were lost at {worst.stage!r}, {lost[worst]} of {worst.passed.n} that came to it"


def _known(trials: Sequence[EpisodeEvidence], order: Sequence[str]) -> list[str]:
    """The stages that came up, in the task's order; what the task does not name comes last."""
    seen = {stage for trial in trials for stage in trial.stages}
    return [*(stage for stage in order if stage in seen), *sorted(seen - set(order))]
