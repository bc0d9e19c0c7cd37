import math
from pathlib import Path

import pytest

from sidestick.datasets.judgements.judgement import PREDICTION, VERDICT
from sidestick.datasets.judgements.judgements import Judge
from sidestick.datasets.judgements.kappa import agreements, cohen_kappa
from sidestick.sim_envs.errors import BadValue
from tests.datasets.test_judgements import CHUNK, IDS, made_up_workspace


def test_kappa_is_that_of_the_textbook() -> None:
    """A 2 x 2 table as in Cohen: 20 and 15 agreed of 50, kappa 0.4."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen_kappa(first, second) == pytest.approx(0.4)
    assert cohen_kappa(first, first) == pytest.approx(1.0)
    assert cohen_kappa([1, 2], [2, 1]) == pytest.approx(-1.0)
    assert math.isnan(cohen_kappa(["yes"] * 3, ["yes"] * 3))
    with pytest.raises(BadValue):
        cohen_kappa(["yes"], [])


def test_reviewers_are_compared_on_what_both_graded(tmp_path: Path) -> None:
    """Each one's last grade, undone ones left out, every pair of reviewers once."""
    workspace = made_up_workspace(tmp_path / "ws")
    ada, bob, eve = (Judge(workspace, name) for name in ("ada", "bob", "eve"))
    for step, (one, other) in enumerate(
        [("accept", "accept"), ("reject", "reject"), ("accept", "reject"), ("reject", "reject")]
    ):
        ada.say(IDS[0], PREDICTION, step, grade=one, actions=CHUNK)
        bob.say(IDS[0], PREDICTION, step, grade=other, actions=CHUNK)
    eve.undo(eve.say(IDS[0], PREDICTION, 0, grade="reject", actions=CHUNK))
    ada.say(IDS[0], PREDICTION, 9, grade="accept", actions=CHUNK)
    (found,) = agreements(ada.judgements.all())
    assert (found.first, found.second, found.items) == ("ada", "bob", 4)
    assert found.agreed == 0.75
    assert found.kappa == pytest.approx(0.5)
    assert agreements(ada.judgements.all(), VERDICT) == []
    with pytest.raises(BadValue, match="verdict"):
        agreements([], "trim")
