"""These tests check vision trained end to end on the demonstrations alone."""

import mmap
from dataclasses import replace

import numpy as np
import pytest
import torch

from sidestick.datasets.frames import Frames
from sidestick.policies.policy import load_policy
from sidestick.policies.policy_config import PolicyConfig
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.new_parts import new_vision
from sidestick.policies.training.train import train, train_on
from sidestick.policies.training.window_data import TrainingData
from sidestick.policies.vision.augmentation import random_colour, random_shift
from sidestick.policies.vision.encoders import Encoder, spatial_softmax
from sidestick.policies.vision.end_to_end import EndToEnd, EndToEndConfig
from sidestick.sim_envs.errors import UnknownName
from tests.synthetic import made_up_episode

SIZE = 32
CONFIG = EndToEndConfig(2, cameras=("front",), image_size=SIZE, channels=8, points=4)
ABOUT = PolicyConfig("Shapes", "tiny", ("a", "b"), ("front",), SIZE)
SHORT = TrainConfig(
    vision="end-to-end",
    encoder="small",
    steps=3,
    batch=8,
    peak_rate=1e-3,
    held_out=0.0,
    head_settings={"width": 32, "opinions": 2},
    tensorboard=False,
)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def made(seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return EndToEnd(CONFIG)


def columns(n=48, seed=0):
    """Images (N, ...) of a red and a green dot; `goal` says which one is the target."""
    rng = np.random.default_rng(seed)
    images = np.full((n, SIZE, SIZE, 3), 120, np.uint8)
    places = rng.integers(2, SIZE - 6, (n, 2, 2))
    for i, j in np.ndindex(n, 2):
        y, x = places[i, j]
        images[i, y : y + 5, x : x + 5] = 30
        images[i, y : y + 5, x : x + 5, j] = 230
    goal = rng.integers(0, 2, n)
    seen = {
        "front_image": images,
        "ee_pos": rng.normal(size=(n, 3)),
        "ee_quat": np.tile([0, 0, 0, 1.0], (n, 1)),
        "gripper_qpos": np.full((n, 2), 0.02),
        "goal": np.eye(2, dtype=np.float32)[goal],
    }
    return seen, 2 * places[np.arange(n), goal] / SIZE - 1


def data(n=48):
    """Windows whose action points at the goal's dot."""
    seen, place = columns(n)
    actions = np.zeros((n, 16, 7), np.float32)
    actions[..., :2] = place[:, None]
    return TrainingData(
        made().prepare(seen),
        np.arange(n),
        actions,
        np.ones((n, 16), bool),
        np.full(n, -1),
        np.arange(n) // 8,
        tuple(f"ep{i}" for i in range(n // 8)),
    )


def test_the_goal_changes_what_is_seen():
    """With Kaiming's initial weights FiLM already has an effect."""
    torch.manual_seed(0)
    encoder, pixels = Encoder(2, 16, 8), torch.rand(4, 3, SIZE, SIZE)
    with torch.inference_mode():
        a, b = (encoder(pixels, torch.eye(2)[[i] * 4]) for i in (0, 1))
    assert a.shape == (4, 16)
    assert float((a - b).abs().mean()) > 0.01


def test_spatial_softmax_finds_a_peak():
    """The result is x, then y, in [-1, 1]."""
    scores = torch.zeros(1, 1, 8, 8)
    scores[0, 0, 2, 6] = 50
    assert spatial_softmax(scores)[0].tolist() == pytest.approx([2 * 6.5 / 8 - 1, 2 * 2.5 / 8 - 1])


def test_a_shift_moves_and_repeats_the_edge():
    """Every image is the old one, moved by at most `pad`, without new pixel values."""
    images = torch.arange(16 * 16 * 3, dtype=torch.int32).reshape(1, 16, 16, 3).repeat(30, 1, 1, 1)
    shifted = random_shift(images, 4, torch.Generator().manual_seed(0))
    padded = torch.from_numpy(np.pad(images[0].numpy(), ((4, 4), (4, 4), (0, 0)), mode="edge"))
    windows = [padded[y : y + 16, x : x + 16] for y in range(9) for x in range(9)]
    assert all(any(torch.equal(image, w) for w in windows) for image in shifted)
    assert len({image.numpy().tobytes() for image in shifted}) > 10


def test_it_learns_to_point_at_the_goal(tmp_path):
    """The error falls well below that of the best constant."""
    config = replace(SHORT, steps=250, batch=32, peak_rate=3e-3, head_settings={"width": 128})
    vision = EndToEnd(replace(CONFIG, channels=16, points=8, shift=1))
    result = train_on(data(96), vision, ABOUT, config, tmp_path, progress=False)
    actions = data(96).actions
    constant = np.abs(actions - np.median(actions, axis=0)).mean()
    assert result.loss < 0.3 * constant


def test_a_saved_policy_plans_the_same(tmp_path):
    """Encoders and settings are restored; images stay uint8 until the batch."""
    trained = data()
    assert trained.inputs["front_image"].dtype == np.uint8
    result = train_on(trained, made(), ABOUT, SHORT, tmp_path, progress=False)
    again = load_policy(tmp_path, "Shapes", "tiny")
    seen, _ = columns(1)
    observation = {key: column[0] for key, column in seen.items()}
    mine, its = result.policy.plan(observation), again.plan(observation)
    assert np.array_equal(mine.actions, its.actions)
    assert again.network.vision.name == "end-to-end"


def test_the_same_seed_gives_the_same_policy(tmp_path):
    """Shifts and jitter are drawn by (seed, step)."""
    for name in ("a", "b"):
        vision = new_vision(SHORT, ABOUT)
        train_on(data(), vision, ABOUT, SHORT, tmp_path / name, progress=False)
    a, b = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("a", "b"))
    assert a == b


def test_another_kind_of_vision_is_refused():
    """The message lists the kinds that exist."""
    with pytest.raises(UnknownName, match="end-to-end, keypoints"):
        new_vision(replace(SHORT, vision="lidar"), ABOUT)


def test_colours_change_within_bounds_and_each_image_its_own_way():
    """Nothing changes at 0; the strongest channel of a dot stays the strongest."""
    pixels = torch.full((20, 3, 8, 8), -0.5)
    pixels[:, 0, 2:5, 2:5] = 0.6
    same = random_colour(pixels, 0.0, torch.Generator().manual_seed(0))
    assert torch.allclose(same, pixels, atol=1e-6)
    changed = random_colour(pixels, 0.2, torch.Generator().manual_seed(0))
    assert changed.abs().max() <= 1
    assert len({image.numpy().tobytes() for image in changed}) == 20
    assert (changed[:, 0, 3, 3] > changed[:, 1, 3, 3] + 0.3).all()


def test_frames_in_a_file_train_as_frames_in_memory_do(tmp_path):
    """Frames that do not fit into memory are read from a memory map, batch by batch."""
    episodes = [made_up_episode((-1,) * 20, seed=s, episode_id=str(s)) for s in (0, 1)]
    kinds = Frames(episodes), Frames(episodes, cache=tmp_path / "cache", memory_limit=1000)
    for name, frames in zip(("memory", "file"), kinds, strict=True):
        config = replace(SHORT, idle="keep", steps=2)
        train(frames, config, tmp_path / name, progress=False)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("memory", "file")]
    assert weights[0] == weights[1]
    owner = kinds[1].images["front_image"]
    while isinstance(owner, np.ndarray):
        owner = owner.base
    assert isinstance(owner, mmap.mmap)
