"""These tests pretrain small networks: they learn, are reproducible, and resume after a stop."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sidestick.policies.base.torch_setup import choose_precision, cpu_flags
from sidestick.policies.perception.network import Perception, PerceptionConfig, as_input
from sidestick.policies.perception.pretrain import augmented, fit_perception, pretrain
from sidestick.policies.perception.pretrain_config import PretrainConfig
from sidestick.policies.perception.quality import (
    measure,
    measure_grasp_points,
    visible_grasp_points,
)
from sidestick.policies.perception.scene_bank import SceneBank, SceneShape, make_scenes
from sidestick.sim_envs.errors import BadValue, PolicyError, UnknownName

COLOURS = ((220, 40, 40), (40, 180, 60))
HEIGHTS_M = (0.02, 0.06)
SIZE, GRID = 48, 12
CONFIG = PerceptionConfig(
    "Shapes",
    "none",
    ("background", "red", "green"),
    ("red", "green"),
    cameras=("front", "wrist"),
    image_size=SIZE,
    channels=24,
    dilations=(1, 2),
)
SHAPE = SceneShape(120, 2, SIZE, 3, GRID)


def coloured_boxes(seed):
    """Two boxes on a noisy grey ground for each of two cameras, independently of each other."""
    rng = np.random.default_rng(seed)
    return [one_view(rng), one_view(rng)]


def one_view(rng):
    image = rng.normal(rng.integers(90, 160), 6, (SIZE, SIZE, 3))
    classes = np.zeros((SIZE, SIZE), np.int64)
    holds = np.full((3, 3), np.nan, np.float32)
    for name, colour in enumerate(COLOURS, 1):
        height, width, y, x = rng.integers((8, 8, 0, 0), (14, 14, SIZE - 14, SIZE - 14))
        image[y : y + height, x : x + width] = np.array(colour) + rng.integers(-20, 20, 3)
        classes[y : y + height, x : x + width] = name
        corner = np.array([x + 2, y + 2]) * 2 / SIZE - 1  # the grasp point of each box
        holds[name] = (*corner, HEIGHTS_M[name - 1])
    return image.clip(0, 255).astype(np.uint8), classes, holds


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    return make_scenes(coloured_boxes, SHAPE, tmp_path_factory.mktemp("bank"))


def test_shapes_are_found_after_seconds(tmp_path):
    """Recall is above 90 % on held-out scenes, and the metrics are in the weights file."""
    config = PretrainConfig(scenes=120, held_out=20, epochs=10, batch=16)
    stages = []
    pretrain(
        coloured_boxes,
        CONFIG,
        tmp_path / "w.safetensors",
        tmp_path / "scenes",
        config,
        lambda stage, done, total, figures: stages.append((stage, done, total)),
    )
    metrics = Perception.load(tmp_path / "w.safetensors").metrics
    assert metrics["recall"] > 0.9
    assert metrics["error_px"] < 2
    assert stages[0][0] == "scenes"
    assert stages[-1] == ("training", 130, 130)


def test_grasp_points_are_learnt_on_frozen_class_weights(bank, tmp_path):
    """The head finds each box's corner and height; the weights of the classes do not change."""
    base = fit_perception(bank.split(20)[0], CONFIG, PretrainConfig(epochs=10, batch=16))
    config = PretrainConfig(scenes=120, held_out=20, hold_epochs=12, batch=16)
    out = tmp_path / "w.safetensors"
    found = pretrain(
        coloured_boxes, replace(CONFIG, holds=True), out, tmp_path / "s", config, base=base
    )
    assert found.metrics["hold_px"] < 2
    assert found.metrics["hold_near"] > 0.8
    assert found.metrics["hold_z_m"] < 0.01
    assert torch.equal(found.head.weight, base.head.weight.half().float())
    seen = found.keypoints(bank.images[0])
    assert seen.shape == (2, 3, 10)
    assert np.allclose(seen[..., :6], base.keypoints(bank.images[0]), atol=0.02)
    untrained = base.copy(replace(CONFIG, holds=True))
    assert measure_grasp_points(untrained, bank.split(20)[1])["hold_px"] > 2


