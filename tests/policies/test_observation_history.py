"""These tests check policies with observation history and temporal ensembling when driving."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sidestick.datasets.frames import Frames
from sidestick.datasets.step import Driver
from sidestick.datasets.windows import Windows
from sidestick.policies.policy import load_policy
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.session.policy_runner import PolicyRunner
from tests.synthetic import made_up_episode
from tests.training_rig import SHORT, made_up_data, made_up_observation, trained_policy


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def remembers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    trained_policy(folder, replace(SHORT, history=3))
    return folder


def test_history_changes_the_plan_and_reset_forgets_it(remembers):
    """Past observations change the plan; after a reset the first plan is as in a new episode."""
    policy, now = load_policy(remembers), made_up_observation(0)
    policy.reset()
    fresh = policy.plan(now).actions
    assert np.array_equal(fresh, policy.plan(now).actions)  # the first one stands for earlier
    policy.plan(made_up_observation(1))
    assert not np.array_equal(fresh, policy.plan(now).actions)
    policy.reset()
    assert np.array_equal(fresh, policy.plan(now).actions)


def test_only_the_last_observations_count(remembers):
    """Observations older than `history` plans do not change a plan."""
    plans = []
    for first in (5, 6):
        policy = load_policy(remembers)
        plans.append([policy.plan(made_up_observation(s)).actions for s in (first, 1, 2, 3)])
    assert not np.array_equal(plans[0][2], plans[1][2])
    assert np.array_equal(plans[0][3], plans[1][3])


def test_history_is_in_the_saved_policy(remembers, tmp_path):
    """The head reads three frames; a policy saved again plans the same."""
    policy = load_policy(remembers)
    assert policy.config.history == policy.network.history == 3
    policy.save(tmp_path)
    again = load_policy(tmp_path)
    for seed in (0, 1):
        mine, its = (p.plan(made_up_observation(seed)) for p in (policy, again))
        assert np.array_equal(mine.actions, its.actions)
        assert mine.novelty == its.novelty


def test_data_of_another_history_is_refused(tmp_path):
    """Windows of one frame cannot train a policy that reads three."""
    with pytest.raises(BadValue, match="3 observations"):
        trained_policy(tmp_path, replace(SHORT, history=3), made_up_data())


def test_windows_look_back_in_strides_but_not_across_a_begin():
    """Frames are as far apart as plans; the first step of an episode stands for earlier ones."""
    frames = Frames([made_up_episode((-1,) * 12, seed=s, episode_id=str(s)) for s in (0, 1)])
    windows = Windows(frames, chunk=4, history=3, stride=4, drop_idle=False)
    index = windows.history_index(np.arange(len(windows)))
    assert index[10].tolist() == [2, 6, 10]
    assert index[5].tolist() == [0, 1, 5]
    assert index[12].tolist() == [12, 12, 12]
    assert index[13 + 4].tolist() == [12, 13, 17]
    assert (frames.episode[index] == frames.episode[windows.starts][:, None]).all()


def test_ensembling_averages_overlapping_plans(tmp_path):
    """The second plan is averaged with the first; after a reset it is not."""
    trained_policy(tmp_path, replace(SHORT, ensembling=0.01, execute=4))
    policy, alone = load_policy(tmp_path), []
    assert policy.config.ensembling == 0.01
    for seed in (0, 1):
        policy.reset()
        alone.append(policy.plan(made_up_observation(seed)).actions)
    policy.reset()
    first = policy.plan(made_up_observation(0))
    second = policy.plan(made_up_observation(1))
    assert np.array_equal(first.actions, alone[0])
    older, newer = np.exp(-0.01 * np.arange(2))
    middle = (older * alone[0][4:] + newer * alone[1][:12]) / (older + newer)
    assert np.allclose(second.actions[:12], middle, atol=1e-5)
    assert np.array_equal(second.actions[12:], alone[1][12:])


def test_the_runner_forgets_while_the_operator_drives(remembers):
    """Observations before a takeover, many ticks or one ago, are not in the history."""
    runner, policy = PolicyRunner(load_policy(remembers)), load_policy(remembers)
    runner.begin()
    runner.propose(made_up_observation(0), Driver.POLICY)
    runner.propose(made_up_observation(1), Driver.HUMAN)
    given = runner.propose(made_up_observation(2), Driver.HUMAN).action
    assert np.array_equal(given, policy.plan(made_up_observation(2)).actions[0])
