"""These tests check that training is repeatable, resumable, and chooses by rollouts."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from sidestick.datasets.frames import Frames
from sidestick.policies.base.provenance import Provenance
from sidestick.policies.base.schedule import one_cycle
from sidestick.policies.perception.keypoint_cache import KeypointCache
from sidestick.policies.perception.network import Perception, PerceptionConfig
from sidestick.policies.policy import load_policy
from sidestick.policies.policy_config import PolicyConfig
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.from_episodes import training_data
from sidestick.policies.training.log import read_metrics
from sidestick.policies.training.loop import TrainingLoop
from sidestick.policies.training.run import RESUME
from sidestick.policies.training.train import train, train_on
from sidestick.policies.training.window_data import TrainingData, hold_out
from sidestick.policies.vision.keypoints import KeypointVision
from sidestick.sim_envs.errors import BadValue, PolicyError
from tests.synthetic import GOALS as GOAL_NAMES
from tests.synthetic import made_up_episode

GOALS = ("a", "b")
ABOUT = PolicyConfig("Shapes", "tiny", GOALS)
SHORT = TrainConfig(
    steps=30, batch=40, head_settings={"width": 32, "opinions": 2}, tensorboard=False, held_out=0.0
)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def perception():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = PerceptionConfig("Shapes", "tiny", ("bg", *GOALS), GOALS, channels=4)
        return Perception(config).frozen()


def data(episodes=4, steps=25, seed=0):
    """Windows whose actions are a smooth function of the features, as episodes with masked ends."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(episodes * steps, 18)).astype(np.float32)
    policy = rng.normal(size=(18, 16 * 7)).astype(np.float32)
    ahead = np.arange(steps)[:, None] + np.arange(16) < steps
    return TrainingData(
        inputs={"features": features},
        rows=np.arange(episodes * steps),
        actions=np.tanh(0.3 * features @ policy).reshape(-1, 16, 7),
        mask=np.tile(ahead, (episodes, 1)),
        classes=np.full(episodes * steps, -1),
        episodes=np.repeat(np.arange(episodes), steps),
        episode_ids=tuple(f"ep{i}" for i in range(episodes)),
    )


def trained(folder, perception, config=SHORT, over=None, **kwargs):
    vision = KeypointVision(perception)
    return train_on(over or data(), vision, ABOUT, config, folder, progress=False, **kwargs)


def weights(folder):
    return (folder / "model.safetensors").read_bytes()


def test_one_episode_is_learnt_by_heart(tmp_path, perception):
    """The plans of a trained policy are the demonstrated chunks."""
    config = replace(SHORT, steps=500, head_settings={"width": 128, "opinions": 2})
    result = trained(tmp_path, perception, config, data(episodes=1))
    assert result.loss < 0.03
    assert np.abs(data(episodes=1).actions).mean() > 0.3


def test_the_same_seed_gives_the_same_bits(tmp_path, perception):
    """Another seed gives another policy."""
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        trained(tmp_path / name, perception, replace(SHORT, seed=seed))
    assert weights(tmp_path / "a") == weights(tmp_path / "b") != weights(tmp_path / "c")


class Stop:
    """Rollouts that raise an interruption at the nth candidate."""

    def __init__(self, at=None, scores=(0.2, 0.6, 0.6)):
        self.at, self.scores, self.asked = at, list(scores), 0

    def __call__(self, policy):
        if self.asked == self.at:
            self.at = None
            raise KeyboardInterrupt
        self.asked += 1
        return self.scores[self.asked - 1]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_an_interrupted_training_ends_the_same(tmp_path, perception, at):
    """Stopped in the first, second or third rollouts and resumed, it ends with the same bits."""
    whole = trained(tmp_path / "whole", perception, rollout=Stop())
    rollout = Stop(at)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "parts", perception, rollout=rollout)
    assert (tmp_path / "parts" / RESUME).exists()
    assert not (tmp_path / "parts" / "config.json").exists()
    resumed = trained(tmp_path / "parts", perception, rollout=rollout)
    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")
    assert resumed.candidates == whole.candidates == ((18, 0.2), (24, 0.6), (30, 0.6))
    assert not (tmp_path / "parts" / RESUME).exists()


