"""Novelty as a predictor of takeovers, on episodes whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from sidestick.datasets.episode import Episode
from sidestick.datasets.step import ActionMode, Driver
from sidestick.policies.statistics.roc import auroc
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.evaluation.takeover_prediction import (
    AHEAD_TICKS,
    EpisodeScores,
    takeover_prediction,
)
from tests.synthetic import made_up_episode

ROLLOUT, HUMAN = ActionMode.ROLLOUT, ActionMode.INTERVENTION
ALONE = 60


def supervised(novelty: np.ndarray, seed: int = 0) -> Episode:
    """A policy drives for a while, then the operator; `novelty` (70,) for all ticks."""
    episode = made_up_episode([ROLLOUT] * ALONE + [HUMAN] * 10, seed=seed)
    takeover = np.where(episode.driver == Driver.HUMAN, 0, -1).astype(np.int32)
    return replace(episode, novelty=novelty.astype(np.float32), takeover_id=takeover)


def test_the_ticks_before_a_takeover_are_those_of_the_last_second():
    """Only ticks on which the policy drove count."""
    scores = EpisodeScores.of(supervised(np.linspace(0, 1, ALONE + 10)))
    assert len(scores.soon) == ALONE
    assert np.flatnonzero(scores.soon).tolist() == list(range(ALONE - AHEAD_TICKS, ALONE))


def test_a_perfect_warning_has_area_one_and_its_contrary_zero():
    """Novelty that rises exactly in the last second, and one that falls there."""
    rises = np.r_[np.full(ALONE - AHEAD_TICKS, 0.1), np.full(AHEAD_TICKS + 10, 0.9)]
    assert takeover_prediction([supervised(rises), supervised(rises, 1)]).auroc == 1.0
    assert takeover_prediction([supervised(1 - rises), supervised(1 - rises, 1)]).auroc == 0.0


def test_area_is_the_share_of_pairs_in_the_right_order():
    """The same as counting all pairs, ties half."""
    rng = np.random.default_rng(0)
    scores, positive = rng.integers(0, 6, 80).astype(float), rng.random(80) < 0.3
    pairs = [
        1.0 if a > b else 0.5 if a == b else 0.0
        for a in scores[positive]
        for b in scores[~positive]
    ]
    assert auroc(scores, positive) == pytest.approx(np.mean(pairs))


def test_noise_is_near_chance_and_inside_its_interval():
    """Many episodes of noise."""
    rng = np.random.default_rng(1)
    found = takeover_prediction(supervised(rng.random(ALONE + 10), i) for i in range(20))
    low, high = found.interval95
    assert low < 0.5 < high
    assert low < found.auroc < high


def test_it_says_whose_novelty_it_is():
    """All policies that drove, by number."""
    episodes = [supervised(np.linspace(0, 1, ALONE + 10), seed) for seed in range(3)]
    for episode, policy in zip(episodes, ("0002", "0001", "0002"), strict=True):
        object.__setattr__(episode.summary.header, "policy_id", policy)
    assert takeover_prediction(episodes).to_json()["policies"] == ["0001", "0002"]


def test_nothing_to_judge_by_is_said():
    """Demonstrations alone hold no takeover."""
    with pytest.raises(BadValue, match="0 before a takeover"):
        takeover_prediction([made_up_episode()])
