"""The rows of the report's tables: policies, the effort ledger, episodes."""

from dataclasses import dataclass

from .evaluation import Evaluation
from .kind import Kind


@dataclass(frozen=True)
class PolicyRow:
    """One policy of the workspace, with its best-founded evaluation."""

    name: str
    """Its folder under policies/."""
    parent: str | None
    """Name of the policy whose driving gave the new data; None for the first."""
    kind: Kind
    """What was added to the data before it was trained."""
    round: int
    """Round of the loop that made it."""
    created: float
    """Wall time at which it was saved, seconds."""
    vision: str
    """How it sees, e.g. keypoints or end-to-end; empty when unknown."""
    trained_on: int | None
    """Episodes in its training data; None when unknown."""
    evaluation: Evaluation | None
    """On the seeds that most policies share, of these the largest; None before the first."""

    @property
    def label(self) -> str:
        """Its name without leading zeros, for people."""
        return str(int(self.name)) if self.name.isdecimal() else self.name


@dataclass(frozen=True)
class Effort:
    """One round's line of the effort ledger."""

    round: int
    """Round of the loop."""
    kind: Kind
    """What was done."""
    created: float
    """Wall time at which it ended, seconds."""
    driven_s: float
    """Seconds with the human driving."""
    watched_s: float
    """Seconds with the policy driving and the human watching."""
    takeovers: int
    """How often the human took over."""
    episodes: int
    """Episodes of the round."""
    steps_human: int
    """Steps that the human drove."""
    steps_policy: int
    """Steps that the policy drove."""

    @property
    def label(self) -> str:
        """What a table calls it."""
        return f"{self.kind} (round {self.round})"


@dataclass(frozen=True)
class EpisodeRow:
    """One recorded episode, without its steps."""

    name: str
    """File name without suffix."""
    kind: Kind
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