def test_a_state_saved_on_the_way_is_as_good(tmp_path, perception, monkeypatch):
    """After a crash between two candidates, the last saved state leads to the same end."""
    trained(tmp_path / "whole", perception)
    often = replace(SHORT, save_every_s=0.0)
    updates = []

    def crash(self, original=TrainingLoop.update):
        if len(updates) == 13:
            raise RuntimeError("power cut")
        updates.append(1)
        return original(self)

    with monkeypatch.context() as patch:
        patch.setattr("sidestick.policies.training.loop.TrainingLoop.update", crash)
        with pytest.raises(RuntimeError, match="power cut"):
            trained(tmp_path / "parts", perception, often)
    trained(tmp_path / "parts", perception, often)
    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")


def test_a_state_of_another_training_is_left_aside(tmp_path, perception, caplog):
    """With other data in the same folder, training warns and starts anew."""
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "a", perception, rollout=Stop(0))
    trained(tmp_path / "a", perception, over=data(seed=5), rollout=Stop())
    trained(tmp_path / "b", perception, over=data(seed=5), rollout=Stop())
    assert "other data" in caplog.text
    assert weights(tmp_path / "a") == weights(tmp_path / "b")


def test_the_best_candidate_is_kept_and_the_later_of_equals(tmp_path, perception):
    """The chosen step is the one with the best rollouts."""
    for name, scores, step in (
        ("early", (0.9, 0.2, 0.3), 18),
        ("tie", (0.1, 0.5, 0.5), 30),
        ("middle", (0.1, 0.5, 0.4), 24),
    ):
        result = trained(tmp_path / name, perception, rollout=Stop(scores=scores))
        assert result.chosen_step == step
        saved = load_policy(tmp_path / name).config.training
        assert saved["chosen_step"] == step
        assert [score for _, score in saved["candidates"]] == list(scores)


def test_without_rollouts_the_last_average_is_kept(tmp_path, perception):
    """There is one candidate, the last, and no scores."""
    result = trained(tmp_path, perception)
    assert (result.chosen_step, result.candidates) == (30, ())


def test_the_config_says_where_it_comes_from(tmp_path, perception):
    """It holds episodes, parent, version, counts, shares, precision; metrics lie beside it."""
    provenance = Provenance(parent="0001", round=2, kind="corrections")
    vision = KeypointVision(perception)
    about = replace(ABOUT, provenance=provenance)
    train_on(data(), vision, about, SHORT, tmp_path, progress=False)
    config = json.loads((tmp_path / "config.json").read_text())["policy"]
    assert config["provenance"]["episodes"] == ["ep0", "ep1", "ep2", "ep3"]
    assert config["provenance"]["parent"] == "0001"
    assert config["provenance"]["version"]
    assert config["training"]["windows"] == {"demonstration": 100}
    assert config["training"]["shares"] == {"demonstration": 1.0}
    assert config["training"]["precision"] in ("bf16", "fp32")
    assert [row["step"] for row in read_metrics(tmp_path)] == [30]


def test_tensorboard_events_are_written(tmp_path, perception):
    """A file of events is in the folder `tensorboard`."""
    trained(tmp_path, perception, replace(SHORT, tensorboard=True))
    assert list((tmp_path / "tensorboard").glob("events.*"))


def test_a_finished_policy_is_not_overwritten(tmp_path, perception):
    """PolicyError where the folder holds a policy."""
    trained(tmp_path, perception)
    with pytest.raises(PolicyError, match="already holds"):
        trained(tmp_path, perception)


def test_few_episodes_are_all_trained_on():
    """From 20 episodes on some are held out, whole ones only."""
    few, held = hold_out(data(episodes=19, steps=3), 0.05, 20, seed=0)
    assert held is None
    assert len(few) == 57
    seen, held = hold_out(data(episodes=40, steps=3), 0.05, 20, seed=0)
    assert len(held) == 6
    assert not set(held.episodes) & set(seen.episodes)


