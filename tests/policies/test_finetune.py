"""These tests check finetuning on new corrections."""

import time

import numpy as np
import pytest
import torch

from sidestick.policies.policy import load_policy
from sidestick.policies.training.finetune import finetune, held_out_loss
from sidestick.policies.training.finetune_config import FinetuneConfig
from sidestick.policies.training.window_data import joined
from sidestick.sim_envs.errors import BadValue
from tests.training_rig import SHORT, made_up_data, made_up_observation, trained_policy


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    torch.set_num_threads(1)
    return trained_policy(tmp_path_factory.mktemp("policy")).policy


@pytest.fixture(scope="module")
def correction():
    """Windows of half an episode in which the operator did something else."""
    return made_up_data(episodes=1, steps=15, seed=7)


def test_finetuning_learns_the_new_and_keeps_the_old(policy, correction):
    """The loss on the correction falls, that on earlier data does not rise by half."""
    data = made_up_data()
    before = held_out_loss(policy, correction), held_out_loss(policy, data)
    finetuned = finetune(policy, data, correction, FinetuneConfig(peak_rate=2e-3), parent="0007")
    assert held_out_loss(finetuned, correction) < 0.8 * before[0]
    assert held_out_loss(finetuned, data) < 1.5 * before[1]


def test_the_finetuned_policy_is_another_one(policy, correction, tmp_path):
    """The parent policy is unchanged; the new one has its provenance, and loads."""
    before = policy.plan(made_up_observation()).actions
    finetuned = finetune(policy, made_up_data(), correction, FinetuneConfig(steps=5), parent="0007")
    assert np.array_equal(policy.plan(made_up_observation()).actions, before)
    finetuned.save(tmp_path)
    again = load_policy(tmp_path)
    assert np.array_equal(
        again.plan(made_up_observation()).actions, finetuned.plan(made_up_observation()).actions
    )
    provenance = again.config.provenance
    assert (provenance.kind, provenance.parent) == ("nudge", "0007")
    assert provenance.episodes == (*policy.config.provenance.episodes, "ep7-0")
    assert again.config.training["nudge"] == {"of": "0007", "steps": 5, "windows": 15}


def test_the_same_finetuning_gives_the_same_policy(policy, correction):
    """Order and noise are drawn by the seed."""
    plans = [
        finetune(policy, made_up_data(), correction, FinetuneConfig(steps=5, seed=s)).plan(
            made_up_observation()
        )
        for s in (0, 0, 1)
    ]
    assert np.array_equal(plans[0].actions, plans[1].actions)
    assert not np.array_equal(plans[0].actions, plans[2].actions)


def test_finetuning_takes_seconds(policy, correction):
    """A hundred steps on cached features stay within the limit."""
    started = time.process_time()
    finetune(policy, made_up_data(), correction)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("steps", [0, 101])
def test_finetuning_is_short(steps):
    """The message recommends a refit for more steps."""
    with pytest.raises(BadValue, match="refit"):
        FinetuneConfig(steps=steps)


def test_corrections_of_another_shape_are_refused(policy):
    """Windows with history cannot be mixed with windows without."""
    with pytest.raises(BadValue, match="history"):
        finetune(policy, made_up_data(), made_up_data(history=2))


def test_joined_data_keeps_its_windows_and_their_frames():
    """Rows, earlier frames and episodes refer to the same data as before."""
    old, new = made_up_data(history=2), made_up_data(episodes=2, seed=3, history=2)
    both = joined(old, new)
    assert len(both) == len(old) + len(new)
    place = len(old) + 30
    assert np.array_equal(
        both.inputs["features"][both.seen_rows(np.array([place]))[0]],
        new.inputs["features"][new.seen_rows(np.array([30]))[0]],
    )
    assert both.episode_ids[both.episodes[place]] == "ep3-1"
    assert SHORT.chunk == both.chunk
