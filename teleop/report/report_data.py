"""Everything that the page shows of a workspace, as one record."""

from dataclasses import dataclass
from functools import cached_property

from ...datasets.database import EffortEntry
from .episode_media import EpisodeMedia
from .ledger import Ledger, make_ledger
from .recorded_events import ComparisonRow, JudgementSummary, TimelineEvent
from .records import EpisodeRow, PolicyRow, WorkspaceSetting
from .step_statistics import StepStatistics


@dataclass(frozen=True)
class ReportData:
    """A workspace as the report sees it."""

    setting: WorkspaceSetting
    """What was measured, with what."""
    policies: tuple[PolicyRow, ...] = ()
    """In the order of their making."""
    efforts: tuple[EffortEntry, ...] = ()
    """The ledger's entries."""
    episodes: tuple[EpisodeRow, ...] = ()
    """In the order of their recording."""
    success: EpisodeMedia | None = None
    """A success without a takeover, the policy's where there is one; None without any."""
    failure: EpisodeMedia | None = None
    """An episode that failed."""
    correction: EpisodeMedia | None = None
    """An episode with a takeover that ended well where possible."""
    commands: tuple[str, ...] = ()
    """Shell lines that give the figures again."""
    notes: tuple[str, ...] = ()
    """What the reader must know, e.g. files that were skipped."""
    events: tuple[TimelineEvent, ...] = ()
    """Promotions, demotions, swaps and what the gate said, in order."""
    step_statistics: StepStatistics | None = None
    """What the steps come to; None where they were not read."""
    judged: JudgementSummary | None = None
    """None where nobody has judged."""
    comparisons: tuple[ComparisonRow, ...] = ()
    """In order."""

    @cached_property
    def ledger(self) -> Ledger:
        """What the human spent, and what each evaluated policy gained by it."""
        return make_ledger(self.efforts, self.policies)

    @property
    def evaluated(self) -> tuple[PolicyRow, ...]:
        """The policies that have an evaluation, in order."""
        return tuple(policy for policy in self.policies if policy.evaluation is not None)
