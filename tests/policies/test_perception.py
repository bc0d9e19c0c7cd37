"""These tests check what the perception network computes, and its weights file."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sidestick.datasets.step import EpisodeHeader
from sidestick.policies.base.checkpoint import read_tensors, write_tensors
from sidestick.policies.perception.network import Perception, PerceptionConfig
from sidestick.policies.perception.pretrain import bank_shape
from sidestick.policies.perception.quality import measure
from sidestick.policies.perception.scene_bank import make_job
from sidestick.policies.policy_config import PolicyConfig
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.from_episodes import variation_of
from sidestick.policies.training.new_parts import new_vision
from sidestick.sim_envs.errors import BadValue, PolicyError
from sidestick.sim_envs.labelled_scenes import SceneSource
from sidestick.sim_envs.making import describe_task

CONFIG = PerceptionConfig("Shapes", "none", ("background", "a", "b", "tote"), ("a", "b"))
HEADER = EpisodeHeader("ShelfPick", "pick", "mug", 0, "simulated", 0)
IMAGES = np.random.default_rng(0).integers(0, 256, (3, 96, 96, 3), np.uint8)


@pytest.fixture
def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Perception(CONFIG).frozen()


def test_keypoints_come_for_every_class(network):
    """The result is (B, K, 6), float32 and finite, also for no images."""
    found = network.keypoints(IMAGES)
    assert found.shape == (3, 4, 6)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert network.keypoints(IMAGES[:0]).shape == (0, 4, 6)


def test_a_cell_sees_the_whole_image(network):
    """The receptive field of a cell is the whole image: every pixel changes it."""
    pixels = torch.rand(1, 3, 96, 96, requires_grad=True)
    network(pixels)[0, :, 12, 12].sum().backward()
    assert (pixels.grad.abs().sum((0, 1)) > 0).all()


def test_saving_and_loading_changes_nothing(network, tmp_path):
    """Keypoints, fingerprint, settings and metrics are the same, and the file is small."""
    network.metrics = {"recall": 0.98}
    path = tmp_path / "weights.safetensors"
    network.save(path)
    again = Perception.load(path)
    assert again.config == CONFIG
    assert again.metrics == {"recall": 0.98}
    assert again.fingerprint == network.fingerprint
    assert np.array_equal(again.keypoints(IMAGES), network.keypoints(IMAGES))
    assert path.stat().st_size < 2_000_000


def test_images_of_another_size_or_type_are_refused(network):
    """Float images or another size would be silently misread."""
    for wrong in (IMAGES[:, :48], IMAGES.astype(np.float32)):
        with pytest.raises(BadValue, match="images"):
            network.keypoints(wrong)


def damage(path, how):
    content = bytearray(path.read_bytes())
    if how == "flipped":
        content[-1000] ^= 0x10
    elif how == "cut":
        del content[-500:]
    elif how == "empty":
        content.clear()
    else:
        content = bytearray(b"PK\x03\x04 not ours, long enough to have a header" * 20)
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["flipped", "cut", "empty", "foreign"])
def test_damaged_weights_are_named(network, tmp_path, how):
    """The message gives the file, whatever is wrong with it."""
    path = tmp_path / "weights.safetensors"
    network.save(path)
    damage(path, how)
    with pytest.raises(PolicyError, match=r"weights.safetensors"):
        Perception.load(path)


def test_missing_and_other_weights_are_named(tmp_path):
    """PolicyError names a missing file, and a safetensors file with other contents."""
    with pytest.raises(PolicyError, match="no such file"):
        Perception.load(tmp_path / "none.safetensors")
    other = tmp_path / "other.safetensors"
    write_tensors(other, {"x": torch.zeros(3)}, {})
    with pytest.raises(PolicyError, match=r"other.safetensors: not perception"):
        Perception.load(other)


def test_weights_of_another_shape_are_named(network, tmp_path):
    """PolicyError says that settings and weights do not fit each other."""
    path = tmp_path / "weights.safetensors"
    network.save(path)
    tensors, metadata = read_tensors(path)
    tensors["head.weight"] = tensors["head.weight"][:2]
    write_tensors(path, tensors, metadata)
    with pytest.raises(PolicyError, match="do not fit"):
        Perception.load(path)


def test_an_unknown_task_lists_what_is_shipped():
    """The message says what is shipped and how to make weights."""
    with pytest.raises(PolicyError, match="pretrain"):
        Perception.load_shipped("FoldLaundry")


def test_varied_scenes_have_weights_that_take_no_coloured_wall_for_an_item():
    """Those of plain scenes do; and of plain scenes the others see as much."""
    plain, varied = (Perception.load_shipped("ShelfPick", level) for level in ("none", "strong"))
    shape = bank_shape(plain.config, 6)
    source = SceneSource("ShelfPick", plain.config.renderer, "strong")
    _, bank = make_job(source, shape, 3_100_000, 0)
    assert measure(varied, bank)["precision"] > 0.95 > measure(plain, bank)["precision"]
    assert measure(varied, bank)["recall"] > 0.9


def test_a_training_takes_the_weights_of_its_episodes_level():
    """One varied episode among plain ones is enough; a perception that is given stays."""
    task = PolicyConfig("SortRecycling", "tiny", describe_task("SortRecycling").goal_names)
    for level, origin in (("none", "SortRecycling"), ("mild", "SortRecycling-varied")):
        headers = [replace(HEADER, env_args={"variation": v}) for v in (None, level)]
        frames = SimpleNamespace(episodes=[SimpleNamespace(header=h) for h in headers])
        assert variation_of(frames) == level
        vision = new_vision(TrainConfig(), task, variation=level)
        assert vision.perception.origin == f"shipped for {origin}"
    given = Perception.load_shipped("SortRecycling")
    assert new_vision(TrainConfig(), task, given, "strong").perception is given


@pytest.mark.parametrize(
    ("task", "items"), [("ShelfPick", 6), ("SortRecycling", 8), ("SortClothes", 8)]
)
def test_every_class_of_an_item_counts_as_one(task, items):
    """Goals are kinds of garments, classes kinds and shades; boxes and the robot are no items."""
    config = Perception.load_shipped(task).config
    assert config == Perception.load_shipped(task, "mild").config
    assert config.items == items
    named = config.class_names[1 : 1 + items]
    assert {name.split()[-1] for name in named} == {name.split()[-1] for name in config.goal_names}
