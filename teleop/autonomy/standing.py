"""A `Standing` says what a policy has shown at one level, and what the next level still needs.

`Ladder` makes it of its evidence and promotes by it; the command line and the plot show it.
"""

from dataclasses import dataclass
from typing import Any

from ...policies.statistics.lower_bound import (
    error_of_stay,
    exceeds,
    lower_bound,
    successes_needed,
)
from .criteria import ALPHA


@dataclass(frozen=True)
class Standing:
    """The clean episodes of a policy at one level, since its level last changed."""

    clean: int
    """Number of clean episodes."""
    n: int
    """Number of all episodes."""
    bar: float | None
    """Rate that the next level asks for; None where it asks for something else, or at the top."""
    stay: int = 1
    """How often the policy has come to this level, this time included."""

    @property
    def alpha(self) -> float:
        """The error that the test of this stay may spend."""
        return error_of_stay(ALPHA, self.stay)

    @property
    def lower(self) -> float:
        """A bound that the rate of clean episodes exceeds, at every look; 0 before the first."""
        return lower_bound(self.clean, self.n, self.alpha)

    @property
    def earned(self) -> bool:
        """Whether the rate is shown to exceed the bar of the next level."""
        return self.bar is not None and exceeds(
            self.clean, self.n - self.clean, self.bar, self.alpha
        )

    @property
    def clean_needed(self) -> int | None:
        """The clean episodes in a row that would earn the next level; None without a bar."""
        if self.bar is None:
            return None
        return successes_needed(self.clean, self.n - self.clean, self.bar, self.alpha)

    def to_json(self) -> dict[str, Any]:
        """Counts, bound and what is missing, as JSON values."""
        return {
            "clean": self.clean,
            "episodes": self.n,
            "lower_bound": self.lower,
            "alpha": self.alpha,
            "stay": self.stay,
            "bar_of_next": self.bar,
            "clean_needed": self.clean_needed,
        }

    def __str__(self) -> str:
        """The counts and the bound, after the first stay with its number."""
        again = f" since it came here for time {self.stay}" if self.stay > 1 else ""
        return f"{self.clean} clean of {self.n}{again}: lower bound {self.lower:.2f}"
