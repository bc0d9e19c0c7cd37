"""What people said of the episodes, counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...datasets.standing import Standing
from ...datasets.summary import EpisodeSummary


@dataclass(frozen=True)
class Judged:
    """What people said of the episodes."""

    verdicts: Mapping[str, int]
    """`success` and `failure` -> episodes."""
    qualities: Mapping[int, int]
    """1 to 5 -> episodes."""
    reasons: Mapping[str, int]
    operators: tuple[str, ...]
    overruled: int
    """Episodes where the verdict is not what the file says."""


def read_judged(
    summaries: Sequence[EpisodeSummary], standings: Mapping[str, Standing]
) -> Judged | None:
    """What stands of people's judgements on these episodes; None without any."""
    stands = [(s, standings[s.id]) for s in summaries if s.id in standings]
    stands = [(s, stand) for s, stand in stands if stand.operators]
    if not stands:
        return None
    said = [(s, stand) for s, stand in stands if stand.success is not None]
    return Judged(
        verdicts=Counter("success" if stand.success else "failure" for _, stand in said),
        qualities=Counter(stand.quality for _, stand in stands if stand.quality is not None),
        reasons=Counter(reason for _, stand in stands for reason in stand.reasons),
        operators=tuple(sorted({name for _, stand in stands for name in stand.operators})),
        overruled=sum(stand.success != s.success for s, stand in said),
    )
