"""The rows of the report: policies, their evaluations, episodes, and the setting."""

from collections.abc import Mapping
from dataclasses import dataclass

from ...policies.base.provenance import ProvenanceKind
from ...policies.statistics.rates import Rate

EPISODE_NAMES: Mapping[ProvenanceKind, str] = {
    ProvenanceKind.DEMONSTRATIONS: "demonstration",
    ProvenanceKind.CORRECTIONS: "supervised",
    ProvenanceKind.PRACTICE: "practice",
}
"""What one episode of each kind is called; no episode is recorded for a nudge alone."""


@dataclass(frozen=True)
class EvaluatedSeed:
    """One evaluation episode."""

    seed: int
    """Scene; the same number is the same scene for every policy."""
    success: bool
    """Whether the task was done without help."""
    length: int
    """Steps until it ended."""
    stage: str
    """The furthest stage reached; empty when it was not kept."""


@dataclass(frozen=True)
class PolicyEvaluation:
    """One measurement of one policy, driving alone."""

    created: float
    """Wall time, seconds."""
    first_seed: int
    """Seeds run from here, one after the other."""
    episodes: int
    """How many."""
    successes: int
    """Of these, how many succeeded."""
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
    """One policy of the workspace, with its best-founded evaluation."""

    name: str
    """Its folder under policies/."""
    parent: str | None
    """Name of the policy whose driving gave the new data; None for the first."""
    kind: ProvenanceKind
    """What was added to the data before it was trained."""
    round: int
    """Round of the loop that made it."""
    created: float
    """Wall time at which it was saved, seconds; copying the workspace can make it later."""
    vision: str
    """How it sees, e.g. keypoints or end-to-end; empty when unknown."""
    trained_on: int | None
    """Episodes in its training data; None when unknown."""
    evaluation: PolicyEvaluation | None
    """On the seeds that most policies share, of these the largest; None before the first."""
    taught: float | None = None
    """Wall time at which its last training episode began, seconds; None where they are gone."""

    @property
    def rate(self) -> Rate:
        """Success without help; of nothing tried where it was not evaluated."""
        measured = self.evaluation
        return Rate(measured.successes, measured.episodes) if measured else Rate(0, 0)

    @property
    def label(self) -> str:
        """Its name without leading zeros, for people."""
        return str(int(self.name)) if self.name.isdecimal() else self.name


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
    """Who was responsible; a person's name or `simulated`."""
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
