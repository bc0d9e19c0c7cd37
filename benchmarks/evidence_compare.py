"""Simulations of `sidestick compare`: how often it calls equal policies different, and its power.

Histories are pairs of Bernoulli trials, no physics; `python -m benchmarks.evidence` runs and prints
them.
"""

import numpy as np

from benchmarks.evidence_gate import CORRELATIONS, share, spread
from benchmarks.evidence_table import EvidenceTable, Value, chance
from benchmarks.simulated_gate import outcomes, sequential_verdicts
from sidestick.policies.statistics.paired import ALPHA

PAIRS = 200
EQUAL = (0.5, 0.8, 0.95)
DIFFERENT = ((0.9, 0.8), (0.9, 0.7), (0.95, 0.75), (0.7, 0.5), (0.99, 0.95))


def compare_errors(histories: int, seed: int) -> EvidenceTable:
    """How often two equal policies are called different."""
    rows: list[dict[str, Value]] = []
    for number, rate in enumerate(EQUAL):
        for kind, correlation in CORRELATIONS.items():
            random = np.random.default_rng([seed, 80, number, round(10 * correlation)])
            a, b = outcomes((rate, rate), histories, PAIRS, correlation, random)
            decided, _ = sequential_verdicts(a, b)
            row: dict[str, Value] = {"both": rate, "failures": kind}
            for pairs in (100, PAIRS):
                hits = int(decided[:, :pairs].any(1).sum())
                row[f"called different within {pairs}"] = chance(hits, histories)
            rows.append(row)
    title = f"Equal policies that `compare` calls different; promised is at most {ALPHA:g}."
    return EvidenceTable("compare_errors", title, tuple(rows[0]), rows)


def compare_power(histories: int, seed: int) -> EvidenceTable:
    """How often, and after how many pairs, a real difference is found."""
    rows: list[dict[str, Value]] = []
    for number, rates in enumerate(DIFFERENT):
        for kind, correlation in CORRELATIONS.items():
            random = np.random.default_rng([seed, 81, number, round(10 * correlation)])
            a, b = outcomes(rates, histories, PAIRS, correlation, random)
            decided, ahead = sequential_verdicts(a, b)
            ever, first = decided.any(1), decided.argmax(1)
            right = ahead[np.arange(histories), first]
            row: dict[str, Value] = {"A": rates[0], "B": rates[1], "failures": kind}
            for pairs in (100, PAIRS):
                hits = int((ever & right & (first < pairs)).sum())
                row[f"A found better within {pairs}"] = chance(hits, histories)
            row["B found better"] = share(int((ever & ~right).sum()), histories)
            row["pairs where found"] = spread(first[ever] + 1)
            rows.append(row)
    title = "Different policies; pairs until the verdict: median (90th percentile)."
    return EvidenceTable("compare_power", title, tuple(rows[0]), rows)
