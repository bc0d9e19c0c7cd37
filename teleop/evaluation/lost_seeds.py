"""`LostSeeds` are the seeds of an evaluation or comparison that cannot be driven, with the reasons.

They count neither as successes nor as failures of a policy. Where the first seeds are all lost, it
is no matter of the seed, and the rest is not tried.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ...datasets.files.plain_log import plain_log
from ...policies.engines.job import JobLost

_log = plain_log(__name__)
FIRST = 3
"""Of the seeds in their order; where so many are lost, the others would be, too."""
OnLost = Callable[[int, JobLost], object]
"""Hears of a seed that is lost; what it raises ends the rest."""


def refuse(_: int, error: JobLost) -> None:
    """Raise for the first seed that cannot be driven."""
    raise error


def warn(_: int, error: JobLost) -> None:
    """Name it in the log, and go on."""
    _log.warning("left out: %s", error)


class LostSeeds:
    """Those of the seeds `asked` for that are lost."""

    def __init__(self, asked: Sequence[int], on_lost: OnLost = refuse) -> None:
        self._first, self._on_lost = frozenset(asked[:FIRST]), on_lost
        self.reasons: dict[int, str] = {}
        """Why each cannot be driven."""
        self._held: list[tuple[int, JobLost]] = []
        self._sound = False

    def add(self, seed: int, error: JobLost) -> None:
        """Note a seed; raises where none of the first ones can be driven."""
        if seed not in self.reasons:
            self._held.append((seed, error))
        self.reasons[seed] = str(error)
        if self._first <= self.reasons.keys():
            few = len(self._first)
            said = "the one seed" if few == 1 else f"the first {few} seeds"
            raise type(error)(f"given up, as {said} cannot be driven: {error}")
        self._tell()

    def note_driven(self, seed: int) -> None:
        """Note a seed that was driven; once it is one of the first, what is lost is told."""
        self._sound |= seed in self._first
        self._tell()

    def _tell(self) -> None:
        """Tell of those that nobody heard of, unless all may be lost."""
        while self._sound and self._held:
            self._on_lost(*self._held.pop(0))

    def driven(self, seeds: Iterable[int]) -> list[int]:
        """Those that are not lost."""
        return [seed for seed in seeds if seed not in self.reasons]


def lost_json(reasons: Mapping[int, str]) -> list[dict[str, Any]]:
    """Seeds with their reasons, for scripts."""
    return [{"seed": seed, "reason": reasons[seed]} for seed in sorted(reasons)]
