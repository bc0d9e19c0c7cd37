"""Tests of training use these small made-up episodes, settings and an untrained perception."""

import numpy as np
import torch

from sidestick.policies.perception.network import Perception, PerceptionConfig
from sidestick.policies.policy_config import PolicyConfig
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.train import train_on
from sidestick.policies.training.window_data import TrainingData
from sidestick.policies.vision.keypoints import KeypointVision

GOALS = ("a", "b")
ABOUT = PolicyConfig("Shapes", "tiny", GOALS)
SMALL_HEADS = {
    "act": {"width": 16, "tokens": 1, "attention_heads": 2},
    "bc": {"width": 32, "opinions": 2},
    "bc-gmm": {"width": 32},
    "flow": {"width": 32, "samples": 4, "integration_steps": 2},
}
SHORT = TrainConfig(
    steps=20, batch=40, head_settings=SMALL_HEADS["bc"], tensorboard=False, held_out=0.0
)


def small_perception():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = PerceptionConfig("Shapes", "tiny", ("bg", *GOALS), GOALS, channels=4)
        perception = Perception(config)
    shipped = {k: v.half() for k, v in perception.state_dict().items()}  # as stored on disk
    perception.load_state_dict(shipped)
    return perception.frozen()


def made_up_data(episodes=4, steps=25, seed=0, history=1):
    """Episodes whose actions are a smooth function of the features, masked past their ends."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(episodes * steps, 18)).astype(np.float32)
    policy = np.random.default_rng(0).normal(size=(18, 16 * 7)).astype(np.float32)
    ahead = np.arange(steps)[:, None] + np.arange(16) < steps
    rows = np.arange(episodes * steps)
    back = np.minimum(rows % steps, np.arange(history - 1, 0, -1)[:, None])
    return TrainingData(
        inputs={"features": features},
        rows=rows,
        actions=np.tanh(0.3 * features @ policy).reshape(-1, 16, 7),
        mask=np.tile(ahead, (episodes, 1)),
        classes=np.full(episodes * steps, -1),
        episodes=np.repeat(np.arange(episodes), steps),
        episode_ids=tuple(f"ep{seed}-{i}" for i in range(episodes)),
        past=(rows - back).T if history > 1 else None,
    )


def trained_policy(folder, config=SHORT, data=None, **kwargs):
    """The policy of a short training, on made-up data unless given."""
    vision = KeypointVision(small_perception())
    data = made_up_data(history=config.history) if data is None else data
    return train_on(data, vision, ABOUT, config, folder, progress=False, **kwargs)


def made_up_observation(seed=0, size=96):
    """A random observation for such a policy."""
    rng = np.random.default_rng(seed)
    return {
        "front_image": rng.integers(0, 256, (size, size, 3), np.uint8),
        "wrist_image": rng.integers(0, 256, (size, size, 3), np.uint8),
        "ee_pos": rng.normal(size=3).astype(np.float32),
        "ee_quat": np.array([0, 0, 0, 1], np.float32),
        "gripper_qpos": np.full(2, 0.02, np.float32),
        "goal": np.array([0, 1], np.float32),
    }
