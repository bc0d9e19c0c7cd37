"""These tests check novelty: quantiles of disagreement, of distance, and of the larger of both."""

import numpy as np
import pytest
import torch

from sidestick.policies.base.novelty_scale import MOST_FAMILIAR_SCENES, novelty_beyond
from sidestick.policies.novelty import MOST_POINTS, Neighbours, Novelty, Quantiles


def familiar(n=1000, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 6, generator=generator) * torch.tensor([1, 10, 0.1, 1, 1, 1])


@pytest.fixture
def novelty():
    x = familiar()
    neighbours = Neighbours.fit(x, np.repeat(np.arange(20), 50))
    scores = np.random.default_rng(0).exponential(size=500)
    return Novelty.fit(scores, "held-out", neighbours(familiar(500, 1)), neighbours)


def test_it_is_the_quantile_that_it_says(novelty):
    """Of new familiar scenes about one in ten lies above 0.9 and few above 0.99."""
    x, scores = familiar(500, 2), np.random.default_rng(3).exponential(size=500)
    values = np.array([novelty(s, x[i : i + 1]) for i, s in enumerate(scores)])
    assert np.mean(values > 0.9) == pytest.approx(0.1, abs=0.05)
    assert np.mean(values > 0.99) == pytest.approx(0.01, abs=0.015)
    assert np.mean(values > 0.5) == pytest.approx(0.5, abs=0.08)


def test_either_sign_is_enough(novelty):
    """Novelty is high by disagreement alone and by distance alone."""
    home, away = familiar(1, 5), torch.full((1, 6), 40.0)
    assert novelty(0.1, home) < 0.9
    assert MOST_FAMILIAR_SCENES < novelty(50.0, home) < 1
    assert MOST_FAMILIAR_SCENES < novelty(0.1, away) < 1


def test_beyond_all_familiar_scenes_novelty_goes_on_rising(novelty):
    """Twice and three times as far are told apart, also as float32, as it is recorded.

    Policies succeed just outside of what they know and fail far outside; a quantile, 1 for both,
    was no reason to ask for help any more once a success had reached it.
    """
    home, highest = familiar(1, 5), novelty.disagreements.values[-1]
    scores = highest * np.array([0.9, 0.999, 1.001, 1.5, 2.0, 3.0, 30.0])
    values = np.array([novelty(score, home) for score in scores], np.float32)
    assert np.all(np.diff(values) >= 0)
    assert np.all(np.diff(values[2:]) > 0)
    assert values[1] <= np.float32(MOST_FAMILIAR_SCENES) < values[2]
    assert values[-1] < 1
    assert values[4] == np.float32(novelty_beyond(2.0))


def test_without_opinions_distance_speaks_alone():
    """A head with one ensemble member has no disagreement."""
    x = familiar(200)
    neighbours = Neighbours.fit(x, np.arange(200))
    novelty = Novelty.fit(np.zeros(100), "held-out", neighbours(familiar(100, 1)), neighbours)
    assert MOST_FAMILIAR_SCENES < novelty(0.0, torch.full((1, 6), 40.0)) < 1
    assert novelty(0.0, familiar(1, 9)) < 0.99


def test_settings_and_tensors_are_all_there_is(novelty):
    """Rebuilt novelty gives the same; its tensors are removed from the weights."""
    tensors = {**novelty.tensors(), "head.weight": torch.zeros(1)}
    again = Novelty.build(novelty.settings(), tensors)
    assert list(tensors) == ["head.weight"]
    x = familiar(1, 7)
    assert again(0.3, x) == novelty(0.3, x)
    assert again == novelty


def test_policies_of_before_there_was_a_distance_are_read():
    """Settings of two keys, without tensors, give novelty by disagreement alone."""
    values = np.quantile(np.arange(1001) / 1000, [0.0, 1.0]).tolist()
    old = Novelty.build({"values": [values[0]] * 102 + [values[1]], "source": "training"}, {})
    assert old.source == "training"
    assert old(2.0, familiar(1)) == novelty_beyond(2.0)


def test_windows_are_judged_by_other_episodes():
    """Distances of a training window are to other episodes' windows."""
    x, episodes = familiar(100), np.repeat(np.arange(4), 25)
    neighbours = Neighbours.fit(x, episodes)
    assert neighbours(x).min() < neighbours(x, episodes).min()
    alone = Neighbours.fit(x, np.zeros(100, np.int64))
    assert Quantiles.fit(alone(x, np.zeros(100, np.int64))).values == ()


def test_large_trainings_are_sampled():
    """The kept points are spread from the first to the last window."""
    neighbours = Neighbours.fit(familiar(5000), np.arange(5000))
    assert len(neighbours.points) == MOST_POINTS
    assert neighbours.episodes[-1] == 4999
