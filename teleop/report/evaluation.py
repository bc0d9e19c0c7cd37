"""One measurement of one policy, and its episodes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
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
class Evaluation:
    """One measurement of one policy, driving alone."""

    created: float
    """Wall time, seconds."""
    first_seed: int
    """Seeds run from here, one after the other."""
    episodes: int
    """How many."""
    successes: int
    """Of these, how many succeeded."""
    outcomes: tuple[Outcome, ...] = ()
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
