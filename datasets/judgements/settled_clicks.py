"""`settled_clicks` gives the one click of each picture that counts, of all that people gave there.

An expert's last, or else the middle of the judges'. Where these lie apart nobody knows who is
right, and none counts until an expert has settled it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from .counting_words import last_words, of_people
from .judgement import CLICK, Judgement
from .judgement_state import not_undone

NEAR_PX = 6.0
"""Clicks so near to each other, in recorded pixels, say the same: nobody hits a place exactly."""


def settled_clicks(events: Iterable[Judgement]) -> list[Judgement]:
    """One click of each picture and item that was clicked, in the order of the first ones."""
    by_picture: dict[tuple[object, ...], list[Judgement]] = {}
    for event in not_undone(events):
        if event.kind == CLICK:
            about = (event.episode, event.start, event.payload["camera"], event.payload["item"])
            by_picture.setdefault(about, []).append(event)
    words = (last_words(of_people(given, CLICK)) for given in by_picture.values())
    return [_middle(given) for given in words if all(near(*two) for two in combinations(given, 2))]


def near(one: Judgement, other: Judgement) -> bool:
    """Whether two clicks mean the same place."""
    return math.hypot(*(one.payload[axis] - other.payload[axis] for axis in "xy")) <= NEAR_PX


def _middle(given: Sequence[Judgement]) -> Judgement:
    """The last of these clicks, put where the median of all is."""
    place = {axis: float(np.median([event.payload[axis] for event in given])) for axis in "xy"}
    return replace(given[-1], payload={**given[-1].payload, **place})
