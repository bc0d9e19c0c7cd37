"""The table `CRITERIA` says for every level what earns it and what loses it.

`Ladder` applies it to the evidence that `EpisodeTrace` and `stage_evidence` make of episodes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ...datasets.step import Level
from ...policies.statistics.sequential import ShiryaevRoberts

ALPHA = 0.025
"""Probability that a policy that is not better than a bar is ever promoted past it, however many
episodes it drives and however often it comes back to the level. 0.025 and not 0.05: a policy that
never fails still climbs from shadow to autonomous in 8 + 10 + 10 + 23 = 51 clean episodes, and
0.05 would save 10 of them."""
ENOUGH_DEMONSTRATIONS = 5
"""Successful demonstrations that a workspace must have before its policy earns shadow."""
ENOUGH_FOR_A_STAGE = 10
"""Least number of episodes that reached a stage of the task for a test of that stage."""


@dataclass(frozen=True)
class Criteria:
    """The conditions of one level."""

    bar: float | None
    """Rate of clean episodes at the level below that must be exceeded, shown by `lower_bound` at
    an error of `ALPHA`; None where something else earns the level."""
    clean: str
    """What a clean episode is at this level, as text."""
    keeps: ShiryaevRoberts | None
    """The sequential test on clean episodes that loses the level; None where it cannot be lost."""
    keeps_stage: ShiryaevRoberts | None = None
    """The same test on one stage of the task, over the episodes that reached it."""


_ALONE = ShiryaevRoberts(good=0.60, bad=0.25)
_ALONE_IN_A_STAGE = ShiryaevRoberts(good=0.60, bad=0.40)

CRITERIA: Mapping[Level, Criteria] = {
    Level.DEMONSTRATE: Criteria(None, "it ended in success", None),
    Level.SHADOW: Criteria(
        None, "it ended in success and the policy agreed with the operator", None
    ),
    Level.ASSIST: Criteria(
        0.50,
        "it ended in success and the policy had its share of the motion",
        ShiryaevRoberts(good=0.70, bad=0.30),
    ),
    Level.SUPERVISED: Criteria(
        0.60, "it ended in success without takeover or rewind", _ALONE, _ALONE_IN_A_STAGE
    ),
    Level.ON_CALL: Criteria(
        0.60, "it ended in success without request, takeover or rewind", _ALONE, _ALONE_IN_A_STAGE
    ),
    Level.AUTONOMOUS: Criteria(
        0.80,
        "it ended in success without takeover or rewind",
        ShiryaevRoberts(good=0.85, bad=0.60),
        ShiryaevRoberts(good=0.85, bad=0.70),
    ),
}
"""docs/evidence.md says what a promotion and a demotion guarantee, with their measured error rates.

A stage's good rate is that of whole episodes: a policy that meets it on whole episodes passes each
stage at least as often, and may fail in a single stage only, so the rate is not divided among the
stages. A stage's bad rate is higher than an episode's: a weakness in one stage shows more clearly
in that stage's rate than in that of whole episodes.
"""
