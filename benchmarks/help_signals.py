"""What each signal of a help monitor is worth, from traces of a policy that drove alone.

`help_requests` calls it. Up to its first request an episode on call is bit for bit the one alone,
so that rules can be applied to recorded traces, and the outcome alone says whether help was needed.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from sidestick.policies.statistics.intervals import poisson_rate
from sidestick.policies.statistics.rates import Rate
from sidestick.policies.statistics.roc import auroc
from sidestick.sim_envs.spaces import CONTROL_HZ
from sidestick.teleop.evaluation.help_request_quality import help_request_quality
from sidestick.teleop.session.help_requests import HelpMonitor, HelpReason, HelpRules, extent_m
from sidestick.teleop.session.levels import ControlState

from .help_trace import NONE, DrivenTrace

NEVER_S = 1e6
RESAMPLES = 300
"""Bootstrap resamples of episodes per area."""
PROMPT_S = 3.0
"""A request within so long after the fault is prompt."""


class Request(NamedTuple):
    """The first request in an episode."""

    tick: int
    reason: HelpReason


def alone(rules: HelpRules) -> dict[str, HelpRules]:
    """The rules as they are, and each signal by itself, by name."""
    return {
        "all": rules,
        "novelty": replace(rules, stalled_s=NEVER_S, overdue_s=NEVER_S),
        "stall": replace(rules, novelty=1.0, overdue_s=NEVER_S),
        "overtime": replace(rules, novelty=1.0, stalled_s=NEVER_S),
        "mute": replace(rules, novelty=1.0, stalled_s=NEVER_S, overdue_s=NEVER_S),
    }


def first_request(trace: DrivenTrace, rules: HelpRules) -> Request | None:
    """The first request under these rules; None without any."""
    monitor = HelpMonitor(rules)
    for tick, novelty in enumerate(trace.novelty.tolist()):
        answered = bool(trace.answered[tick])
        reason = monitor.update(ControlState.POLICY, novelty, answered, trace.ee_m[tick])
        if reason:
            return Request(tick, reason)
    return None


def quality(traces: Sequence[DrivenTrace], rules: HelpRules) -> dict[str, Any]:
    """Precision, recall, needless requests and times of the first requests under these rules."""
    requests = {trace.key: first_request(trace, rules) for trace in traces}
    ticks = {key: request.tick for key, request in requests.items() if request}
    asked = {key: key in ticks for key in requests}
    failed, good = [t for t in traces if not t.success], [t for t in traces if t.success]
    pair = help_request_quality(asked, {trace.key: not trace.success for trace in traces})
    hours = sum(ticks.get(t.key, len(t)) for t in good) / CONTROL_HZ / 3600
    needless = sum(asked[t.key] for t in good)
    met = [t for t in failed if asked[t.key]]
    after = [ticks[t.key] - t.fault_tick for t in met if t.fault_tick != NONE]
    return {
        "episodes": len(traces),
        "asked": len(ticks),
        **pair.to_json(),
        "false_alarms": _rate(Rate(needless, len(good))),
        "false_per_hour": _per_hour(needless, hours),
        "asked_before_fault": sum(tick < 0 for tick in after),
        "prompt_recall": _rate(_prompt(failed, ticks)),
        "after_fault_s": _median([tick / CONTROL_HZ for tick in after if tick >= 0]),
        "before_end_s": _median([(len(t) - ticks[t.key]) / CONTROL_HZ for t in met]),
        "reasons": dict(Counter(request.reason.name for request in requests.values() if request)),
    }


def _prompt(failed: Sequence[DrivenTrace], ticks: Mapping[tuple[str, int], int]) -> Rate:
    """Of the failures with a fault, those that asked at most PROMPT_S after it, and not before."""
    faulty = [t for t in failed if t.fault_tick != NONE]
    delays = [ticks.get(t.key, np.inf) - t.fault_tick for t in faulty]
    return Rate(sum(0 <= delay <= PROMPT_S * CONTROL_HZ for delay in delays), len(faulty))


def _rate(rate: Rate) -> dict[str, Any]:
    value = rate.value if rate.n else None
    return {"value": value, "of": rate.n, "interval95": list(rate.interval95)}


def _per_hour(events: int, hours: float) -> dict[str, Any] | None:
    if not hours:
        return None
    scaled = poisson_rate(events, 1)
    value, *interval = (x / hours for x in (scaled.value, scaled.low, scaled.high))
    return {"value": value, "interval95": interval, "hours": hours}


def _median(values: Sequence[float]) -> dict[str, Any] | None:
    """The median with the exact interval of order statistics (binomial; Conover 1999, 3.2)."""
    if not values:
        return None
    ordered, outside = sorted(values), int(binom.ppf(0.025, len(values), 0.5))
    limits = [ordered[outside - 1], ordered[-outside]] if outside else [None, None]
    return {"value": float(np.median(values)), "of": len(values), "interval95": limits}


Score = NDArray[np.float64]
"""(T,) a signal at every tick, from what came before; higher is more alarming."""


def sustained(values: NDArray[np.float64], rules: HelpRules) -> Score:
    """What `alarmed` of the last `of` ticks reach; 0 before there are so many."""
    windows = (np.sort(values[max(0, i - rules.of) : i])[::-1] for i in range(1, len(values) + 1))
    reached = (w[rules.alarmed - 1] if len(w) >= rules.alarmed else 0.0 for w in windows)
    return np.fromiter(reached, np.float64)


def stalled(trace: DrivenTrace, rules: HelpRules) -> Score:
    """For how many ticks the end effector has been in a box with a diagonal `stalled_m`."""
    found, start = np.zeros(len(trace)), 0
    for end in range(1, len(trace) + 1):
        while extent_m(trace.ee_m[start:end]) >= rules.stalled_m:
            start += 1
        found[end - 1] = end - start
    return found


def empty(trace: DrivenTrace) -> Score:
    """For how many ticks the gripper has been closed on nothing."""
    found = np.zeros(len(trace))
    closed = trace.closing & (trace.width_m < EMPTY_M)
    for i in range(1, len(trace)):
        found[i] = found[i - 1] + 1 if closed[i] else 0
    return found


EMPTY_M = 0.012
"""Fingers nearer to each other than this hold nothing (`PANDA.empty_finger_m`, two of them)."""
SCORES: dict[str, Callable[[DrivenTrace, HelpRules], Score]] = {
    "novelty": lambda trace, rules: sustained(trace.novelty, rules),
    "stall": stalled,
    "overtime": lambda trace, rules: np.arange(1, len(trace) + 1, dtype=np.float64),
    "closed on nothing": lambda trace, rules: empty(trace),
}


def separation(
    traces: Sequence[DrivenTrace], rules: HelpRules, moments_s: Sequence[float], since_fault: bool
) -> dict[str, dict[str, Any]]:
    """AUROC of each signal for "this episode fails", at early moments.

    A moment counts from the beginning or, `since_fault`, from the fault, and so does what a signal
    has reached at most by then. An episode that is over before keeps what it reached.
    """
    failed = np.array([not trace.success for trace in traces])
    begins = [trace.fault_tick if since_fault else 0 for trace in traces]
    table: dict[str, dict[str, Any]] = {
        f"{seconds:g} s": {"failed": int(failed.sum()), "succeeded": int((~failed).sum())}
        for seconds in moments_s
    }
    for name, score in SCORES.items():
        scores = [score(trace, rules) for trace in traces]
        for seconds in moments_s:
            reached = [
                row[first : first + round(seconds * CONTROL_HZ)].max(initial=0.0)
                for row, first in zip(scores, begins, strict=True)
            ]
            table[f"{seconds:g} s"][name] = _area(np.array(reached), failed)
    return table


def _area(scores: NDArray[np.float64], failed: NDArray[np.bool_]) -> dict[str, Any]:
    """AUROC with a bootstrap interval over episodes (Efron 1979)."""
    rng, areas = np.random.default_rng(0), []
    for _ in range(RESAMPLES):
        some = rng.integers(len(scores), size=len(scores))
        areas.append(auroc(scores[some], failed[some]))
    known = np.array(areas)[np.isfinite(areas)]
    low, high = np.quantile(known, (0.025, 0.975)) if len(known) else (0.0, 1.0)
    return {"value": auroc(scores, failed), "interval95": [float(low), float(high)]}
