"""The rungs of the ladder: for every level what earns it and what loses it, as one table."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..datasets.step import Level
from ..policies.sequential import Sprt

RECENT = 40
"""So many of the latest episodes at a level are its evidence."""
ENOUGH_DEMONSTRATIONS = 5
"""Successful demonstrations that a policy must have to look at, before its own are shown."""
ENOUGH_FOR_A_STAGE = 10
"""Episodes from which on a stage of the task is judged by itself."""

STAGE_ALPHA = 0.01
"""Chance to reject a stage that is good; five stages make up the 5 % of a whole episode's test."""


@dataclass(frozen=True)
class Rung:
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


RUNGS: Mapping[Level, Rung] = {
    Level.DEMONSTRATE: Rung(None, "it ended in success", None),
    Level.SHADOW: Rung(None, "it ended in success and the policy wanted what the human did", None),
    Level.ASSIST: Rung(
        0.50,
        "it ended in success and the policy had its share of the motion",
        Sprt(good=0.70, bad=0.30),
    ),
    Level.SUPERVISED: Rung(
        0.60, "it ended in success without takeover or rewind", Sprt(good=0.60, bad=0.25),
        Sprt(good=0.60, bad=0.40, alpha=STAGE_ALPHA),
    ),
    Level.ON_CALL: Rung(
        0.60, "it ended in success without request, takeover or rewind", Sprt(good=0.60, bad=0.25),
        Sprt(good=0.60, bad=0.40, alpha=STAGE_ALPHA),
    ),
    Level.AUTONOMOUS: Rung(
        0.80, "it ended in success without takeover or rewind", Sprt(good=0.85, bad=0.60),
        Sprt(good=0.85, bad=0.70, alpha=STAGE_ALPHA),
    ),
}  # fmt: skip
"""Lower bounds are Wilson's (1927), tests Wald's (1945) at 5 % error either way.

A stage's good rate is that of whole episodes: whoever drives those well enough passes every stage
at least as often, so no good policy loses a level by a stage. Its bad rate is higher: a weakness
that sits in one stage is told from a good policy by finer evidence than a whole episode's.
"""
