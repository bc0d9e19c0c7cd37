"""Simulations of the gate: whom it passes and refuses, how often it errs, and how far it drifts.

Histories are pairs of Bernoulli trials, no physics; `python -m benchmarks.evidence` runs and prints
them. "Independent" policies fail on scenes that have nothing to do with each other, "concordant"
ones mostly on the same scenes, as a policy and its update do.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks.evidence_table import EvidenceTable, Value, chance
from benchmarks.simulated_gate import (
    BETTER,
    OPEN,
    WORSE,
    Flags,
    lost_sequential_test,
    outcomes,
    rulings,
)
from sidestick.teleop.learning.acceptance_gate import AcceptanceCriteria

RULES = AcceptanceCriteria()
CONCORDANT = 0.8
"""Correlation of the results of two equal policies on the same scenes."""
CORRELATIONS = {"independent": 0.0, "concordant": CONCORDANT}
RATES = (
    (0.99, 0.95), (0.95, 0.95), (0.93, 0.95), (0.90, 0.95), (0.85, 0.95), (0.75, 0.95),
    (0.90, 0.70), (0.80, 0.70), (0.70, 0.70), (0.50, 0.50),
)  # fmt: skip
"""True success of candidate and present policy."""
THREE = (
    (0.95, 0.95, 0.95), (0.90, 0.90, 0.95), (0.85, 0.90, 0.95), (0.85, 0.85, 0.95),
    (0.95, 0.85, 0.90), (0.95, 0.75, 0.75),
)  # fmt: skip
"""True success of candidate, present policy and reference."""
TRUTHS = (0.95, 0.90, 0.80, 0.50)
EARLIER_PAIRS, EARLIER_ALPHA = 20, 0.20
"""The gate up to version 0.1: so many seeds, the same in every ruling; undecided passed."""
NUDGES, COST, START = 50, 0.02, 0.95


def gate_verdicts(histories: int, seed: int) -> EvidenceTable:
    """What becomes of candidates that are better, as good and worse."""
    rows: list[dict[str, Value]] = []
    for number, (candidate, present) in enumerate(RATES):
        for kind, correlation in CORRELATIONS.items():
            random = np.random.default_rng([seed, 70, number, round(10 * correlation)])
            driven = outcomes((candidate, present), histories, RULES.pairs, correlation, random)
            found = rulings(driven[0], driven[1:], RULES)
            first = [flags[:, :EARLIER_PAIRS] for flags in driven]
            earlier = ~lost_sequential_test(*first, EARLIER_ALPHA)
            rows.append(
                {
                    "candidate": candidate,
                    "present": present,
                    "failures": kind,
                    "passes": chance(int(found.passed.sum()), histories),
                    "of these, better": share(found.count(BETTER), histories),
                    "worse": share(found.count(WORSE), histories),
                    "undecided": share(found.count(OPEN), histories),
                    "seeds": spread(found.pairs),
                    "earlier gate passed": share(int(earlier.sum()), histories),
                }
            )
    title = (
        f"Rulings with at most {RULES.pairs} seeds, margin {RULES.margin:.2f}; seeds driven: "
        "median (90th percentile)."
    )
    return EvidenceTable("gate_verdicts", title, tuple(rows[0]), rows)


def gate_errors(histories: int, seed: int) -> EvidenceTable:
    """How often the gate errs, either way, at its worst: exactly at the hypotheses."""
    rows: list[dict[str, Value]] = []
    for number, truth in enumerate(TRUTHS):
        for kind, correlation in CORRELATIONS.items():
            random = np.random.default_rng([seed, 71, number, round(10 * correlation)])
            rates = (truth - RULES.margin, truth)
            driven = outcomes(rates, histories, RULES.pairs, correlation, random)
            worse = rulings(driven[0], driven[1:], RULES)
            driven = outcomes((truth, truth), histories, RULES.pairs, correlation, random)
            equal = rulings(driven[0], driven[1:], RULES)
            hits = int(worse.passed.sum())
            rows.append(
                {
                    "present": truth,
                    "failures": kind,
                    "passes though worse by the margin": chance(hits, histories),
                    "worse though as good": chance(equal.count(WORSE), histories),
                    "better though as good": chance(equal.count(BETTER), histories),
                }
            )
    title = f"Error rates of rulings; promised are at most {RULES.alpha:g} each."
    return EvidenceTable("gate_errors", title, tuple(rows[0]), rows)


def gate_three(histories: int, seed: int) -> EvidenceTable:
    """The candidate against the present policy and another reference."""
    rows: list[dict[str, Value]] = []
    for number, rates in enumerate(THREE):
        for kind, correlation in CORRELATIONS.items():
            random = np.random.default_rng([seed, 72, number, round(10 * correlation)])
            driven = outcomes(rates, histories, RULES.pairs, correlation, random)
            found = rulings(driven[0], driven[1:], RULES)
            rows.append(
                {
                    **dict(zip(("candidate", "present", "reference"), rates, strict=True)),
                    "failures": kind,
                    "passes": chance(int(found.passed.sum()), histories),
                    "of these, better": share(found.count(BETTER), histories),
                    "worse": share(found.count(WORSE), histories),
                    "undecided": share(found.count(OPEN), histories),
                    "seeds": spread(found.pairs),
                }
            )
    title = "Rulings where the present policy is not the reference."
    return EvidenceTable("gate_three", title, tuple(rows[0]), rows)


def gate_drift(histories: int, seed: int) -> EvidenceTable:
    """True success after many updates of which each costs a little; on a fifth of the histories."""
    rows: list[dict[str, Value]] = []
    histories //= 5
    for kind, correlation in CORRELATIONS.items():
        random = np.random.default_rng([seed, 73, round(10 * correlation)])
        for gate, after in (
            ("earlier", drift_earlier(histories, correlation, random)),
            ("present", drift(histories, correlation, random)),
        ):
            below = (after < START - RULES.margin - 1e-9).sum()
            twice = (after < START - 2 * RULES.margin - 1e-9).sum()
            low, middle, high = np.percentile(after, (5, 50, 95))
            rows.append(
                {
                    "gate": gate,
                    "failures": kind,
                    "true success, median [5th, 95th percentile]": (
                        f"{middle:.2f} [{low:.2f}, {high:.2f}]"
                    ),
                    f"more than {RULES.margin:.2f} lost": chance(int(below), histories),
                    f"more than {2 * RULES.margin:.2f} lost": chance(int(twice), histories),
                }
            )
    title = (
        f"True success after {NUDGES} updates that each cost {COST:.2f}, from {START:.2f}; each "
        f"begins at the policy that drives then; {histories:,} histories."
    )
    return EvidenceTable("gate_drift", title, tuple(rows[0]), rows)


def drift(histories: int, correlation: float, random: np.random.Generator) -> NDArray[np.float64]:
    """True success (H,) of the policy that drives after all updates."""
    present, reference = np.full(histories, START), np.full(histories, START)
    for _ in range(NUDGES):
        candidate = np.maximum(present - COST, 0.0)
        rates = (candidate, present, reference)
        driven = outcomes(rates, histories, RULES.pairs, correlation, random)
        first = present == reference  # the same policy: one comparison
        decided = np.zeros(histories, int)
        for chosen, others in ((first, driven[2:]), (~first, driven[1:])):
            if chosen.any():
                part = [flags[chosen] for flags in others]
                decided[chosen] = rulings(driven[0][chosen], part, RULES).verdicts
        present = np.where(decided > WORSE, candidate, present)
        reference = np.where(decided == BETTER, candidate, reference)
    return present


def drift_earlier(
    histories: int, correlation: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """The same with the earlier gate, which remembered what the present policy solved."""
    present, shape = np.full(histories, START), (histories, EARLIER_PAIRS)
    shared = random.random(shape)

    def drive(rate: NDArray[np.float64]) -> Flags:
        common = random.random(shape) < np.sqrt(correlation)
        return np.asarray(np.where(common, shared, random.random(shape)) < rate[:, None])

    known = drive(present)
    for _ in range(NUDGES):
        candidate = np.maximum(present - COST, 0.0)
        solved = drive(candidate)
        passed = ~lost_sequential_test(solved, known, EARLIER_ALPHA)
        present = np.where(passed, candidate, present)
        known = np.where(passed[:, None], solved, known)
    return present


def share(hits: int, histories: int) -> float:
    """A simulated chance, to three digits."""
    return round(hits / histories, 3)


def spread(pairs: NDArray[np.intp]) -> str:
    """Median and 90th percentile."""
    return f"{np.median(pairs):.0f} ({np.percentile(pairs, 90):.0f})"
