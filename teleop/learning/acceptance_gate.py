"""The gate decides whether a newly learnt policy may replace the present one.

Pure rules that a ruling calls: measured figures go in, a verdict with its reasons comes out. A
candidate must not have forgotten what people showed earlier, and must be shown, on seeds that
nobody drove before, not to be worse than the present policy by more than a margin, nor than the
reference: the last policy that was shown to be better, or the first.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...policies.gate_record import GateVerdict
from ...policies.statistics.non_inferiority import (
    MarginVerdict,
    NonInferiorityTest,
    fewest_ties,
    fewest_wins,
)
from ...sim_envs.errors import BadValue

PAIRS_PER_NOTE = 10


@dataclass(frozen=True)
class AcceptanceCriteria:
    """What a candidate must meet to pass."""

    rise: float = 0.5
    """Its loss on held-out steps may exceed the present policy's by this share (FIELD 4:
    "kept only if held-out loss on earlier data does not rise by half")."""
    slack: float = 0.01
    """And by this much besides: actions are in [-1, 1], and a smaller difference means nothing."""
    windows: int = 30
    """Fewest held-out steps of corrections, or of demonstrations, that are compared."""
    margin: float = 0.10
    """Drop in the success rate from which on a candidate counts as worse."""
    pairs: int = 150
    """Seeds that the candidate and the others drive, at most. With 150 a candidate that equals a
    policy of 0.95 passes in 88 of 100 rulings (82 where the reference is a third policy), and in
    nearly all where they fail on the same seeds; docs/evidence.md has the tables."""
    alpha: float = 0.05
    """Chance to pass a candidate that is worse by the margin or more, over all looks at the
    pairs; also the chance to call one better that is not."""
    refusal_alpha: float = 0.05
    """Chance, for each comparison, to call a candidate worse that is as good."""

    def __post_init__(self) -> None:
        for name in ("rise", "slack", "windows"):
            if getattr(self, name) < 0:
                raise BadValue(f"gate's {name}", "at least 0", getattr(self, name))
        self.test()
        fewest = fewest_wins(self.margin, self.alpha)
        if self.pairs < fewest:
            raise BadValue("gate's pairs", f"at least {fewest}, fewer can show nothing", self.pairs)

    def test(self) -> NonInferiorityTest:
        """A test of a candidate against one other policy; BadValue for impossible rates."""
        return NonInferiorityTest(self.margin, self.alpha, self.refusal_alpha)

    @property
    def scope(self) -> str:
        """What the budget of pairs can show, for people."""
        ties, wins = fewest_ties(self.margin, self.alpha), fewest_wins(self.margin, self.alpha)
        if self.pairs >= ties:
            return f"at most {self.pairs} seeds; {ties} without a loss show that it is not worse"
        return (
            f"at most {self.pairs} seeds: too few for a policy that is as good, which needs at "
            f"least {ties}; only a clear improvement can pass ({wins} wins in a row)"
        )


@dataclass(frozen=True)
class HeldOutLosses:
    """Mean absolute error of both policies' action chunks on the same held-out steps."""

    kind: str
    """Which steps: corrections or demonstrations."""
    candidate: float
    present: float
    windows: int
    """Steps that were compared."""

    def reason(self, rules: AcceptanceCriteria) -> tuple[bool, str] | None:
        """Whether they allow the candidate to pass, in a sentence; None for too few steps."""
        if self.windows < rules.windows:
            return None
        limit = self.present * (1 + rules.rise) + rules.slack
        good = math.isfinite(self.candidate) and not self.candidate > limit
        return good, (
            f"error on {self.windows} held-out steps of {self.kind} {self.candidate:.3f}, now "
            f"{self.present:.3f}, limit {limit:.3f}"
        )


