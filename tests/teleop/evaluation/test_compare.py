"""Comparisons of two policies, open and blind: error rates, votes, and what is kept."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.workspace import Workspace
from sidestick.policies.statistics.paired import (
    PairCounts,
    PairedVerdict,
    SequentialTest,
    difference_interval,
    log_evidence,
    rate_interval,
)
from sidestick.sim_envs.errors import BadValue, SidestickError, UnknownName
from sidestick.teleop.cli.compare import Compare
from sidestick.teleop.evaluation.compare import (
    LEAST_PAIRS,
    Comparison,
    compare,
    stopped,
    unseen_seeds,
)
from sidestick.teleop.evaluation.compare_blind import BlindTrial, BlindVotes, schedule, vote
from sidestick.teleop.session.subscriber import EpisodeOutcome
from tests.synthetic import made_up_episode

COMPARISONS, PAIRS, ALPHA = 500, 200, 0.05
ALLOWED = int(binom.ppf(0.999, COMPARISONS, ALPHA))
"""With a true rate of alpha, 500 comparisons stay at or below this in 999 of 1000 test runs."""


def false_alarms(rate: float, seed: int) -> int:
    """Number of comparisons of identical policies that ever reach a verdict."""
    generator = np.random.default_rng(seed)
    found = 0
    for _ in range(COMPARISONS):
        test = SequentialTest(ALPHA)
        a, b = generator.random((2, PAIRS)) < rate
        found += any(test.add(x, y) is not PairedVerdict.OPEN for x, y in zip(a, b, strict=True))
    return found


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9, 0.97])
def test_identical_policies_are_called_different_no_more_often_than_stated(rate: float) -> None:
    """500 comparisons of up to 200 pairs, tested after every pair."""
    assert false_alarms(rate, seed=1) <= ALLOWED


def test_a_fixed_test_looked_at_all_the_time_would_not_keep_it() -> None:
    """So the sequential test is needed: McNemar's after every pair rejects far more often."""
    from scipy.stats import binomtest

    generator = np.random.default_rng(1)
    rejections = 0
    for _ in range(100):
        wins = np.cumsum(generator.random(60) < 0.5)
        rejections += any(binomtest(int(w), n).pvalue <= ALPHA for n, w in enumerate(wins, 1))
    assert rejections > binom.ppf(0.999, 100, ALPHA)


def test_a_real_difference_is_found_before_the_pairs_run_out() -> None:
    """90 against 50 % takes a few dozen pairs, not hundreds."""
    generator = np.random.default_rng(2)
    needed = []
    for _ in range(50):
        test, pairs = SequentialTest(ALPHA), 0
        while test.verdict is PairedVerdict.OPEN and pairs < 200:
            test.add(generator.random() < 0.9, generator.random() < 0.5)
            pairs += 1
        assert test.verdict is PairedVerdict.A_BETTER
        needed.append(pairs)
    assert np.median(needed) < 60


@given(st.lists(st.sampled_from([(1, 0), (0, 1), (1, 1), (0, 0)]), max_size=60))
@settings(max_examples=60)
def test_the_sequential_test_keeps_its_laws(pairs: list[tuple[int, int]]) -> None:
    """Ties change nothing, swapping the policies swaps the verdict, p never rises."""
    test, swapped, p_before = SequentialTest(), SequentialTest(), 1.0
    other = {
        PairedVerdict.A_BETTER: PairedVerdict.B_BETTER,
        PairedVerdict.B_BETTER: PairedVerdict.A_BETTER,
    }
    for a, b in pairs:
        verdict = test.add(a, b)
        assert swapped.add(b, a) is other.get(verdict, verdict)
        assert test.p_value <= p_before
        p_before = test.p_value
    tally = test.tally
    assert log_evidence(tally) == log_evidence(PairCounts(tally.only_a, tally.only_b, 0))
    low, high = difference_interval(tally)
    assert -1 <= low <= high <= 1
    assert not pairs or low <= tally.difference + 1e-6
    assert not pairs or high >= tally.difference - 1e-6


def test_the_intervals_hold_the_truth_at_all_looks_together() -> None:
    """Of 60 comparisons with a true difference of 0.2, the interval seldom misses it."""
    generator, missed = np.random.default_rng(3), 0
    for _ in range(60):
        a, b = generator.random(100) < 0.7, generator.random(100) < 0.5
        looks = [difference_interval(PairCounts.of(a[:n], b[:n])) for n in range(1, 101, 9)]
        missed += any(not low - 1e-5 <= 0.2 <= high + 1e-5 for low, high in looks)
    assert missed <= binom.ppf(0.999, 60, ALPHA)
    assert rate_interval(0, 0) == (0.0, 1.0)
    assert rate_interval(10, 10)[1] == 1.0
    assert rate_interval(54, 100)[0] < 0.54 < rate_interval(54, 100)[1]


def test_hopeless_comparisons_are_recognised() -> None:
    """With one pair left nothing can be decided, with twenty everything can."""
    test = SequentialTest()
    assert test.is_hopeless(1)
    assert not test.is_hopeless(20)
    with pytest.raises(BadValue, match="alpha"):
        SequentialTest(0.0)


def test_a_comparison_is_not_given_up_before_eight_pairs() -> None:
    """Even where it is hopeless from the first tie on; then the reason gives the numbers."""
    test = SequentialTest()
    for driven in range(1, LEAST_PAIRS):
        test.add(1, 1)
        assert test.is_hopeless(LEAST_PAIRS - driven)
        assert stopped(test, LEAST_PAIRS - driven) == ""
    test.add(1, 1)
    assert (
        stopped(test, 2) == "stopped after 8 pairs: the 2 pairs that were left could not decide it"
    )
    assert stopped(test, 0) == "all pairs driven"


