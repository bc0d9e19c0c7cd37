"""These functions say whose word counts: an expert's, or else the judges', or else the machine's.

`judgement_state` resolves an episode's judgements with them.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np

from .judgement import STAGE, TRIM, Judgement
from .reliability import is_expert

MACHINE = "simulated"
"""Operator name of the simulated reviewer, whose judgements any other reviewer overrides."""
StepRange: TypeAlias = tuple[int, int]
"""Steps from the first to before the second."""


def of_people(events: Iterable[Judgement], kind: str) -> list[Judgement]:
    """The judgements of a kind by experts, or else by the desk's judges, or else by the machine."""
    of_kind = [event for event in events if event.kind == kind]
    people = [event for event in of_kind if event.operator != MACHINE] or of_kind
    return [event for event in people if is_expert(event)] or people


def stage_begins(events: Iterable[Judgement], stage: str) -> int:
    """The first step of a stage: the expert's last word, or the median of the judges'."""
    marks = [e for e in events if e.kind == STAGE and e.payload["stage"] == stage]
    return _middle([mark.start or 0 for mark in last_words(of_people(marks, STAGE))])


def kept_steps(events: Iterable[Judgement]) -> StepRange | None:
    """The steps to keep: the expert's last word, or the median of the judges'."""
    words = [stretch(event) for event in last_words(of_people(events, TRIM))]
    if not words:
        return None
    start, stop = (_middle([word[end] for word in words]) for end in (0, 1))
    return start, max(start + 1, stop)


def last_words(events: list[Judgement]) -> list[Judgement]:
    """An expert's last of these judgements alone, or the last of each of the desk's judges."""
    if events and is_expert(events[-1]):
        return events[-1:]
    return list({event.operator: event for event in events}.values())


def _middle(steps: Sequence[int]) -> int:
    return int(np.median(steps))


def stretch(event: Judgement) -> StepRange:
    """The steps that a judgement of a stretch is about."""
    assert event.start is not None  # checked by Judgement.checked
    assert event.stop is not None
    return event.start, event.stop
