"""The seeds of a sitting: first those that practice failed on, then fresh ones. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...datasets.workspace import Workspace


@dataclass(frozen=True)
class Seeds:
    """In their order, and without an end."""

    first: int = 0
    """First of the fresh ones; the next ones follow."""
    failures: Sequence[int] = ()
    """What comes before them, each once."""

    @property
    def start(self) -> int:
        """The seed of the first scene."""
        return self.take(1)[0]

    def after(self, seed: int) -> int:
        """The seed that follows one of these."""
        if seed not in self.failures:
            return seed + 1
        return [*self.failures, self.first][self.failures.index(seed) + 1]

    def take(self, scenes: int) -> list[int]:
        """The seeds of the first scenes."""
        left = max(0, scenes - len(self.failures))
        return [*self.failures[:scenes], *range(self.first, self.first + left)]

    def words(self, seed: int) -> str:
        """Why a seed is there, for people; empty for a fresh one."""
        return f"seed {seed}: practice failed here" if seed in self.failures else ""


def recorded_seeds(workspace: Workspace) -> set[int]:
    """Seeds of which a complete episode is in the workspace."""
    return {s.header.seed for s in workspace.summaries() if s.complete}
