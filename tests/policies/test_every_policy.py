"""These tests train every kind of policy briefly and check that a loaded one drives the same."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from sidestick.datasets.frames import Frames
from sidestick.policies.heads import HEADS
from sidestick.policies.perception.network import Perception, PerceptionConfig
from sidestick.policies.policy import load_policy
from sidestick.policies.training.train import train
from sidestick.sim_envs.errors import BadValue, PolicyError
from tests.synthetic import GOALS, made_up_episode
from tests.training_rig import SHORT, SMALL_HEADS, made_up_data, made_up_observation, trained_policy


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def short(head, **changes):
    return replace(SHORT, head=head, head_settings=SMALL_HEADS[head], **changes)


@pytest.fixture(scope="module")
def perception():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = PerceptionConfig("ShelfPick", "tiny", ("bg", *GOALS), GOALS, channels=4)
        return Perception(config).frozen()


@pytest.mark.parametrize("head", sorted(HEADS))
class TestEveryPolicy:
    """Runs over the registry of heads."""

    def test_what_is_loaded_plans_the_same(self, head, tmp_path):
        """Actions, spread and novelty are equal to the bit, with the shapes of a tick."""
        made = trained_policy(tmp_path, short(head)).policy
        again = load_policy(tmp_path, "Shapes", "tiny")
        for seed in range(3):
            mine, its = (p.plan(made_up_observation(seed)) for p in (made, again))
            assert mine.actions.shape == mine.spread.shape == (16, 7)
            assert mine.actions.dtype == mine.spread.dtype == np.float32
            assert np.array_equal(mine.actions, its.actions)
            assert np.array_equal(mine.spread, its.spread)
            assert mine.novelty == its.novelty
            assert 0 <= mine.novelty <= 1

    def test_the_same_seed_gives_the_same_bits(self, head, tmp_path):
        """Random draws elsewhere in between do not matter."""
        for name, seed in (("a", 0), ("b", 0), ("c", 1)):
            torch.manual_seed(len(name) + seed)
            trained_policy(tmp_path / name, short(head, seed=seed))
        a, b, c = ((tmp_path / n / "model.safetensors").read_bytes() for n in "abc")
        assert a == b != c

    def test_an_interrupted_training_ends_the_same(self, head, tmp_path):
        """It is resumed from the state that the interruption left."""
        asked = []

        def stop(policy):
            asked.append(policy)
            if len(asked) == 2:
                raise KeyboardInterrupt
            return 0.5

        with pytest.raises(KeyboardInterrupt):
            trained_policy(tmp_path / "parts", short(head), rollout=stop)
        trained_policy(tmp_path / "parts", short(head), rollout=stop)
        trained_policy(tmp_path / "whole", short(head), rollout=lambda policy: 0.5)
        parts, whole = (tmp_path / n / "model.safetensors" for n in ("parts", "whole"))
        assert parts.read_bytes() == whole.read_bytes()

    def test_held_out_episodes_calibrate_its_novelty(self, head, tmp_path):
        """A scene far from all training scenes has the highest novelty."""
        data = made_up_data(episodes=20, steps=10)
        policy = trained_policy(tmp_path, short(head, held_out=0.2), data).policy
        assert policy.novelty.source == "held-out"
        far = torch.full((1, 18), 5.0)
        assert policy.novelty(0.0, far) > 0.99
        usual = [policy.novelty(0.0, torch.zeros(1, 18) + 0.01 * i) for i in range(3)]
        assert max(usual) < 0.9

    def test_one_episode_shorter_than_a_chunk_is_enough(self, head, tmp_path, perception):
        """Steps beyond its end are masked; nothing is held out."""
        frames = Frames([made_up_episode((-1,) * 6)])
        config = short(head, idle="keep", steps=5, held_out=0.5)
        result = train(frames, config, tmp_path, perception=perception, progress=False)
        assert np.isfinite(result.loss)
        assert result.held_out_loss is None
        observation = {**made_up_observation(), "goal": np.eye(3, dtype=np.float32)[0]}
        assert np.isfinite(result.policy.plan(observation).actions).all()


def test_a_policy_for_other_cameras_is_refused(tmp_path):
    """BadValue names an image that is missing or of another size, and what was expected."""
    policy = trained_policy(tmp_path).policy
    with pytest.raises(BadValue, match=r"front_image.*96 x 96"):
        policy.plan({**made_up_observation(), "front_image": np.zeros((64, 64, 3), np.uint8)})
    lacking = made_up_observation()
    del lacking["wrist_image"]
    with pytest.raises(BadValue, match="wrist_image"):
        policy.plan(lacking)


def test_nan_in_an_episode_is_named(tmp_path, perception):
    """BadValue names the column and the episode."""
    frames = Frames([made_up_episode((-1,) * 20, episode_id=name) for name in ("good", "bad")])
    frames.actions[30, 2] = np.nan
    with pytest.raises(BadValue, match=r"actions.*NaN or infinity in bad"):
        train(frames, replace(SHORT, idle="keep"), tmp_path, perception=perception, progress=False)


def test_a_policy_of_before_distances_drives(tmp_path):
    """An earlier policy is calibrated on disagreement alone and its config lacks `history`."""
    trained_policy(tmp_path)
    path = tmp_path / "config.json"
    settings = json.loads(path.read_text())
    for key in ("distances", "both"):
        del settings["novelty"][key]
    for key in ("history", "ensembling"):
        del settings["policy"][key]
    path.write_text(json.dumps(settings))
    old = load_policy(tmp_path)
    assert 0 <= old.plan(made_up_observation()).novelty <= 1


def test_neighbours_of_another_size_are_refused(tmp_path):
    """A damaged calibration is found when the policy is loaded, not in the first plan."""
    trained_policy(tmp_path)
    path = tmp_path / "config.json"
    settings = json.loads(path.read_text())
    settings["novelty"]["values"] = [0.0, 1.0]
    path.write_text(json.dumps(settings))
    with pytest.raises(PolicyError, match="novelty"):
        load_policy(tmp_path)
