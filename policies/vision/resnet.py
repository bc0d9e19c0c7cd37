"""`ResNet18` is the trunk of robomimic's image encoder, with group normalisation; images to maps.

He 2016, table 1; group normalisation (Wu 2018) because batches hold many frames of few episodes
and the weights are averaged (Diffusion Policy, Chi 2023, section III-B, replaces it likewise).
An image of 96 pixels gives a 3 x 3 map, as in robomimic.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from ...sim_envs.errors import PolicyError
from ..base.weights_file import require_weights

STAGES = ((64, 1), (128, 2), (256, 2), (512, 2))
"""Channels and stride of each stage of two blocks."""
GROUP = 16
"""Channels in a group of the normalisation."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of ImageNet's images in [0, 1], which published weights expect."""
UNUSED = ("fc.", "running_mean", "running_var", "num_batches_tracked")
"""Parts of a published file that are left out: classifier and batch statistics."""


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.GroupNorm(outputs // GROUP, outputs)  # named as in published files
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.GroupNorm(outputs // GROUP, outputs)
        self.downsample: nn.Module = nn.Identity()
        if inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.GroupNorm(outputs // GROUP, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, g, g) to (B, outputs, g / stride, g / stride)."""
        inner = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.downsample(x) + self.bn2(self.conv2(inner)))


class ResNet18(nn.Module):
    """The trunk: (B, 3, s, s) in [-1, 1] to features (B, 512, s / 32, s / 32)."""

    channels = STAGES[-1][0]

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.GroupNorm(64 // GROUP, 64)
        self.pool = nn.MaxPool2d(3, 2, 1)
        inputs = 64
        for number, (outputs, stride) in enumerate(STAGES, 1):
            blocks = (ResidualBlock(inputs, outputs, stride), ResidualBlock(outputs, outputs, 1))
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
            inputs = outputs

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalise pixels (B, 3, s, s) as published weights expect, then convolve."""
        mean, std = pixels.new_tensor((MEAN, STD))[..., None, None]
        x = self.pool(torch.relu(self.bn1(self.conv1((pixels / 2 + 0.5 - mean) / std))))
        for number in range(1, len(STAGES) + 1):
            x = self.get_submodule(f"layer{number}")(x)
        return torch.as_tensor(x)

    def load(self, path: Path) -> None:
        """Load published weights; PolicyError says what the file lacks or has otherwise.

        Names are torchvision's resnet18. Scales and offsets of batch normalisation become those of
        group normalisation; its running statistics and the classifier are left out.
        """
        found = {k: v for k, v in _read(path).items() if not any(part in k for part in UNUSED)}
        own = self.state_dict()
        if missing := sorted(set(own) - set(found)):
            raise PolicyError(f"{path}: not a ResNet-18, it lacks {', '.join(missing[:3])} ...")
        if odd := sorted(set(found) - set(own)):
            raise PolicyError(f"{path}: not a ResNet-18, it also has {', '.join(odd[:3])} ...")
        for name, tensor in own.items():
            if found[name].shape != tensor.shape:
                shapes = f"{tuple(tensor.shape)}, got {tuple(found[name].shape)}"
                raise PolicyError(f"{path}: expected {name} of shape {shapes}")
        self.load_state_dict({name: found[name].float() for name in own})


def _read(path: Path) -> Mapping[str, Tensor]:
    try:
        require_weights(path)
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise PolicyError(f"{path}: damaged or not a safetensors file ({error})") from None
