"""These records are the rows of the report: policies, evaluations, episodes, and the setting.

`collect` fills them from a workspace; figures, tables and sentences read them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ...datasets.files.plain_text import plain_text
from ...policies.base.provenance import ProvenanceKind
from ...policies.statistics.rates import Rate

EPISODE_NAMES: Mapping[ProvenanceKind, str] = {
    ProvenanceKind.DEMONSTRATIONS: "demonstration",
    ProvenanceKind.CORRECTIONS: "supervised",
    ProvenanceKind.PRACTICE: "practice",
}
"""What an episode of each kind is called; none is recorded for a finetune (nudge) alone."""


@dataclass(frozen=True)
class EvaluatedSeed:
    """One evaluation episode."""

    seed: int
    """Seed of the scene, the same scene for every policy."""
    success: bool
    """Whether the task was done without help."""
    length: int
    """Steps until it ended."""
    stage: str
    """The furthest stage reached; empty when it was not kept."""


@dataclass(frozen=True)
class PolicyEvaluation:
    """One evaluation of one policy, driving alone."""

    created: float
    """Wall time, s."""
    first_seed: int
    """The first seed; the others follow one by one."""
    episodes: int
    """Number of seeds."""
    successes: int
    """Number of successes among them."""
    outcomes: tuple[EvaluatedSeed, ...] = ()
    """Each episode; empty when only the counts were kept."""

    @property
    def rate(self) -> float:
        """Share of the episodes that succeeded."""
        return self.successes / self.episodes

    @property
    def last_seed(self) -> int:
        """The last seed that was run."""
        return self.first_seed + self.episodes - 1

    @property
    def seeds(self) -> range:
        """All seeds that were run."""
        return range(self.first_seed, self.last_seed + 1)


@dataclass(frozen=True)
class PolicyRow:
    """One policy of the workspace, with one evaluation."""

    name: str
    """Its folder under policies/."""
    parent: str | None
    """Name of the policy that drove when the new data were recorded; None for the first."""
    kind: ProvenanceKind
    """Kind of the data that were added before it was trained."""
    round: int
    """Round of the loop that made it."""
    created: float
    """Wall time at which it was saved, seconds; copying the workspace can make it later."""
    vision: str
    """Name of its vision, e.g. keypoints or end-to-end; empty when unknown."""
    trained_on: int | None
    """Episodes in its training data; None when unknown."""
    evaluation: PolicyEvaluation | None
    """As `read_policies` chooses it; None before the first."""
    taught: float | None = None
    """Wall time at which its last training episode began, seconds; None where they are gone."""

    @property
    def rate(self) -> Rate:
        """Success without help; 0 of 0 where it was not evaluated."""
        measured = self.evaluation
        return Rate(measured.successes, measured.episodes) if measured else Rate(0, 0)

    @property
    def label(self) -> str:
        """Its name without leading zeros, for people."""
        return str(int(self.name)) if self.name.isdecimal() else plain_text(self.name)


@dataclass(frozen=True)
class EpisodeRow:
    """One recorded episode, without its steps."""

    name: str
    """File name without suffix."""
    kind: ProvenanceKind
    """Demonstrated, supervised (may hold corrections) or practised alone."""
    started: float
    """Wall time, seconds."""
    seed: int
    """Scene."""
    goal: str
    """The item that the instruction names."""
    operator: str
    """Name of the operator, `simulated` for the simulated one."""
    success: bool
    """Whether the task was done, helped or not."""
    takeovers: int
    """How often the human took over."""
    steps_human: int
    """Steps that the human drove."""
    steps_policy: int
    """Steps that the policy drove."""

    @property
    def steps(self) -> int:
        """All steps."""
        return self.steps_human + self.steps_policy


@dataclass(frozen=True)
class WorkspaceSetting:
    """The conditions of the measurements: task, cameras, versions."""

    workspace: str
    """The workspace's folder as it was given."""
    task: str
    """Short task name."""
    variant: str
    """Options of the task that are set, e.g. `num_items=2`; empty for none."""
    renderer: str
    """Renderer of the recorded images."""
    cameras: tuple[str, ...]
    """The recorded cameras."""
    image_size: int
    """Pixels a side."""
    control_hz: float
    """Control ticks a second."""
    stages: tuple[str, ...]
    """Stages of the task in order; empty when no file names them."""
    versions: tuple[tuple[str, str], ...]
    """Name and version of Sidestick, its main libraries and Python."""
    created: float
    """Wall time at which the report was made, seconds."""
