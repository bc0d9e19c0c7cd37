"""`evidence_by_stage` counts, per stage of a task, how often a policy passed it and failed there.

The ladder calls it, and takes a level away by `failed_stage`. It is pure. A stage is passed when
the policy drove it alone to the next one; see `EpisodeTrace`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...policies.statistics.paired import rate_interval
from ...policies.statistics.rates import Rate
from ...policies.statistics.sequential import RateTestState, ShiryaevRoberts
from .criteria import ENOUGH_FOR_A_STAGE
from .episode_evidence import EpisodeEvidence


@dataclass(frozen=True)
class StageEvidence:
    """The evidence on one stage, from a policy's episodes at one level."""

    stage: str
    passed: Rate
    """The stage was passed clean, among the episodes that reached it."""
    died: Rate
    """The episode ended there without success, among all."""
    test: RateTestState | None
    """The sequential test over the episodes that reached it; None without a test or too few."""

    @property
    def enough(self) -> bool:
        """Whether enough episodes reached the stage for a test of its own."""
        return self.passed.n >= ENOUGH_FOR_A_STAGE

    def to_json(self) -> dict[str, Any]:
        """The counts, intervals and test as JSON values."""
        passed, died = interval(self.passed), interval(self.died)
        return {
            "clean": self.passed.successes,
            "episodes": self.passed.n,
            "lower": passed[0],
            "interval95": list(passed),
            "died": self.died.successes,
            "died_of": self.died.n,
            "died_interval95": list(died),
            "log_ratio": None if self.test is None else self.test.log_ratio,
        }


def interval(rate: Rate) -> tuple[float, float]:
    """The 95 % interval of a rate that is looked at after every episode."""
    return rate_interval(rate.successes, rate.n)


def evidence_by_stage(
    evidence: Sequence[EpisodeEvidence], order: Sequence[str], test: ShiryaevRoberts | None
) -> list[StageEvidence]:
    """The evidence on every stage that was reached, in the task's `order`.

    `evidence` is that of one level, oldest first.
    """
    failures = Counter(episode.last_stage for episode in evidence if not episode.success)
    found = []
    for stage in _known(evidence, order):
        passed = [episode.stages[stage] for episode in evidence if stage in episode.stages]
        judged = test is not None and len(passed) >= ENOUGH_FOR_A_STAGE
        found.append(
            StageEvidence(
                stage,
                Rate(sum(passed), len(passed)),
                Rate(failures[stage], len(evidence)),
                test.judge(passed) if test is not None and judged else None,
            )
        )
    return found


def failed_stage(evidence: Sequence[StageEvidence]) -> StageEvidence | None:
    """The first stage that failed its test; None where none did."""
    return next((e for e in evidence if e.test is not None and e.test.rejected), None)


def where_lost(evidence: Sequence[StageEvidence]) -> str:
    """The stage that was failed most often, as the end of a sentence; empty where none was."""
    lost = {e: e.passed.n - e.passed.successes for e in evidence}
    worst = max(lost, key=lambda e: lost[e], default=None)
    if worst is None or not lost[worst]:
        return ""
    return f"; most were lost at {worst.stage!r}, {lost[worst]} of {worst.passed.n} that came to it"


def _known(evidence: Sequence[EpisodeEvidence], order: Sequence[str]) -> list[str]:
    """The stages that were reached, in the task's order; unknown ones come last."""
    seen = {stage for episode in evidence for stage in episode.stages}
    return [*(stage for stage in order if stage in seen), *sorted(seen - set(order))]
