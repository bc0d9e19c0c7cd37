"""Simulations of the ladder's demotions: how often good policies fall, and how soon bad ones do.

Histories are Bernoulli trials, no physics; `python -m benchmarks.evidence` runs and prints them.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks import earlier_rules
from benchmarks.evidence_ladder import drawn
from benchmarks.evidence_table import EvidenceTable, Value, chance
from sidestick.policies.statistics.sequential import ShiryaevRoberts
from sidestick.teleop.autonomy.criteria import CRITERIA, ENOUGH_FOR_A_STAGE
from sidestick.teleop.session.levels import name

EPISODES = 200
GOOD_PAST = 50
"""Episodes at the good rate before a policy becomes bad."""


def demoted_after(clean: NDArray[np.bool_], test: ShiryaevRoberts) -> NDArray[np.intp]:
    """The episode (H,) after which each history (H, N) is rejected; N + 1 for never."""
    statistic, found = np.ones(len(clean)), np.full(len(clean), clean.shape[1] + 1)
    ratios = np.where(clean, test.ratio(True), test.ratio(False))
    for i in range(clean.shape[1]):
        statistic = (statistic + test.hazard) * ratios[:, i]
        found = np.where(statistic >= 1 / test.alpha, np.minimum(found, i + 1), found)
    return found


def rate_tests() -> dict[str, ShiryaevRoberts]:
    """The different tests of `CRITERIA`, by the levels that use them."""
    found: dict[ShiryaevRoberts, list[str]] = {}
    for level, criteria in CRITERIA.items():
        for test, what in ((criteria.keeps, ""), (criteria.keeps_stage, "a stage at ")):
            if test is not None:
                found.setdefault(test, []).append(f"{what}{name(level)}")
    return {", ".join(where): test for test, where in found.items()}


def wrong_demotions(histories: int, seed: int) -> EvidenceTable:
    """How often a policy exactly at the good rate loses its level."""
    rows: list[dict[str, Value]] = []
    for number, (where, test) in enumerate(rate_tests().items()):
        clean = drawn(test.good, histories, EPISODES, [seed, 40, number])
        after = demoted_after(clean, test)
        earlier = earlier_rules.demoted_after(clean, test.good, test.bad)
        row: dict[str, Value] = {"test": where, "good rate": test.good}
        for n in (100, EPISODES):
            row[f"within {n}"] = chance(int((after <= n).sum()), histories)
            row[f"promised within {n}"] = round(test.false_alarms(n), 4)
            row[f"earlier test, within {n}"] = chance(int((earlier <= n).sum()), histories)
        rows.append(row)
    title = "Chance that a policy exactly at the good rate loses its level."
    return EvidenceTable("wrong_demotions", title, tuple(rows[0]), rows)


def both_tests(histories: int, seed: int) -> EvidenceTable:
    """The same for the test on episodes and that on a stage together, at several rates."""
    rows: list[dict[str, Value]] = []
    for level, criteria in CRITERIA.items():
        whole, part = criteria.keeps, criteria.keeps_stage
        if whole is None or part is None:
            continue
        for rate in (whole.good, 0.90, 0.95):
            clean = drawn(rate, histories, EPISODES, [seed, 50, level, round(100 * rate)])
            in_a_stage = np.maximum(demoted_after(clean, part), ENOUGH_FOR_A_STAGE)
            after = np.minimum(demoted_after(clean, whole), in_a_stage)
            row: dict[str, Value] = {"level": name(level), "true rate": rate}
            for n in (100, EPISODES):
                row[f"within {n}"] = chance(int((after <= n).sum()), histories)
            rows.append(row)
    title = "The same by either test of a level, with all failures in one stage of the task."
    return EvidenceTable("both_tests", title, tuple(rows[0]), rows)


def detection(histories: int, seed: int) -> EvidenceTable:
    """How soon a policy at the bad rate loses its level."""
    rows: list[dict[str, Value]] = []
    for number, (where, test) in enumerate(rate_tests().items()):
        past = drawn(test.good, histories, GOOD_PAST, [seed, 60, number])
        bad = drawn(test.bad, histories, EPISODES, [seed, 61, number])
        later = np.concatenate([past, bad], axis=1)
        earlier = earlier_rules.demoted_after(bad, test.good, test.bad)
        earlier_later = earlier_rules.demoted_after(later, test.good, test.bad)
        rows.append(
            {
                "test": where,
                "bad rate": test.bad,
                "bad from the start": _after(demoted_after(bad, test)),
                "earlier test": _after(earlier),
                f"bad after {GOOD_PAST} good ones": _after(demoted_after(later, test), GOOD_PAST),
                "earlier test, later": _after(earlier_later, GOOD_PAST),
                "only failures after 200 clean": _failures(test),
            }
        )
    title = (
        "Episodes until a policy at the bad rate loses its level, median (90th percentile); after "
        "a good past among those that still had it then."
    )
    return EvidenceTable("detection", title, tuple(rows[0]), rows)


def _after(found: NDArray[np.intp], past: int = 0) -> str:
    delays = found[found > past] - past
    median, most = (int(np.quantile(delays, share, method="higher")) for share in (0.5, 0.9))
    return f"{median} ({most})"


def _failures(test: ShiryaevRoberts) -> int:
    clean = np.array([[True] * EPISODES + [False] * EPISODES])
    return int(demoted_after(clean, test)[0]) - EPISODES