class GateTest:
    """The comparisons of one candidate with the present policy and with the reference."""

    def __init__(self, rules: AcceptanceCriteria, opponents: Sequence[str]) -> None:
        """`opponents`: the present policy, then the reference where it is another one."""
        self.rules, self.pairs, self.solved = rules, 0, 0
        self.tests = {name: rules.test() for name in opponents}
        self.reference = opponents[-1]

    def add(self, candidate: bool, others: Mapping[str, bool]) -> None:
        """Add one seed: whether the candidate solved it, and the opponents that drove it."""
        self.pairs += 1
        self.solved += candidate
        for name, other in others.items():
            self.tests[name].add(candidate, other)

    def opponents_left(self) -> tuple[str, ...]:
        """Opponents that must drive the next seed; empty once everything is decided, or nothing
        more can be within the budget.

        The comparison with the reference goes on after "not worse" while the pairs so far speak
        for "better".
        """
        left = self.rules.pairs - self.pairs
        if left <= 0 or self.verdict is GateVerdict.WORSE:
            return ()
        unshown = [test for test in self.tests.values() if not test.is_shown]
        if not all(test.can_show(left) for test in unshown):
            return ()
        return tuple(name for name in self.tests if self._is_open(name, left))

    def _is_open(self, name: str, left: int) -> bool:
        test = self.tests[name]
        if not test.is_shown:
            return True
        may_be_better = name == self.reference and test.verdict is MarginVerdict.NOT_WORSE
        return may_be_better and test.is_promising and test.can_show(left, better=True)

    @property
    def verdict(self) -> GateVerdict:
        """The result so far; UNDECIDED while comparisons are open."""
        tests = self.tests.values()
        if any(test.verdict is MarginVerdict.WORSE for test in tests):
            return GateVerdict.WORSE
        if not all(test.is_shown for test in tests):
            return GateVerdict.UNDECIDED
        better = self.tests[self.reference].verdict is MarginVerdict.BETTER
        return GateVerdict.BETTER if better else GateVerdict.NOT_WORSE

    @property
    def note(self) -> str:
        """How far it is, for people; empty but for every tenth pair."""
        if self.pairs % PAIRS_PER_NOTE:
            return ""
        return (
            f"gate: {self.pairs} of at most {self.rules.pairs} seeds driven; solved by the "
            f"candidate {self.solved}"
        )

    def reasons(self) -> list[tuple[bool, str]]:
        """For each comparison whether it allows the candidate to pass, in a sentence."""
        return [(test.is_shown, self._reason(name)) for name, test in self.tests.items()]

    def _reason(self, name: str) -> str:
        test = self.tests[name]
        counts, margin = test.counts, test.margin
        figures = (
            f"against policy {name}, of {counts.pairs} seeds {counts.only_a} solved by the "
            f"candidate alone, {counts.only_b} by {name} alone"
        )
        words = {
            MarginVerdict.WORSE: "worse",
            MarginVerdict.BETTER: "better",
            MarginVerdict.NOT_WORSE: f"not worse by {margin:.2f} or more",
            MarginVerdict.OPEN: (
                f"undecided after {counts.pairs} pairs: neither worse, nor shown not to be worse "
                f"by {margin:.2f}"
            ),
        }
        return f"{words[test.verdict]} ({figures})"


def decide(
    losses: Sequence[HeldOutLosses], test: GateTest | None, rules: AcceptanceCriteria
) -> tuple[GateVerdict, tuple[str, ...]]:
    """The verdict, and one sentence for each comparison, those against the candidate first.

    `test` is None where losses alone are compared, to refuse without driving.
    """
    found = [reason for each in losses if (reason := each.reason(rules)) is not None]
    verdict = GateVerdict.UNDECIDED
    if not all(good for good, _ in found):
        verdict = GateVerdict.WORSE
    elif test is not None and test.pairs:
        verdict = test.verdict
    if test is not None and test.pairs:
        found += test.reasons()
    if not found:
        return GateVerdict.UNDECIDED, ("there is nothing to compare it on",)
    ordered = sorted(found, key=lambda reason: reason[0])
    return verdict, tuple(sentence for _, sentence in ordered)
