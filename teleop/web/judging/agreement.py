"""These functions say how far judges agree, and how well each answers what is known.

Krippendorff's alpha takes any number of judges who answered any part of the items: 1 for full
agreement, 0 for chance. The library `krippendorff` computes it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import krippendorff
import numpy as np

from ....datasets.judgements.judgement import PREDICTION, STAGE, Judgement
from ....datasets.judgements.judgement_state import GRADES, not_undone, verdict_trust
from ....datasets.judgements.preferences import preference_trust, preferences
from ....datasets.judgements.reliability import Reliabilities, desk_reliabilities
from .answer_book import ItemAnswers
from .items import ItemKind, alike, answer_word

MEASURED: Mapping[str, str] = {"quality": "ordinal", "stage": "interval"}
"""Level of measurement of the answers, by kind of item; nominal for all others."""
WORDED = ("outcome", "quality", "prediction", "pair", "reason", "stage")
"""Kinds whose answers are one of a few words, or one number, which alpha can compare."""


TRUST: Mapping[ItemKind, Callable[[Sequence[Judgement]], Reliabilities]] = {
    ItemKind.OUTCOME: verdict_trust,
    ItemKind.PREDICTION: lambda events: desk_reliabilities(
        not_undone(events), PREDICTION, "grade", GRADES
    ),
    ItemKind.PAIR: lambda events: preference_trust(preferences(events)),
}
"""How far judges are trusted, for the kinds whose answers are weighed by it."""


class JudgeRecord(NamedTuple):
    """How one judge has answered so far."""

    name: str
    answers: int
    gold: int
    """Items with known answers among them."""
    right: int
    """Of those, how many were answered as known."""


def alpha(items: Mapping[str, ItemAnswers], kind: str) -> float | None:
    """Krippendorff's alpha of the judges' answers; None where nothing was answered twice."""
    answered = [a.judges for key, a in items.items() if key.startswith(f"{kind}:")]
    shared = [judges for judges in answered if len(judges) > 1]
    names = sorted({name for judges in shared for name in judges})
    known = sorted({_value(event) for judges in shared for event in judges.values()})
    if not shared or kind not in WORDED:
        return None
    if len(known) < 2:
        return 1.0  # alpha is not defined where all say the same everywhere: they agree
    level: Any = MEASURED.get(kind, "nominal")
    table = np.full((len(names), len(shared)), np.nan)
    for column, judges in enumerate(shared):
        for name, event in judges.items():
            value = _value(event)
            place = value if isinstance(value, int) else known.index(value)
            table[names.index(name), column] = place
    return float(krippendorff.alpha(reliability_data=table, level_of_measurement=level))


def records(items: Mapping[str, ItemAnswers]) -> list[JudgeRecord]:
    """How each judge has answered, by name."""
    counts: dict[str, list[int]] = {}
    for answers in items.values():
        for name, event in answers.judges.items():
            count = counts.setdefault(name, [0, 0, 0])
            count[0] += 1
            if answers.expert is not None:
                count[1] += 1
                count[2] += alike(event, answers.expert)
    return [JudgeRecord(name, *count) for name, count in sorted(counts.items())]


def trusted(
    items: Mapping[str, ItemAnswers], events: Sequence[Judgement]
) -> dict[str, dict[str, float]]:
    """How often each judge is right, by name and by the kinds that they have answered."""
    found: dict[str, dict[str, float]] = {}
    for kind, trust_of in TRUST.items():
        given = [a.judges for key, a in items.items() if key.startswith(f"{kind}:")]
        names = {name for judges in given for name in judges}
        if names:
            trust = trust_of(events)
            for name in names:
                found.setdefault(name, {})[kind] = round(trust.accuracy(name), 3)
    return found


def _value(event: Judgement) -> Any:
    """An answer as alpha compares it: the step that a stage begins at, or one word."""
    return event.start or 0 if event.kind == STAGE else answer_word(event)
