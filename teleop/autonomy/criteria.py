"""The rungs of the ladder: for every level what earns it and what loses it, as one table."""

from collections.abc import Mapping
from dataclasses import dataclass

from ...datasets.step import Level
from ...policies.statistics.sequential import Sprt

RECENT = 40
"""So many of the latest episodes at a level are its evidence."""
ENOUGH_DEMONSTRATIONS = 5
"""Successful demonstrations that a policy must have to look at, before its own are shown."""
ENOUGH_FOR_A_STAGE = 10
"""Episodes from which on a stage of the task is judged by itself."""


@dataclass(frozen=True)
class Criteria:
    """One level's conditions."""

    bar: float | None
    """The lower end of the 95 % interval of clean episodes at the level below must reach this;
    None where something else earns the level."""
    clean: str
    """What a clean episode is at this level."""
    keeps: Sprt | None
    """The sequential test that takes the level away; None where nothing can go wrong."""
    keeps_stage: Sprt | None = None
    """The same on one stage of the task, over the episodes that came to it."""


CRITERIA: Mapping[Level, Criteria] = {
    Level.DEMONSTRATE: Criteria(None, "it ended in success", None),
    Level.SHADOW: Criteria(None, "it ended in success and the policy agreed with the human", None),
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

A stage's good rate is that of whole episodes: whoever drives those well enough passes every stage
at least as often, and only one of them as seldom, so that it is not divided among the stages. Its
bad rate is higher: a weakness that sits in one stage is told by finer evidence than a whole
episode's. In 400 simulated runs of 100 episodes at supervised, with all failures in one stage, the
level is lost at a rate of 0.60 in 29 % of the runs (28 % without the stage's test), at 0.45 in 91 %
(85 %).
"""
