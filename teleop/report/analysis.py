"""The numbers of the report: intervals, sums of effort, paired outcomes; no words, no drawing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, chi2

from ...policies.base.provenance import ProvenanceKind
from ...policies.statistics.rates import wilson
from .recorded_events import Happening
from .records import Effort, EpisodeRow, Evaluation, PolicyRow
from .report_data import ReportData

CONFIDENCE = 0.95
"""Of every interval on the page."""
RESAMPLES = 2000
"""Bootstrap resamples of a round's episodes."""
SECONDS_PER_MINUTE = 60.0


@dataclass(frozen=True)
class Interval:
    """A measured value and its 95 % interval."""

    value: float
    """The estimate."""
    low: float
    """Lower end."""
    high: float
    """Upper end."""


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
class Yield:
    """What one line of the effort ledger brought."""

    effort: Effort
    """The line."""
    policy: PolicyRow | None
    """The evaluated policy made from it; None when there is none."""
    gain: float | None
    """Its success less that of the policy before; None without either."""


@dataclass(frozen=True)
class Paired:
    """Two policies on the same seeds."""

    seeds: int
    """Seeds that both were run on."""
    fixed: int
    """Seeds on which only the later policy succeeded."""
    broken: int
    """Seeds on which only the earlier policy succeeded."""
    p_value: float
    """McNemar's exact test, two-sided."""


def success_rate(evaluation: Evaluation) -> Interval:
    """Return the success rate with Wilson's interval."""
    low, high = wilson(evaluation.successes, evaluation.episodes)
    return Interval(evaluation.rate, low, high)


def learning_curve(data: ReportData) -> list[CurvePoint]:
    """Return the evaluated policies, each with the human minutes that went before it."""
    points = []
    for policy in data.policies:
        if policy.evaluation is not None:
            driven, watched = minutes_before(data.efforts, policy.created)
            rate = success_rate(policy.evaluation)
            points.append(CurvePoint(policy, rate, driven, watched))
    return points


def minutes_before(efforts: Sequence[Effort], moment: float) -> tuple[float, float]:
    """Return the minutes driven and watched in the efforts that had ended by `moment`."""
    past = [effort for effort in efforts if effort.created <= moment]
    driven = sum(effort.driven_s for effort in past) / SECONDS_PER_MINUTE
    return driven, sum(effort.watched_s for effort in past) / SECONDS_PER_MINUTE


def event_places(data: ReportData, watched: bool) -> list[tuple[float, Happening]]:
    """Return each change and ruling with the human minutes that went before it."""
    places = []
    for event in data.events:
        driven, looked = minutes_before(data.efforts, event.created)
        places.append((driven + looked * watched, event))
    return places


def yields(data: ReportData) -> list[Yield]:
    """Return, per effort, the policy that was made from it and what it gained."""
    found = []
    ends = [*(effort.created for effort in data.efforts), np.inf][1:]
    for effort, end in zip(data.efforts, ends, strict=True):
        after = [p for p in data.evaluated if effort.created <= p.created < end]
        before = [p for p in data.evaluated if p.created < effort.created]
        gain = _rate(after[-1]) - _rate(before[-1]) if after and before else None
        found.append(Yield(effort, after[-1] if after else None, gain))
    return found


def _rate(policy: PolicyRow) -> float:
    assert policy.evaluation is not None
    return policy.evaluation.rate


def supervised_rounds(data: ReportData) -> list[SupervisedRound]:
    """Return the help that each round of supervised driving needed."""
    rounds = []
    for index, effort in enumerate(data.efforts):
        if effort.kind is ProvenanceKind.CORRECTIONS and effort.episodes:
            start = max((e.created for e in data.efforts[:index]), default=-np.inf)
            members = [
                episode
                for episode in data.episodes
                if episode.kind is effort.kind and start < episode.started <= effort.created
            ]
            rounds.append(
                SupervisedRound(
                    effort.round,
                    poisson_rate(effort.takeovers, effort.episodes),
                    _human_share(effort, members),
                    effort.episodes,
                )
            )
    return rounds


def poisson_rate(events: int, exposures: int) -> Interval:
    """Return events per exposure with Garwood's exact interval."""
    tail = (1 - CONFIDENCE) / 2
    low = float(chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
    high = float(chi2.ppf(1 - tail, 2 * events + 2)) / 2
    return Interval(events / exposures, low / exposures, high / exposures)


def _human_share(effort: Effort, members: Sequence[EpisodeRow]) -> Interval:
    total = effort.steps_human + effort.steps_policy
    value = effort.steps_human / total if total else 0.0
    if len(members) < 2:
        return Interval(value, value, value)
    human = np.array([episode.steps_human for episode in members])
    steps = np.array([episode.steps for episode in members])
    picks = np.random.default_rng(0).integers(len(members), size=(RESAMPLES, len(members)))
    shares = human[picks].sum(axis=1) / np.maximum(steps[picks].sum(axis=1), 1)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(shares, [tail, 1 - tail])
    return Interval(value, min(float(low), value), max(float(high), value))


def paired(earlier: Evaluation, later: Evaluation) -> Paired | None:
    """Compare two evaluations seed by seed; None when they share no seed."""
    before = {outcome.seed: outcome.success for outcome in earlier.outcomes}
    after = {outcome.seed: outcome.success for outcome in later.outcomes}
    shared = before.keys() & after.keys()
    if not shared:
        return None
    fixed = sum(after[seed] and not before[seed] for seed in shared)
    broken = sum(before[seed] and not after[seed] for seed in shared)
    p_value = binomtest(fixed, fixed + broken).pvalue if fixed + broken else 1.0
    return Paired(len(shared), fixed, broken, float(p_value))


def failure_stages(evaluation: Evaluation) -> Counter[str]:
    """Count the stages that the failed episodes had reached."""
    return Counter(outcome.stage for outcome in evaluation.outcomes if not outcome.success)


def is_unseen(evaluation: Evaluation, episodes: Sequence[EpisodeRow]) -> bool:
    """Whether no recorded episode shares a seed with the evaluation."""
    return not any(episode.seed in evaluation.seeds for episode in episodes)
