"""`ReportData` holds everything that the report shows of a workspace.

`collect` makes it; `page.render` and `two_workspaces.render_beside` turn it into HTML.
"""

from dataclasses import dataclass
from functools import cached_property

from ...datasets.database import EffortEntry
from ..evaluation.pair_ranking import RankedPolicy
from ..generation.scenes import TriedScene
from ..learning.sweep import SweepReport
from .episode_media import EpisodeMedia
from .ledger import Ledger, make_ledger
from .recorded_events import ComparisonRow, JudgementSummary, TimelineEvent
from .records import EpisodeRow, PolicyRow, WorkspaceSetting
from .step_statistics import StepStatistics


@dataclass(frozen=True)
class ReportData:
    """The contents of a workspace, as the report shows them."""

    setting: WorkspaceSetting
    """The conditions of the measurements."""
    policies: tuple[PolicyRow, ...] = ()
    """In the order in which they were made."""
    efforts: tuple[EffortEntry, ...] = ()
    """The ledger's entries."""
    episodes: tuple[EpisodeRow, ...] = ()
    """In the order in which they were recorded."""
    success: EpisodeMedia | None = None
    """A success without a takeover, by the policy alone if there is one; None without any."""
    failure: EpisodeMedia | None = None
    """An episode that failed; None without any."""
    correction: EpisodeMedia | None = None
    """An episode with a takeover, a success if there is one; None without any."""
    commands: tuple[str, ...] = ()
    """Shell lines that reproduce the figures."""
    notes: tuple[str, ...] = ()
    """Notes for the reader, e.g. on files that were left out."""
    events: tuple[TimelineEvent, ...] = ()
    """Promotions, demotions, policy switches and decisions of the gate, in order."""
    step_statistics: StepStatistics | None = None
    """Counts over all recorded steps; None where no episode could be read."""
    judged: JudgementSummary | None = None
    """The judgements of reviewers, counted; None without any."""
    comparisons: tuple[ComparisonRow, ...] = ()
    """In order."""
    ranking: tuple[RankedPolicy, ...] = ()
    """The policies by blind pairs, the best first; empty without answered pairs."""
    sweeps: tuple[tuple[float, SweepReport], ...] = ()
    """With the wall time of each, s."""
    scenes: tuple[TriedScene, ...] = ()
    """Those that generation tried."""
    driver: str = ""
    """Which policy drives unasked, and why, or why none does; empty where there are none."""

    @cached_property
    def ledger(self) -> Ledger:
        """Human effort, and what each evaluated policy gained by it."""
        return make_ledger(self.efforts, self.policies)

    @property
    def evaluated(self) -> tuple[PolicyRow, ...]:
        """The policies that have an evaluation, in order."""
        return tuple(policy for policy in self.policies if policy.evaluation is not None)
