"""What judges say of pairs of episodes, and how much each judge's answer weighs.

The two episodes of a pair are told apart by their ids, so that answers to the same pair compare
whichever side an episode was shown on.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .counting_words import MACHINE
from .judgement import NEITHER, PREFERENCE, THIS, Judgement
from .judgement_state import not_undone
from .reliability import Reliabilities, is_expert, reliabilities_of

FIRST, SECOND = "first", "second"
ANSWERS = (FIRST, SECOND, NEITHER)
Pair = tuple[str, str]
"""Ids of two episodes, in their order."""


class WeighedAnswer(NamedTuple):
    """One answer to a pair that counts."""

    answer: str
    """One of ANSWERS."""
    weight: float
    """1 of an expert, 0 of a judge who guesses."""


def pair_of(event: Judgement) -> Pair:
    """The pair that a preference is about."""
    one, other = sorted((event.episode, str(event.payload["other"])))
    return one, other


def answer_of(event: Judgement) -> str:
    """What a preference says of its pair, one of ANSWERS."""
    preferred = event.payload["preferred"]
    if preferred == NEITHER:
        return NEITHER
    this_is_first = event.episode == pair_of(event)[0]
    return FIRST if (preferred == THIS) == this_is_first else SECOND


def weighed_answers(events: Iterable[Judgement]) -> dict[Pair, list[WeighedAnswer]]:
    """What counts of the answers to each pair: an expert's last, or else the last of each judge."""
    given = preferences(events)
    trust = preference_trust(given)
    said: dict[Pair, dict[str, WeighedAnswer]] = {}
    settled: dict[Pair, WeighedAnswer] = {}
    for event in given:
        pair, answer = pair_of(event), answer_of(event)
        if is_expert(event):
            settled[pair] = WeighedAnswer(answer, 1.0)
        weight = answer_weight(trust, event.operator)
        said.setdefault(pair, {})[event.operator] = WeighedAnswer(answer, weight)
    return {
        pair: [settled[pair]] if pair in settled else list(answers.values())
        for pair, answers in said.items()
    }


def preferences(events: Iterable[Judgement]) -> list[Judgement]:
    """The preferences of people that were not undone."""
    left = not_undone(events)
    return [e for e in left if e.kind == PREFERENCE and e.operator != MACHINE]


def preference_trust(given: Sequence[Judgement]) -> Reliabilities:
    """How far the judges can be trusted with pairs: by those that several judged, and experts."""
    answered = ((pair_of(event), event, answer_of(event)) for event in given)
    return reliabilities_of(answered, ANSWERS)


def answer_weight(trust: Reliabilities, judge: str) -> float:
    """How much a judge's answer to a pair weighs, in [0, 1].

    It is by how much more often they name an episode that is the better one than one that is not:
    2p - 1 where they are right with probability p, the weight of a vote in Li and Yu, "Error rate
    bounds and iterative weighted majority voting for crowdsourcing", arXiv:1411.4086, 2014. Whoever
    is wrong more often than right weighs nothing.
    """
    table = trust.table(judge)
    informed = (table[0, 0] - table[1, 0] + table[1, 1] - table[0, 1]) / 2
    return max(0.0, float(informed))
