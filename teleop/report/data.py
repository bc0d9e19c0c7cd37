"""Everything that the page shows, as plain frozen records: no file, no database behind them."""

from dataclasses import dataclass

from .comparisons import ComparisonRow
from .footage import Footage
from .happenings import Happening
from .judged import Judged
from .moments import Moments
from .rows import Effort, EpisodeRow, PolicyRow


@dataclass(frozen=True)
class Setting:
    """What was measured, with what."""

    workspace: str
    """The workspace's folder as it was given."""
    task: str
    """Short task name."""
    variant: str
    """How the world differs from the task's own, e.g. `num_items=2`; empty for not at all."""
    renderer: str
    """What drew the recorded images."""
    cameras: tuple[str, ...]
    """The recorded cameras."""
    image_size: int
    """Pixels a side."""
    control_hz: float
    """Control ticks a second."""
    stages: tuple[str, ...]
    """Stages of the task in order; empty when no file names them."""
    versions: tuple[tuple[str, str], ...]
    """Name and version of what was used."""
    created: float
    """Wall time at which the report was made, seconds."""


@dataclass(frozen=True)
class ReportData:
    """A workspace as the report sees it."""

    setting: Setting
    """What was measured, with what."""
    policies: tuple[PolicyRow, ...] = ()
    """In the order of their making."""
    efforts: tuple[Effort, ...] = ()
    """In the order of their ending, one per round and kind."""
    episodes: tuple[EpisodeRow, ...] = ()
    """In the order of their recording."""
    success: Footage | None = None
    """A success without a takeover, the policy's where there is one; None without any."""
    failure: Footage | None = None
    """An episode that failed."""
    correction: Footage | None = None
    """An episode with a takeover that ended well where possible."""
    commands: tuple[str, ...] = ()
    """Shell lines that give the figures again."""
    notes: tuple[str, ...] = ()
    """What the reader must know, e.g. files that were skipped."""
    events: tuple[Happening, ...] = ()
    """Promotions, demotions, swaps and what the gate said, in order."""
    moments: Moments | None = None
    """What the steps come to; None where they were not read."""
    judged: Judged | None = None
    """None where nobody has judged."""
    comparisons: tuple[ComparisonRow, ...] = ()
    """In order."""

    @property
    def evaluated(self) -> tuple[PolicyRow, ...]:
        """The policies that have an evaluation, in order."""
        return tuple(policy for policy in self.policies if policy.evaluation is not None)
