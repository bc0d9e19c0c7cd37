"""These tests check that class weights reach their target shares, for every scheme."""

import numpy as np
import pytest

from sidestick.policies.training.class_weights import SCHEMES, target_shares, weights
from sidestick.sim_envs.errors import BadValue, UnknownName

DEMO, ROLLOUT, INTERVENTION, BEFORE = -1, 0, 1, -10


def classes(**counts):
    names = {"demo": DEMO, "rollout": ROLLOUT, "intervention": INTERVENTION, "before": BEFORE}
    return np.concatenate([np.full(n, names[name]) for name, n in counts.items()])


def reached(labels, scheme):
    """The share that each class really has under the weights."""
    w = weights(labels, target_shares(labels, scheme))
    return {int(c): w[labels == c].sum() / w.sum() for c in np.unique(labels)}


MIXES = [
    classes(demo=300, rollout=500, intervention=150, before=50),
    classes(demo=900, rollout=50, intervention=40, before=10),
    classes(demo=100, intervention=3),
    classes(rollout=100, intervention=7, before=9),
    classes(demo=100),
    classes(demo=10, rollout=400),
]


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
@pytest.mark.parametrize("labels", MIXES, ids=str)
def test_weights_reach_their_targets(labels, scheme):
    """Weighted shares equal the targets for every scheme and mix; none is negative."""
    targets = target_shares(labels, scheme)
    w = weights(labels, targets)
    assert w.min() >= 0
    assert w.mean() == pytest.approx(1)
    assert sum(targets.values()) == pytest.approx(1)
    for name, share in reached(labels, scheme).items():
        assert share == pytest.approx(targets.get(name, 0.0))


def test_corrections_are_sirius():
    """Intervention 1/2, pre-intervention 0, demonstration its own share, rollout the rest."""
    share = reached(classes(demo=300, rollout=500, intervention=150, before=50), "corrections")
    assert share == pytest.approx({INTERVENTION: 0.5, BEFORE: 0, DEMO: 0.3, ROLLOUT: 0.2})


def test_rollouts_never_weigh_less_than_nothing():
    """With more than half demonstrations Sirius' formula is negative; here the share is 0."""
    share = reached(classes(demo=900, rollout=50, intervention=50), "corrections")
    assert share == pytest.approx({INTERVENTION: 0.5, DEMO: 0.5, ROLLOUT: 0})


def test_an_empty_class_gives_its_share_away():
    """Without interventions nothing is divided by zero, and the others fill the batch."""
    share = reached(classes(demo=300, rollout=700), "corrections")
    assert share == pytest.approx({DEMO: 0.3, ROLLOUT: 0.7})


def test_practice_counts_demonstrations_three_times():
    """The target share follows from the factor and the raw shares."""
    share = reached(classes(demo=100, rollout=300), "practice")
    assert share == pytest.approx({DEMO: 0.5, ROLLOUT: 0.5})


def test_interventions_have_half_of_a_balanced_batch():
    """As in IWR, half is interventions, the rest in proportion."""
    share = reached(classes(demo=300, rollout=500, intervention=200), "balanced")
    assert share == pytest.approx({INTERVENTION: 0.5, DEMO: 0.1875, ROLLOUT: 0.3125})


def test_nothing_to_train_on_is_said():
    """Pre-intervention steps alone cannot be trained on."""
    with pytest.raises(BadValue, match="at least one step"):
        target_shares(classes(before=5), "plain")


def test_an_unknown_scheme_lists_the_known():
    """The message names the schemes that exist."""
    with pytest.raises(UnknownName, match="corrections"):
        target_shares(classes(demo=5), "fair")


def test_negative_targets_are_refused():
    """BadValue for a negative share, which is a caller's mistake."""
    with pytest.raises(BadValue, match="none below 0"):
        weights(classes(demo=5, rollout=5), {DEMO: 1.2, ROLLOUT: -0.2})


def test_only_what_the_operator_drove_is_trained_on() -> None:
    """Of all classes only the operator's steps count, each alike."""
    mixed = classes(demo=300, rollout=500, intervention=150, before=50)
    assert reached(mixed, "auto") == pytest.approx(
        {DEMO: 2 / 3, INTERVENTION: 1 / 3, ROLLOUT: 0, BEFORE: 0}
    )


def test_where_nobody_drove_everything_counts() -> None:
    """Imported rollouts alone are trained on."""
    assert reached(classes(rollout=100), "auto") == pytest.approx({ROLLOUT: 1})
