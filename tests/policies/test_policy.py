"""These tests check planning with a policy, and saving and loading it."""

import json

import numpy as np
import pytest
import torch

from sidestick.datasets.config import WorkspaceConfig
from sidestick.policies.base.novelty_scale import MOST_FAMILIAR_SCENES
from sidestick.policies.base.provenance import Provenance
from sidestick.policies.heads import build_head
from sidestick.policies.network import PolicyNetwork
from sidestick.policies.novelty import Novelty
from sidestick.policies.perception.network import Perception, PerceptionConfig
from sidestick.policies.policy import LearnedPolicy, load_policy
from sidestick.policies.policy_config import PolicyConfig
from sidestick.policies.store import PolicyStore
from sidestick.policies.vision.keypoints import KeypointVision
from sidestick.sim_envs.errors import BadValue, PolicyError

GOALS = ("a", "b")


def observation(seed=0):
    rng = np.random.default_rng(seed)
    return {
        "front_image": rng.integers(0, 256, (96, 96, 3), np.uint8),
        "wrist_image": rng.integers(0, 256, (96, 96, 3), np.uint8),
        "joint_pos": np.zeros(7, np.float32),
        "ee_pos": rng.normal(size=3).astype(np.float32),
        "ee_quat": np.array([0, 0, 0, 1], np.float32),
        "gripper_qpos": np.full(2, 0.02, np.float32),
        "goal": np.array([0, 1], np.float32),
    }


@pytest.fixture
def policy():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        perception = Perception(PerceptionConfig("Shapes", "tiny", ("bg", *GOALS), GOALS))
        perception.load_state_dict({k: v.half() for k, v in perception.state_dict().items()})
        vision = KeypointVision(perception)
        vision.fit({"features": np.random.default_rng(0).normal(size=(50, 18))})
        network = PolicyNetwork(vision, build_head("bc", vision.size, {}))
    provenance = Provenance(("ep1", "ep2"), "0001", 2, "corrections").complete(())
    config = PolicyConfig("Shapes", "tiny", GOALS, provenance=provenance)
    return LearnedPolicy(config, network, Novelty.fit(np.linspace(0, 1, 99), "held-out"))


def test_a_plan_is_a_chunk_of_actions(policy):
    """Shapes and range fit, and novelty is between 0 and 1."""
    plan = policy.plan(observation())
    assert plan.actions.shape == plan.spread.shape == (16, 7)
    assert plan.actions.dtype == np.float32
    assert np.abs(plan.actions).max() <= 1
    assert (policy.chunk, policy.execute) == (16, 8)
    assert 0 <= plan.novelty <= 1
    assert repr(plan).startswith("Plan(actions(16, 7), novelty=")


def test_saving_and_loading_changes_nothing(policy, tmp_path):
    """The loaded policy gives the same bits and has the same config."""
    policy.save(tmp_path / "0003")
    again = load_policy(tmp_path / "0003", task="Shapes", renderer="tiny")
    for seed in range(3):
        mine, its = policy.plan(observation(seed)), again.plan(observation(seed))
        assert np.array_equal(mine.actions, its.actions)
        assert np.array_equal(mine.spread, its.spread)
        assert mine.novelty == its.novelty
    assert again.config == policy.config
    assert again.config.provenance.version


