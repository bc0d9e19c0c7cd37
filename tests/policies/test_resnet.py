"""These tests check ResNet-18 as an encoder, and loading of published weights."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from sidestick.policies.policy_config import PolicyConfig
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.new_parts import new_vision
from sidestick.policies.vision.end_to_end import EndToEnd, EndToEndConfig
from sidestick.policies.vision.resnet import ResNet18
from sidestick.sim_envs.errors import PolicyError

CONFIG = EndToEndConfig(2, cameras=("front",), image_size=64, points=4, encoder="resnet18")


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A file as torchvision's resnet18 would be saved: batch normalisation and a classifier."""
    torch.manual_seed(1)
    tensors = {name: torch.randn(t.shape) for name, t in ResNet18().state_dict().items()}
    for name in [name for name in tensors if name.endswith("bn1.weight")]:
        for more in ("running_mean", "running_var"):
            tensors[name.replace("weight", more)] = torch.zeros(tensors[name].shape)
        tensors[name.replace("weight", "num_batches_tracked")] = torch.tensor(1)
    tensors |= {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}
    path = tmp_path_factory.mktemp("weights") / "resnet18.safetensors"
    save_file(tensors, path)
    return path, tensors


def test_it_is_as_large_as_published():
    """It has 11.2 million weights, and its map has 1/32 of the image's side."""
    trunk = ResNet18().eval()
    assert sum(p.numel() for p in trunk.parameters()) == 11_176_512
    with torch.inference_mode():
        assert trunk(torch.zeros(1, 3, 96, 96)).shape == (1, 512, 3, 3)


def test_what_it_sees_does_not_depend_on_the_batch():
    """Normalisation is over groups, never over batches."""
    torch.manual_seed(0)
    vision = EndToEnd(CONFIG)
    images = torch.randint(0, 256, (3, 64, 64, 3), dtype=torch.uint8)
    batch = {"front_image": images, "body": torch.zeros(3, 10), "goal": torch.eye(2)[[0, 1, 0]]}
    for training in (True, False):
        vision.train(training)
        with torch.inference_mode():
            together = vision(batch)
            alone = vision({key: value[1:2] for key, value in batch.items()})
        assert torch.allclose(together[1:2], alone, atol=0.02)  # bfloat16 where the CPU has it
    assert together.shape == (3, vision.size)


def test_published_weights_are_taken_over(published):
    """Every camera's encoder gets every convolution; other tensors are left out."""
    path, tensors = published
    config = TrainConfig(vision="end-to-end", encoder="resnet18", encoder_weights=str(path))
    vision = new_vision(config, PolicyConfig("Shapes", "tiny", ("a", "b"), image_size=64))
    for camera in ("front", "wrist"):
        own = vision.encoders[camera].trunk.state_dict()
        assert all(torch.equal(own[name], tensors[name]) for name in own)


def damaged(published, kind, folder):
    path, tensors = published
    changed = folder / "weights.safetensors"
    if kind == "torn":
        changed.write_bytes(path.read_bytes()[:-1000])
    elif kind == "smaller":
        save_file({**tensors, "conv1.weight": torch.zeros(8, 3, 3, 3)}, changed)
    elif kind == "deeper":
        save_file({**tensors, "layer1.2.conv1.weight": torch.zeros(64, 64, 3, 3)}, changed)
    elif kind == "other":
        save_file({"encoder.weight": torch.zeros(3)}, changed)
    return changed


@pytest.mark.parametrize("kind", ["absent", "torn", "smaller", "deeper", "other"])
def test_other_files_are_refused(published, tmp_path, kind):
    """PolicyError names the file, and what is wrong with it."""
    with pytest.raises(PolicyError, match=r"weights\.safetensors"):
        ResNet18().load(damaged(published, kind, tmp_path))


def test_the_goal_conditions_it_only_if_asked_to():
    """Without FiLM the encoder's output does not depend on the goal."""
    pixels = torch.rand(1, 3, 64, 64)
    for film in (True, False):
        torch.manual_seed(0)
        encoder = EndToEnd(replace(CONFIG, film=film)).encoders["front"]
        with torch.inference_mode():
            a, b = (encoder(pixels, torch.eye(2)[[goal]]) for goal in (0, 1))
        assert torch.equal(a, b) is not film