def test_a_base_that_finds_other_classes_is_refused(bank):
    """BadValue: its weights do not fit the configuration."""
    base = fit_perception(bank, CONFIG, PretrainConfig(epochs=0))
    with pytest.raises(BadValue, match="begin from"):
        base.copy(replace(CONFIG, class_names=("background", "red", "green", "blue")))


def test_an_occluded_grasp_point_is_not_visible():
    """Nor is one outside the picture, or one that is not known."""
    counts = np.zeros((4, 2, 8, 8), np.uint8)
    counts[:, 1, 3, 5] = 9
    place = np.array([[5.5, 3.5], [1.5, 3.5], [12.0, 3.5], [np.nan, np.nan]]) / 4 - 1
    holds = np.full((4, 2, 3), np.nan, np.float32)
    holds[:, 1] = np.column_stack([place, np.full(4, 0.03)])
    shown, _ = visible_grasp_points(holds, counts)
    assert shown[:, 1].tolist() == [True, False, False, False]
    assert not shown[:, 0].any()


def test_the_same_seed_gives_the_same_weights(bank):
    """Another seed gives other weights."""
    config = PretrainConfig(epochs=1)
    few = SceneBank(bank.images[:32], bank.counts[:32], bank.holds[:32])
    prints = [
        fit_perception(few, CONFIG, PretrainConfig(epochs=1, seed=seed)).fingerprint
        for seed in (0, 0, 1)
    ]
    assert prints[0] == prints[1] != prints[2]
    assert config.seed == 0


def test_scenes_are_made_once_and_go_on_after_a_stop(tmp_path):
    """A stop keeps the finished jobs; PolicyError for other scenes in the same folder."""
    calls = []

    def counted(seed):
        if len(calls) == 60:
            raise KeyboardInterrupt
        calls.append(seed)
        return coloured_boxes(seed)

    with pytest.raises(KeyboardInterrupt):
        make_scenes(counted, SHAPE, tmp_path)
    made = make_scenes(coloured_boxes, SHAPE, tmp_path)
    assert np.array_equal(made.images[0, 1], coloured_boxes(0)[1][0])
    assert np.array_equal(made.images[119, 0], coloured_boxes(119)[0][0])
    assert make_scenes(None, SHAPE, tmp_path).images.shape == made.images.shape
    with pytest.raises(PolicyError, match="first_seed"):
        make_scenes(coloured_boxes, SHAPE, tmp_path, first_seed=5)


def test_augmentation_is_mild_and_repeatable():
    """Pixels stay in range and close to the original; the generator determines them."""
    pixels = as_input(coloured_boxes(0)[0][0][None])
    first, again = (augmented(pixels, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again)
    assert first.abs().max() <= 1
    assert 0.01 < float((first - pixels).abs().mean()) < 0.4


def test_perfect_guesses_measure_as_perfect(bank):
    """The true labels score recall 1, precision 1 and error 0."""
    truth = torch.tensor(bank.counts.reshape(-1, 3, GRID, GRID)).float() / 16

    class Oracle:
        config = CONFIG
        shown = 0

        def probabilities(self, images):
            self.shown += len(images)
            return truth[self.shown - len(images) : self.shown]

    figures = measure(Oracle(), bank)
    assert figures["recall"] == figures["precision"] == 1
    assert figures["error_px"] == 0


def test_precision_follows_the_cpu():
    """The default is bfloat16 only where it is fast; an explicit choice takes precedence."""
    assert choose_precision(flags=frozenset({"avx512_bf16"})).name == "bf16"
    assert choose_precision(flags=frozenset({"avx2"})).name == "fp32"
    assert choose_precision("fp32", frozenset({"amx_bf16"})).name == "fp32"
    assert isinstance(cpu_flags(), frozenset)
    with pytest.raises(UnknownName, match="bf16"):
        choose_precision("fp64")