def test_novelty_is_calibrated_on_held_out_episodes(tmp_path, perception):
    """Familiar scenes spread over [0, 1]; an unusual one has the highest novelty."""
    config = replace(SHORT, steps=60, held_out=0.1)
    result = trained(tmp_path, perception, config, data(episodes=20))
    assert result.policy.novelty.source == "held-out"
    assert result.held_out_loss > 0
    network = result.policy.network
    with torch.inference_mode():
        strange = network.head.predict(torch.full((1, 18), 5.0)).spread
    assert result.policy.novelty(float(strange[:, :8].mean())) > 0.9


def test_bad_data_is_named():
    """BadValue for NaN (with its episode), no windows, no first action, another shape."""
    good = data()
    nan = good.inputs["features"].copy()
    nan[60] = np.nan
    with pytest.raises(BadValue, match="NaN or infinity in ep2"):
        replace(good, inputs={"features": nan})
    with pytest.raises(BadValue, match="at least one window"):
        good.take(np.zeros(100, bool))
    with pytest.raises(BadValue, match="first action"):
        replace(good, mask=np.zeros_like(good.mask))
    with pytest.raises(BadValue, match="training actions"):
        replace(good, actions=good.actions[:, :3])


def test_the_learning_rate_rises_and_falls():
    """One cycle starts low, peaks at 30 % and ends near zero."""
    rates = [one_cycle(step, 1000, 2e-3) for step in range(1000)]
    assert max(rates) == pytest.approx(2e-3)
    assert np.argmax(rates) == 300
    assert rates[0] == pytest.approx(2e-3 / 25)
    assert rates[-1] < 1e-7


def recorded(modes=(-1,) * 20, episodes=3):
    """Frames of made-up episodes."""
    return Frames(
        [
            made_up_episode(modes, seed=seed, episode_id=f"made-up-{seed}")
            for seed in range(episodes)
        ]
    )


@pytest.fixture
def for_made_up(perception):
    config = PerceptionConfig("ShelfPick", "tiny", ("bg", *GOAL_NAMES), GOAL_NAMES, channels=4)
    return Perception(config).frozen()


def test_recorded_episodes_become_a_policy(tmp_path, for_made_up):
    """Frames become a folder that loads; the keypoint cache is filled and used again."""
    cache = KeypointCache(tmp_path / "cache")
    config = replace(SHORT, idle="keep")
    for name in ("a", "b"):
        train(
            recorded(),
            config,
            tmp_path / name,
            perception=for_made_up,
            cache=cache,
            progress=False,
        )
    policy = load_policy(tmp_path / "a", "ShelfPick", "tiny")
    assert len(policy.config.provenance.episodes) == 3
    assert len(list((tmp_path / "cache").rglob("*.npy"))) == 3
    assert weights(tmp_path / "a") == weights(tmp_path / "b")


def test_windows_keep_within_their_episode(for_made_up):
    """Actions of a window are its own episode's, masked beyond its end and beyond handovers."""
    modes = [0] * 10 + [1] * 10 + [0] * 10
    frames = recorded(modes)
    data = training_data(frames, KeypointVision(for_made_up), idle="keep")
    assert set(data.classes) == {0, 1}  # the steps before the intervention are dropped
    for start, actions, mask in zip(data.rows, data.actions, data.mask, strict=True):
        n = int(mask.sum())
        assert np.array_equal(actions[:n], frames.actions[start : start + n])
        drivers, episodes = frames.driver[start : start + n], frames.episode[start : start + n]
        assert len(set(drivers)) == len(set(episodes)) == 1


def test_perception_for_other_images_is_refused(tmp_path, perception):
    """PolicyError names another task, renderer or cameras before anything is computed."""
    with pytest.raises(PolicyError, match="perception has task 'Shapes'"):
        train(recorded(), SHORT, tmp_path, perception=perception, progress=False)


def test_no_episodes_cannot_be_trained_on(tmp_path):
    """The message says how to record some."""
    with pytest.raises(PolicyError, match="sidestick drive"):
        train(Frames(), SHORT, tmp_path, progress=False)
