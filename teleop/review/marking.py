"""Marks on the line of an episode: bad stretches, where it is trimmed, where a stage begins."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...datasets.judgements import BAD, STAGE, TRIM
from ...datasets.standing import Standing


@dataclass(frozen=True)
class Marked:
    """What a press comes to: a judgement to write, words to show, or both."""

    kind: str | None = None
    """Of the judgement; None writes nothing."""
    start: int | None = None
    stop: int | None = None
    payload: dict[str, str] = field(default_factory=dict)
    words: str = ""


def bad_stretch(begun: int, step: int) -> Marked:
    """From where it was begun to here, both included, in either order."""
    first, last = sorted((begun, step))
    words = f"steps {first + 1} to {last + 1} are bad: nobody learns from them"
    return Marked(BAD, first, last + 1, words=words)


def trimmed(stands: Standing, steps: int, step: int, from_here: bool) -> Marked:
    """Keep what lies from here on, or up to here; refused where nothing would be left."""
    first, end = stands.kept or (0, steps)
    start, stop = (step, end) if from_here else (first, step + 1)
    return Marked(TRIM, start, stop) if start < stop else Marked(words="nothing would be left")


def next_stage(stands: Standing, stages: Sequence[str], step: int) -> Marked:
    """The stage after those that have begun before this step begins here."""
    begun = [s for s, start in stands.stages.items() if start < step and s in stages]
    place = max((stages.index(s) for s in begun), default=0) + 1
    if place == len(stages):
        return Marked(words="all stages have begun before this step")
    return Marked(STAGE, step, payload={"stage": stages[place]})