def outcome(seed: int, success: bool, takeovers: int = 0) -> EpisodeOutcome:
    return EpisodeOutcome(seed, success, 100, 20 * takeovers, 80, takeovers, "place", 1.0)


def test_the_blind_order_does_not_tell_which_policy_drives(tmp_path: Path) -> None:
    """Each scene once for each policy, either first, the sides mixed."""
    turns = schedule(range(40), random.Random(4))
    assert sorted((turn.seed, turn.side) for turn in turns) == [
        (seed, side) for seed in range(40) for side in (0, 1)
    ]
    first = {}
    for turn in turns:
        first.setdefault(turn.seed, turn.side)
    assert 10 < sum(first.values()) < 30
    assert schedule(range(40), random.Random(5)) != turns


def test_verdicts_and_interventions_are_the_votes() -> None:
    """A success beats a failure, fewer takeovers beat more, and a scene counts once both drove."""
    assert vote(outcome(1, True, 3)) > vote(outcome(1, False, 0))
    assert vote(outcome(1, True, 0)) > vote(outcome(1, True, 1))
    blind_votes = BlindVotes()
    blind_votes.add(BlindTrial(7, 1), outcome(7, True, 2))
    assert blind_votes.test.tally.pairs == 0
    blind_votes.add(BlindTrial(7, 0), outcome(7, True, 1))
    blind_votes.add(BlindTrial(8, 0), outcome(8, True))
    blind_votes.add(BlindTrial(8, 1), outcome(8, True))
    assert blind_votes.test.tally == PairCounts(1, 0, 1)
    assert [o.takeovers for o in blind_votes.outcomes[0]] == [1, 0]


class ScriptedRollouts:
    """Replaces driving: success is drawn by policy and seed."""

    def __init__(self, rates: dict[str, float]) -> None:
        self.rates, self.driven = rates, 0

    def in_blocks(
        self, policies: Sequence[Path], seeds: list[int], block: int, _: object
    ) -> Iterator[list[list[EpisodeOutcome]]]:
        for start in range(0, len(seeds), block):
            yield [self.run(policy, seeds[start : start + block]) for policy in policies]

    def run(self, policy: Path, seeds: list[int]) -> list[EpisodeOutcome]:
        self.driven += len(seeds)
        return [
            outcome(
                s, np.random.default_rng([s, len(policy.name)]).random() < self.rates[policy.name]
            )
            for s in seeds
        ]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with two empty policy folders; `fits` is replaced."""
    workspace = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick"))
    for name in ("0001", "0002"):
        (workspace.policies_dir / name).mkdir(parents=True)
        (workspace.policies_dir / name / "config.json").write_text("{}")
    return workspace


def compared(workspace: Workspace, rollouts: ScriptedRollouts, b: str = "0002") -> Comparison:
    return compare(workspace, rollouts, "0001", b, pairs=80, fits=lambda *_: None)  # type: ignore[arg-type]


def test_a_comparison_stops_early_and_is_kept(workspace: Workspace) -> None:
    """The same seeds for both; every comparison is one more event, none is overwritten."""
    rollouts = ScriptedRollouts({"0001": 1.0, "0002": 0.1})
    found = compared(workspace, rollouts)
    assert found.verdict is PairedVerdict.A_BETTER
    assert rollouts.driven < 80
    assert found.interval[0] > 0
    again = compared(workspace, rollouts)
    kept = Database(workspace.db_path).events(EventKind.COMPARISON)
    assert [event.payload["verdict"] for event in kept] == ["A is better"] * 2
    assert kept[0].payload["per_episode"]["a"][0]["seed"] == again.seeds[0]
    assert "A is better" in str(found)


def test_seeds_that_were_recorded_are_passed_over(workspace: Workspace) -> None:
    """No policy is compared on seeds that it may have learnt from."""
    for seed in (11, 12):
        made = made_up_episode([0] * 4, seed, episode_id=f"of-{seed}")
        made.write(workspace.episodes_dir / f"of-{seed}.hdf5")
    assert unseen_seeds(workspace, 10, 8) == [10, *range(13, 20)]
    with pytest.raises(BadValue):
        unseen_seeds(workspace, 10, 7)  # seven pairs cannot decide anything at 5 %


def test_the_same_policy_twice_and_unknown_ones_are_refused(workspace: Workspace) -> None:
    """Before anything is driven or written."""
    rollouts = ScriptedRollouts({})
    with pytest.raises(BadValue, match="two different"):
        compared(workspace, rollouts, "0001")
    with pytest.raises(UnknownName, match="0002"):
        compared(workspace, rollouts, "0099")
    assert not workspace.db_path.exists()


@pytest.mark.parametrize(("given", "first"), [(None, 20_000), (0, 0), (7, 7)])
def test_the_first_seed_may_be_zero(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, given: int | None, first: int
) -> None:
    """Where none is given the table says where the seeds begin."""
    asked: list[int] = []

    def begin(*given: Any, **_: Any) -> None:
        asked.append(given[5])
        raise SidestickError("nothing is driven")

    monkeypatch.setattr("sidestick.teleop.cli.compare.policies_to_compare", lambda *_: None)
    monkeypatch.setattr("sidestick.teleop.cli.compare.compare", begin)
    with pytest.raises(SidestickError, match="nothing is driven"):
        Compare(workspace.path, "0001", "0002", first_seed=given).run()
    assert asked == [first]
