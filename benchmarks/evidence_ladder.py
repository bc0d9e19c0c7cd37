"""Simulations of the ladder's promotions: how often they are wrong, and how long they take.

Histories are Bernoulli trials, no physics; `python -m benchmarks.evidence` runs and prints them.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import earlier_rules
from benchmarks.climb import episodes_to_autonomous
from benchmarks.evidence_table import EvidenceTable, Value, chance
from sidestick.policies.statistics.lower_bound import error_of_stay, log_capital
from sidestick.teleop.autonomy.criteria import ALPHA, CRITERIA
from sidestick.teleop.session.levels import name

BARS = {level: bar for level, criteria in CRITERIA.items() if (bar := criteria.bar) is not None}
EPISODES, MANY_EPISODES = 200, 1000
BELOW = (0.0, 0.05, 0.10)
"""How far below the bar the simulated policies are."""
GOOD = (0.90, 0.95, 0.98, 1.0)
TRUTHS = (0.3, 0.5, 0.7, 0.9, 0.97)
EPISODES_OF_A_STAY = 25


def drawn(rate: float, histories: int, episodes: int, seed: Sequence[int]) -> NDArray[np.bool_]:
    """Histories (histories, episodes) of clean episodes at one rate."""
    return np.random.default_rng(seed).random((histories, episodes), np.float32) < rate


def promoted_after(clean: NDArray[np.bool_], bar: float, stay: int = 1) -> NDArray[np.intp]:
    """The episode (H,) after which each history (H, N) is promoted; N + 1 for never."""
    episodes = clean.shape[1]
    needed = _needed_clean(bar, -math.log(error_of_stay(ALPHA, stay)), episodes)
    wins = clean.cumsum(1, dtype=np.int32)
    earned = wins >= needed[np.arange(1, episodes + 1, dtype=np.int32) - wins]
    return np.asarray(np.where(earned.any(1), earned.argmax(1) + 1, episodes + 1))


def _needed_clean(bar: float, log_limit: float, most: int) -> NDArray[np.int32]:
    """The fewest clean episodes that suffice, by the number (most + 1,) of others; by bisection."""
    failures = np.arange(most + 1)
    low, high = np.zeros(most + 1, np.int32), np.full(most + 1, most + 1, np.int32)
    while (low < high).any():
        middle = (low + high) // 2
        enough = log_capital(middle, failures, bar) >= log_limit
        low, high = np.where(enough, low, middle + 1), np.where(enough, middle, high)
    return np.minimum(low, most + 1)


def promoted_in_any_stay(clean: NDArray[np.bool_], bar: float) -> NDArray[np.bool_]:
    """Whether each history (H, N) is ever promoted, if it comes back to the level again and again.

    A new stay begins every `EPISODES_OF_A_STAY` episodes, as if the level above had been lost.
    """
    found = np.zeros(len(clean), bool)
    for stay, first in enumerate(range(0, clean.shape[1], EPISODES_OF_A_STAY), 1):
        part = clean[:, first : first + EPISODES_OF_A_STAY]
        found |= promoted_after(part, bar, stay) <= part.shape[1]
    return found


def wrong_promotions(histories: int, seed: int) -> EvidenceTable:
    """How often a policy at a bar, or below it, is promoted past it."""
    rows: list[dict[str, Value]] = []
    for level, bar in BARS.items():
        for below in BELOW:
            clean = drawn(bar - below, histories, MANY_EPISODES, [seed, level, int(100 * below)])
            after, first = promoted_after(clean, bar), clean[:, :EPISODES]
            earlier = earlier_rules.promoted_after(first, bar) <= EPISODES
            rows.append(
                {
                    "level": name(level),
                    "bar": bar,
                    "true rate": round(bar - below, 2),
                    "within 200": chance(int((after <= EPISODES).sum()), histories),
                    "within 1000": chance(int((after <= MANY_EPISODES).sum()), histories),
                    "in 40 stays": chance(int(promoted_in_any_stay(clean, bar).sum()), histories),
                    "earlier rule, within 200": chance(int(earlier.sum()), histories),
                }
            )
    title = (
        f"Chance that a policy that is not better than the bar is promoted (promised: {ALPHA:g}); "
        f"the stays are of {EPISODES_OF_A_STAY} episodes each."
    )
    return EvidenceTable("wrong_promotions", title, tuple(rows[0]), rows)


def coverage(histories: int, seed: int) -> EvidenceTable:
    """How often the shown lower bound is ever above the true rate."""
    rows: list[dict[str, Value]] = []
    for number, rate in enumerate(TRUTHS):
        clean = drawn(rate, histories, EPISODES, [seed, 10, number])
        wrong = promoted_after(clean, rate) <= EPISODES
        earlier = earlier_rules.promoted_after(clean, rate) <= EPISODES
        rows.append(
            {
                "true rate": rate,
                "lower bound": chance(int(wrong.sum()), histories),
                "Wilson's, last 40": chance(int(earlier.sum()), histories),
            }
        )
    title = f"Chance that a lower bound is above the true rate at any of {EPISODES} looks."
    return EvidenceTable("coverage", title, tuple(rows[0]), rows)


def climbing(histories: int, seed: int) -> EvidenceTable:
    """How many episodes a good policy needs for each level, and from shadow to autonomous."""
    rows: list[dict[str, Value]] = []
    for number, rate in enumerate(GOOD):
        sums = np.zeros(histories, np.intp)
        for level, bar in BARS.items():
            clean = drawn(rate, histories, MANY_EPISODES, [seed, 20, number, level])
            earlier = earlier_rules.promoted_after(clean, bar)
            sums += earlier
            after = promoted_after(clean, bar)
            rows.append(_needed(f"{name(level)}, bar {bar:.2f}", rate, after, earlier))
        climbed = episodes_to_autonomous(rate, histories, MANY_EPISODES, seed)
        rows.append(_needed("shadow to autonomous", rate, climbed, sums))
    title = (
        "Episodes that a good policy needs. The whole climb counts demotions on the way, with all "
        "failures in one stage of the task."
    )
    return EvidenceTable("climbing", title, tuple(rows[0]), rows)


def _needed(
    what: str, rate: float, after: NDArray[np.intp], earlier: NDArray[np.intp]
) -> dict[str, Value]:
    found: dict[str, Any] = {"what": what, "true rate": rate}
    for prefix, episodes in (("", after), ("earlier rule: ", earlier)):
        for label, share in (("median", 0.5), ("90th percentile", 0.9)):
            value = int(np.quantile(episodes, share, method="higher"))
            found[prefix + label] = value if value <= MANY_EPISODES else f"> {MANY_EPISODES}"
    return found
