"""How far each judge can be trusted, from what several judged and from what is known.

`dawid_skene` estimates a table of confusion for every judge (Dawid and Skene, "Maximum likelihood
estimation of observer error-rates using the EM algorithm", Applied Statistics 28, 1979): how often
a judge answers what, by what is true. `Reliabilities.shares` weighs answers by it.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .judgement import DESK, EXPERT, Judgement

TRUSTED = 0.8
"""Of a judge about whom nothing is known: the share of right answers."""
KNOWN_FROM = 5.0
"""As many answers does that belief weigh; a judge's own answers soon weigh more."""
ROUNDS, SMALLEST = 50, 1e-6
Answers = Mapping[Hashable, Mapping[str, str]]
"""By item, then by judge."""


@dataclass(frozen=True)
class Reliabilities:
    """How often each judge answers what, by what is true."""

    classes: tuple[str, ...]
    """The possible answers."""
    prior: NDArray[np.float64]  # [K]
    confusion: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """By judge, [K, K]: a row for each truth, a column for each answer; rows add up to 1."""

    def shares(self, answers: Mapping[str, str]) -> dict[str, float]:
        """How probable each class is, by the answers of some judges."""
        logs = np.log(self.prior)
        for judge, answer in answers.items():
            logs = logs + np.log(self.table(judge)[:, self.classes.index(answer)])
        weights = np.exp(logs - logs.max())
        return dict(zip(self.classes, (weights / weights.sum()).tolist(), strict=True))

    def accuracy(self, judge: str) -> float:
        """How often a judge is right, over what is true as often as here, in [0, 1]."""
        return float(self.prior @ np.diag(self.table(judge)))

    def table(self, judge: str) -> NDArray[np.float64]:
        """A judge's table [K, K] of `confusion`; what is believed of one who is not known."""
        return self.confusion.get(judge, believed(len(self.classes)))


def believed(count: int) -> NDArray[np.float64]:
    """The table [K, K] of a judge about whom nothing is known, for `count` classes."""
    wrong = (1.0 - TRUSTED) / max(count - 1, 1)
    return np.full((count, count), wrong) + np.eye(count) * (TRUSTED - wrong)


def dawid_skene(
    answers: Answers, classes: Sequence[str], known: Mapping[Hashable, str] | None = None
) -> Reliabilities:
    """The reliabilities that explain the answers best, and those of items that are `known`."""
    items = {item: place for place, item in enumerate(answers)}
    judges = {judge: i for i, judge in enumerate(sorted({j for a in answers.values() for j in a}))}
    size, places = len(classes), {name: place for place, name in enumerate(classes)}
    rows = [
        (items[item], judges[judge], places[answer])
        for item, given in answers.items()
        for judge, answer in given.items()
    ]
    if not rows:
        return Reliabilities(tuple(classes), np.full(size, 1.0 / size))
    item_of, judge_of, answer_of = (np.array(column) for column in zip(*rows, strict=True))
    fixed = {items[i]: places[c] for i, c in (known or {}).items() if i in items}
    truth = np.zeros((len(items), size))
    np.add.at(truth, (item_of, answer_of), 1.0)
    for _ in range(ROUNDS):
        truth /= truth.sum(1, keepdims=True)
        for place, true in fixed.items():
            truth[place] = np.eye(size)[true]
        tables = np.tile(believed(size) * KNOWN_FROM, (len(judges), 1, 1))
        for true in range(size):
            np.add.at(tables[:, true], (judge_of, answer_of), truth[item_of, true])
        tables /= tables.sum(2, keepdims=True)
        prior = (truth.sum(0) + 1.0) / (len(items) + size)
        logs = np.tile(np.log(prior), (len(items), 1))
        np.add.at(logs, item_of, np.log(tables[judge_of, :, answer_of]))
        before, truth = truth, np.exp(logs - logs.max(1, keepdims=True))
        if np.abs(before - truth / truth.sum(1, keepdims=True)).max() < SMALLEST:
            break
    found = {judge: tables[place] for judge, place in judges.items()}
    return Reliabilities(tuple(classes), prior, found)


def is_expert(event: Judgement) -> bool:
    """Whether a judgement settles what judges disagree on: given by an expert, or at a window."""
    return bool(event.payload.get(DESK, EXPERT) == EXPERT)


def desk_reliabilities(
    events: Iterable[Judgement], kind: str, key: str, classes: Sequence[str]
) -> Reliabilities:
    """How far the judges of the desk can be trusted with one kind of judgements."""
    answered = (
        ((event.episode, event.start), event, str(event.payload[key]))
        for event in events
        if event.kind == kind and event.payload[key] in classes
    )
    return reliabilities_of(answered, classes)


def reliabilities_of(
    answered: Iterable[tuple[Hashable, Judgement, str]], classes: Sequence[str]
) -> Reliabilities:
    """How far judges can be trusted, by item, judgement and answer; an expert's answer is known."""
    answers: dict[Hashable, dict[str, str]] = {}
    known: dict[Hashable, str] = {}
    for item, event, answer in answered:
        if is_expert(event):
            known[item] = answer
        else:
            answers.setdefault(item, {})[event.operator] = answer
    return dawid_skene(answers, classes, known)


def weighed(
    events: Sequence[Judgement], key: str, trust: Reliabilities | None, classes: Sequence[str]
) -> str | None:
    """What judgements of one item come to: the expert's last, else the judges' by their trust.

    Of equally probable answers the last one counts; None without judgements.
    """
    if not events:
        return None
    experts = [event for event in events if is_expert(event)]
    if experts or len(events) == 1:
        return str((experts or events)[-1].payload[key])
    trust = trust or Reliabilities(tuple(classes), np.full(len(classes), 1.0 / len(classes)))
    votes = {event.operator: str(event.payload[key]) for event in events}
    shares, last = trust.shares(votes), str(events[-1].payload[key])
    best = max(shares.values())
    return last if shares[last] > best - SMALLEST else max(shares, key=lambda name: shares[name])
