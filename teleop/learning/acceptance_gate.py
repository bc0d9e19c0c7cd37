"""The gate decides whether a newly learnt policy may replace the active one.

A pure rule that the learner calls: measured figures go in, a decision with its reasons comes out.
A candidate must not have forgotten what people showed earlier, and must not do worse on the same
seeds.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...policies.statistics.paired import PairedVerdict, SequentialTest
from ...sim_envs.errors import BadValue


@dataclass(frozen=True)
class AcceptanceCriteria:
    """What a candidate must meet to pass."""

    rise: float = 0.5
    """Its loss on held-out steps may exceed the active policy's by this share (FIELD 4:
    "kept only if held-out loss on earlier data does not rise by half")."""
    slack: float = 0.01
    """And by this much besides: actions are in [-1, 1], and a smaller difference means nothing."""
    windows: int = 30
    """Fewest held-out steps of corrections, or of demonstrations, that are compared."""
    pairs: int = 20
    """Seeds that both drive, at most."""
    alpha: float = 0.20
    """Chance to refuse a candidate that is as good, over all looks at the pairs. It is high
    because a refusal costs little: with 0.20 five seeds that only the active policy solves, and
    none that only the candidate does, are enough."""

    def __post_init__(self) -> None:
        for name in ("rise", "slack", "windows", "pairs"):
            if getattr(self, name) < 0:
                raise BadValue(f"gate's {name}", "at least 0", getattr(self, name))
        if self.pairs and SequentialTest(self.alpha).is_hopeless(self.pairs):
            expected = f"0, or enough to refuse anything at alpha {self.alpha:g}"
            raise BadValue("gate's pairs", expected, self.pairs)


@dataclass(frozen=True)
class HeldOutLosses:
    """Mean absolute error of both policies' action chunks on the same held-out steps."""

    candidate: float
    present: float
    windows: int
    """Steps that were compared."""


@dataclass(frozen=True)
class GateEvidence:
    """What was measured of a candidate and the policy that it would replace."""

    corrections: HeldOutLosses | None = None
    """On held-out interventions; None where there are none."""
    demonstrations: HeldOutLosses | None = None
    """On held-out demonstrations; None where there are none."""
    pairs: Sequence[tuple[bool, bool]] = ()
    """Success of the candidate and of the active policy, seed by seed."""
    alone: bool = False
    """Whether it is the first policy, with none to compare with."""


@dataclass(frozen=True)
class GateDecision:
    """Whether a candidate passed, and why."""

    passed: bool
    reasons: tuple[str, ...]
    """One sentence for each comparison, those against the candidate first."""

    def to_json(self) -> dict[str, Any]:
        """As an event's payload."""
        return {**asdict(self), "reasons": list(self.reasons)}


def decide(evidence: GateEvidence, rules: AcceptanceCriteria) -> GateDecision:
    """Whether the candidate passes: nothing speaks against it, and something was compared."""
    if evidence.alone:
        return GateDecision(True, ("it is the first policy",))
    found = [
        *_compare_losses("corrections", evidence.corrections, rules),
        *_compare_losses("demonstrations", evidence.demonstrations, rules),
        *_compare_pairs(evidence.pairs, rules),
    ]
    if not found:
        return GateDecision(False, ("there is nothing to compare it on",))
    against = [reason for good, reason in found if not good]
    return GateDecision(not against, (*against, *(reason for good, reason in found if good)))


def is_decided(pairs: Sequence[tuple[bool, bool]], rules: AcceptanceCriteria) -> bool:
    """Whether more pairs could change nothing: all are driven, or the test is decided."""
    if len(pairs) >= rules.pairs:
        return True
    test = _test(pairs, rules)
    return test.verdict is not PairedVerdict.OPEN or test.is_hopeless(rules.pairs - len(pairs))


def _compare_losses(
    kind: str, losses: HeldOutLosses | None, rules: AcceptanceCriteria
) -> list[tuple[bool, str]]:
    if losses is None or losses.windows < rules.windows:
        return []
    limit = losses.present * (1 + rules.rise) + rules.slack
    good = math.isfinite(losses.candidate) and not losses.candidate > limit
    reason = (
        f"error on {losses.windows} held-out steps of {kind} {losses.candidate:.3f}, now "
        f"{losses.present:.3f}, limit {limit:.3f}"
    )
    return [(good, reason)]


def _compare_pairs(
    pairs: Sequence[tuple[bool, bool]], rules: AcceptanceCriteria
) -> list[tuple[bool, str]]:
    if not pairs:
        return []
    test = _test(pairs, rules)
    candidate, present = (sum(side) for side in zip(*pairs, strict=True))
    reason = (
        f"{candidate} of {len(pairs)} seeds solved, now {present} "
        f"(p = {test.p_value:.2f}, worse from {rules.alpha:.2f} down)"
    )
    return [(test.verdict is not PairedVerdict.B_BETTER, reason)]


def _test(pairs: Sequence[tuple[bool, bool]], rules: AcceptanceCriteria) -> SequentialTest:
    """The sequential test, stopped at its first verdict, as the driving of the pairs is."""
    test = SequentialTest(rules.alpha)
    for candidate, present in pairs:
        if test.add(candidate, present) is not PairedVerdict.OPEN:
            break
    return test
