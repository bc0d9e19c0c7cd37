"""The table `CRITERIA` says for every level what earns it and what loses it.

`Ladder` applies it to the evidence that `EpisodeTrace` and `stage_evidence` make of episodes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ...datasets.step import Level
from ...policies.statistics.sequential import Sprt

RECENT = 40
"""So many of the latest episodes at a level count for promotion."""
ENOUGH_DEMONSTRATIONS = 5
"""Successful demonstrations that a workspace must have before its policy earns shadow."""
ENOUGH_FOR_A_STAGE = 10
"""Least number of episodes that reached a stage of the task for a test of that stage."""


@dataclass(frozen=True)
class Criteria:
    """The conditions of one level."""

    bar: float | None
    """Least lower end of the 95 % interval of the share of clean episodes at the level below;
    None where something else earns the level."""
    clean: str
    """What a clean episode is at this level, as text."""
    keeps: Sprt | None
    """The sequential test on clean episodes that loses the level; None where it cannot be lost."""
    keeps_stage: Sprt | None = None
    """The same test on one stage of the task, over the episodes that reached it."""


CRITERIA: Mapping[Level, Criteria] = {
    Level.DEMONSTRATE: Criteria(None, "it ended in success", None),
    Level.SHADOW: Criteria(
        None, "it ended in success and the policy agreed with the operator", None
    ),
    Level.ASSIST: Criteria(
        0.50,
        "it ended in success and the policy had its share of the motion",
        Sprt(good=0.70, bad=0.30),
    ),
    Level.SUPERVISED: Criteria(
        0.60, "it ended in success without takeover or rewind", Sprt(good=0.60, bad=0.25),
        Sprt(good=0.60, bad=0.40),
    ),
    Level.ON_CALL: Criteria(
        0.60, "it ended in success without request, takeover or rewind", Sprt(good=0.60, bad=0.25),
        Sprt(good=0.60, bad=0.40),
    ),
    Level.AUTONOMOUS: Criteria(
        0.80, "it ended in success without takeover or rewind", Sprt(good=0.85, bad=0.60),
        Sprt(good=0.85, bad=0.70),
    ),
}  # fmt: skip
"""Lower bounds are Wilson's (1927), tests Wald's (1945) at 5 % error either way.

A stage's good rate is that of whole episodes: a policy that meets it on whole episodes passes each
stage at least as often, and may fail in a single stage only, so the rate is not divided among the
stages. A stage's bad rate is higher than an episode's: a weakness in one stage shows more clearly
in that stage's rate than in that of whole episodes. In 400 simulated runs of 100 episodes at
supervised, with all failures in one stage, the level is lost at a rate of 0.60 in 29 % of the runs
(28 % without the stage's test), at 0.45 in 91 % (85 %).
"""
