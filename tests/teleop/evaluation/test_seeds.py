"""The table of seed ranges: no seed that is learnt from is measured on."""

from itertools import pairwise

import pytest

from sidestick.policies.perception.pretrain_config import PretrainConfig
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.evaluation.seeds import (
    BLIND,
    EVALUATION,
    GATE,
    LATER_PRACTICE,
    LATER_SUPERVISED,
    PEOPLE,
    PERCEPTION,
    PRACTICE,
    RANGES,
    SELECTION,
    SUPERVISED,
    practice_seeds,
    supervised_seeds,
)

ROUNDS = range(10_001)


def test_no_two_ranges_share_a_seed() -> None:
    """In the order of the table each ends before the next begins, and only the last has no end."""
    for one, other in pairwise(RANGES):
        assert one.count is not None
        assert one.first + one.count <= other.first
    assert len({each.name for each in RANGES}) == len(RANGES)


def test_every_round_has_seeds_of_its_own_that_nothing_else_uses() -> None:
    """For ten thousand rounds: seeds that are learnt from meet no other round and no other use."""
    own = {PRACTICE.name, LATER_PRACTICE.name, SUPERVISED.name, LATER_SUPERVISED.name}
    others = [each for each in RANGES if each.name not in own]
    rounds = [of(number) for of in (practice_seeds, supervised_seeds) for number in ROUNDS]
    for seeds in rounds:
        assert not any(seeds[0] in other or seeds[-1] in other for other in others)
        assert not any(other.first in seeds for other in others)
    for one, other in pairwise(sorted(rounds, key=lambda seeds: seeds.start)):
        assert one.stop <= other.start


def test_seeds_of_earlier_workspaces_are_the_same() -> None:
    """The first ten rounds, and everything that has no rounds."""
    for number in range(10):
        assert practice_seeds(number).start == 200_000 + 10_000 * number
        assert supervised_seeds(number).start == 100_000 + 10_000 * number
    firsts = [each.first for each in (PEOPLE, EVALUATION, SELECTION, GATE, BLIND)]
    assert firsts == [0, 20_000, 300_000, 310_000, 400_000]
    assert PretrainConfig().first_seed == PERCEPTION.first


def test_more_seeds_than_there_are_are_refused() -> None:
    """A range says how many it has; a round does not run into the next one."""
    assert SELECTION.seeds(3, after=2) == range(300_002, 300_005)
    with pytest.raises(BadValue, match="selection"):
        SELECTION.seeds(10_001)
    with pytest.raises(BadValue, match="at most 10000"):
        practice_seeds(1, 10_001)