OTHERS = {
    "task": (WorkspaceConfig("ShelfPick", "tiny"), "task Shapes", "task ShelfPick"),
    "renderer": (
        WorkspaceConfig("Shapes", "gl"),
        "images by renderer tiny",
        "images by renderer gl",
    ),
    "cameras": (
        WorkspaceConfig("Shapes", "tiny", cameras=("front", "side")),
        "cameras front, wrist",
        "cameras front, side",
    ),
    "image size": (
        WorkspaceConfig("Shapes", "tiny", image_size=64),
        "images of 96 pixels",
        "images of 64 pixels",
    ),
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_policy_for_something_else_is_refused(policy, tmp_path, other):
    """The message says what it was trained for, what the workspace has, and what to do."""
    store, (config, trained, here) = PolicyStore(tmp_path), OTHERS[other]
    policy.save(tmp_path / "0003")
    with pytest.raises(PolicyError) as refused:
        store.load("0003", config)
    message = str(refused.value)
    assert f"0003: trained for {trained}" in message
    assert f"here it is {here}" in message
    assert "sidestick train" in message


def test_more_cameras_than_a_policy_needs_are_no_hindrance(policy, tmp_path):
    """It reads those that it was trained on."""
    policy.save(tmp_path / "0003")
    cameras = ("front", "side", "wrist")
    config = WorkspaceConfig("Shapes", "tiny", cameras=cameras)
    assert PolicyStore(tmp_path).load("0003", config).config.cameras == ("front", "wrist")


def edit(path, change):
    settings = json.loads(path.read_text())
    change(settings)
    path.write_text(json.dumps(settings))


DAMAGES = {
    "no folder": lambda f: [p.unlink() for p in f.iterdir()] and f.rmdir(),
    "no config": lambda f: (f / "config.json").unlink(),
    "no weights": lambda f: (f / "model.safetensors").unlink(),
    "torn config": lambda f: (f / "config.json").write_text('{"format": 1, "pol'),
    "a list": lambda f: (f / "config.json").write_text("[]"),
    "another format": lambda f: edit(f / "config.json", lambda s: s.update(format=99)),
    "unknown setting": lambda f: edit(f / "config.json", lambda s: s["policy"].update(x=1)),
    "unknown head": lambda f: edit(f / "config.json", lambda s: s["head"].update(name="gpt")),
    "missing part": lambda f: edit(f / "config.json", lambda s: s.pop("vision")),
    "torn weights": lambda f: (f / "model.safetensors").write_bytes(
        (f / "model.safetensors").read_bytes()[:-99]
    ),
    "flipped bit": lambda f: (f / "model.safetensors").write_bytes(
        (lambda b: b[:-50] + bytes([b[-50] ^ 1]) + b[-49:])((f / "model.safetensors").read_bytes())
    ),
    "other width": lambda f: edit(
        f / "config.json", lambda s: s["head"]["settings"].update(width=100)
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_policy_is_named(policy, tmp_path, damage):
    """PolicyError names the path, whatever the damage."""
    policy.save(tmp_path / "0003")
    DAMAGES[damage](tmp_path / "0003")
    with pytest.raises(PolicyError, match="0003"):
        load_policy(tmp_path / "0003")


def test_an_odd_observation_is_named(policy):
    """BadValue for missing keys, another number of goals, NaN."""
    with pytest.raises(BadValue, match="wrist_image"):
        policy.plan({k: v for k, v in observation().items() if k != "wrist_image"})
    with pytest.raises(BadValue, match="goal"):
        policy.plan({**observation(), "goal": np.zeros(6, np.float32)})
    with pytest.raises(BadValue, match="finite"):
        policy.plan({**observation(), "ee_pos": np.full(3, np.nan, np.float32)})


def test_novelty_is_a_quantile():
    """0.99 means that 99 of 100 familiar scenes were less unusual; then it rises on."""
    novelty = Novelty.fit(np.arange(1001) / 1000, "held-out")
    assert novelty(0.99) == pytest.approx(0.99, abs=0.002)
    assert novelty(-1) == 0
    assert MOST_FAMILIAR_SCENES <= novelty(2) < novelty(99) < 1
    assert np.isnan(Novelty()(0.5))
    assert Novelty.fit(np.zeros(5), "held-out") == Novelty()


def test_an_unknown_kind_of_round_is_refused():
    """Provenance is one of demonstrations, corrections or practice."""
    with pytest.raises(BadValue, match="practice"):
        Provenance(kind="dreams")
