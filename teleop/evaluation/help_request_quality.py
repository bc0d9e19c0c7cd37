"""`help_request_quality` measures precision and recall of a policy's help requests.

A benchmark calls it with two facts per seed: whether the on-call episode asked for help, and
whether the same policy fails the same seed unattended. Up to its first request an on-call episode
is bit for bit the unattended one, so that the second fact is what would have become of it.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ...policies.statistics.rates import Rate
from ...sim_envs.errors import BadValue

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class HelpRequestQuality:
    """Precision and recall of help requests, over episodes."""

    needed: Rate
    """Of the episodes that asked, those that would have failed without help: precision."""
    met: Rate
    """Of the episodes that would have failed without help, those that asked: recall."""

    def to_json(self) -> dict[str, Any]:
        """Both rates with their intervals."""
        return {
            key: {
                "value": rate.value if rate.n else None,
                "of": rate.n,
                "interval95": list(rate.interval95),
            }
            for key, rate in (("precision", self.needed), ("recall", self.met))
        }


def help_request_quality(
    asked: Mapping[Key, bool], would_fail: Mapping[Key, bool]
) -> HelpRequestQuality:
    """Compare, by seed or other key, which episodes asked with which would fail without help."""
    if asked.keys() != would_fail.keys():
        odd = sorted(map(str, asked.keys() ^ would_fail.keys()))
        raise BadValue("seeds", "the same in both", odd)
    both = sum(asked[key] and would_fail[key] for key in asked)
    return HelpRequestQuality(
        Rate(both, sum(asked.values())),
        Rate(both, sum(would_fail.values())),
    )
