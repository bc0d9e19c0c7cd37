"""These functions compute the report's numbers from `ReportData`: rates, intervals, paired tests.

`page` and `sentences` call them and turn the numbers into figures and text.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...datasets.tables.wilson import wilson
from ...policies.base.provenance import ProvenanceKind
from ...policies.statistics.intervals import Interval, poisson_rate, share_interval
from ...policies.statistics.rates import mcnemar
from .cost import EffortCost
from .recorded_events import TimelineEvent
from .records import EpisodeRow, PolicyEvaluation, PolicyRow
from .report_data import ReportData


@dataclass(frozen=True)
class CurvePoint:
    """One evaluated policy on the learning curve."""

    policy: PolicyRow
    """The policy; its evaluation is never None here."""
    rate: Interval
    """Success without help."""
    driven_min: float
    """Minutes that the human had driven before the policy was made."""
    watched_min: float
    """Minutes that the human had watched before the policy was made."""
    attended_min: float
    """Minutes of attention before the policy was made, by `AttentionModel`."""


@dataclass(frozen=True)
class SupervisedRound:
    """How much help one round of supervised driving needed."""

    round: int
    """Round of the loop."""
    takeovers: Interval
    """Per episode; the interval is Poisson's, exact."""
    human_share: Interval
    """Share of the steps that the human drove; the interval resamples episodes."""
    episodes: int
    """Episodes of the round."""


@dataclass(frozen=True)
class PairedOutcomes:
    """Outcomes of two policies on the same seeds, compared."""

    seeds: int
    """Seeds that both were run on."""
    fixed: int
    """Seeds on which only the later policy succeeded."""
    broken: int
    """Seeds on which only the earlier policy succeeded."""
    p_value: float
    """McNemar's exact test, two-sided."""


def success_rate(evaluation: PolicyEvaluation) -> Interval:
    """The success rate with Wilson's interval."""
    low, high = wilson(evaluation.successes, evaluation.episodes)
    return Interval(evaluation.rate, low, high)


def learning_curve(data: ReportData) -> list[CurvePoint]:
    """The evaluated policies, each with the human minutes spent before it was made."""
    points = []
    for entry in data.ledger.returns:
        assert entry.policy.evaluation is not None
        rate, until = success_rate(entry.policy.evaluation), entry.until
        minutes = (until.driven_min, until.watched_min, until.attended_min)
        points.append(CurvePoint(entry.policy, rate, *minutes))
    return points


def event_minutes(data: ReportData, attended: bool) -> list[tuple[float, TimelineEvent]]:
    """Each event with the human minutes before it: driven, or those of modelled attention."""
    places = []
    for event in data.events:
        driven_min, attended_min = data.ledger.minutes_before(event.created)
        places.append((attended_min if attended else driven_min, event))
    return places


def supervised_rounds(data: ReportData) -> list[SupervisedRound]:
    """The help that each round of supervised driving needed."""
    rounds, start = [], -np.inf
    for line in data.ledger.lines:
        cost = line.cost
        if line.source is ProvenanceKind.CORRECTIONS and cost.episodes:
            members = [
                episode
                for episode in data.episodes
                if episode.kind is line.source and start < episode.started <= cost.ended
            ]
            help_needed = poisson_rate(cost.takeovers, cost.episodes)
            share = _human_share(cost, members)
            rounds.append(SupervisedRound(cost.round, help_needed, share, cost.episodes))
        start = cost.ended
    return rounds


def _human_share(cost: EffortCost, members: Sequence[EpisodeRow]) -> Interval:
    value = cost.steps_human / cost.steps if cost.steps else 0.0
    if len(members) < 2:
        return Interval(value, value, value)
    human = np.array([episode.steps_human for episode in members])
    low, high = share_interval(human, np.array([episode.steps for episode in members]))
    return Interval(value, min(low, value), max(high, value))


def paired(earlier: PolicyEvaluation, later: PolicyEvaluation) -> PairedOutcomes | None:
    """Two evaluations compared seed by seed; None when they share no seed."""
    before = {outcome.seed: outcome.success for outcome in earlier.outcomes}
    after = {outcome.seed: outcome.success for outcome in later.outcomes}
    shared = before.keys() & after.keys()
    if not shared:
        return None
    fixed = sum(after[seed] and not before[seed] for seed in shared)
    broken = sum(before[seed] and not after[seed] for seed in shared)
    return PairedOutcomes(len(shared), fixed, broken, mcnemar(fixed, broken))


def failure_stages(evaluation: PolicyEvaluation) -> Counter[str]:
    """Furthest stage reached -> number of failed episodes."""
    return Counter(outcome.stage for outcome in evaluation.outcomes if not outcome.success)


def is_unseen(evaluation: PolicyEvaluation, episodes: Sequence[EpisodeRow]) -> bool:
    """Whether no recorded episode shares a seed with the evaluation."""
    return not any(episode.seed in evaluation.seeds for episode in episodes)
