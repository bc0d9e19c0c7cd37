"""This module holds the perception network, which finds each object class in a camera's image.

It is pretrained on labelled scenes and then frozen; vision and training call `keypoints`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...sim_envs.errors import BadValue, PolicyError
from ...sim_envs.spaces import CAMERAS
from ...sim_envs.task_description import is_label_of
from ..base.checkpoint import checksum, load_state, read_tensors, write_tensors
from ..base.torch_setup import as_tensor, choose_precision
from .grasp_points import GRASP_NAMES, GraspPointHead, grasp_points
from .keypoints import KEYPOINT_SIZE, keypoints
from .shipped_weights import shipped_weights

BATCH = 64
"""Images per batch of `keypoints`: their feature maps fit into the CPU's cache."""
SETTINGS = "perception"
"""Key of the settings in the weights' metadata."""


@dataclass(frozen=True)
class PerceptionConfig:
    """The inputs, classes and size of a perception network."""

    task: str
    """Short name of the task whose scenes it was trained on."""
    renderer: str
    """Renderer of those scenes: the images of two renderers differ."""
    class_names: tuple[str, ...]
    """Name of each of the K classes; 0 is background, then the goal items, then the rest."""
    goal_names: tuple[str, ...]
    """The items that an instruction can name: the names of classes 1 .. `items` end in them."""
    cameras: tuple[str, ...] = CAMERAS
    """Cameras whose images it was trained on."""
    image_size: int = 96
    """Height and width of the images, pixels."""
    channels: int = 64
    """Number of the trunk's channels."""
    dilations: tuple[int, ...] = (1, 2, 4, 8)
    """Dilation of each residual block; their joint receptive field is the whole image."""
    holds: bool = False
    """Whether the network also finds a grasp point of each goal item."""

    @property
    def items(self) -> int:
        """How many classes are items: each goal, or each goal in every shade."""
        return sum(len(self.classes_of(goal)) for goal in self.goal_names)

    def classes_of(self, goal: str) -> tuple[int, ...]:
        """The class ids of a goal: one, or one for each shade."""
        names = enumerate(self.class_names)
        return tuple(i for i, name in names if is_label_of(name, goal))

    @property
    def grid(self) -> int:
        """Cells along each side of the map, after two strides of 2."""
        return self.image_size // 4


class DilatedResidual(nn.Module):
    """A residual block of one dilated 3x3 convolution (He 2015; dilation: Yu and Koltun 2016)."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, g, g) to (B, C, g, g)."""
        return x + torch.relu(self.convolution(x))


class Trunk(nn.Sequential):
    """Two strided and several dilated 3x3 convolutions: (B, 3, s, s) to (B, C, s/4, s/4)."""

    def __init__(self, channels: int, dilations: Sequence[int]) -> None:
        super().__init__(
            nn.Conv2d(3, channels, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, stride=2, padding=1),
            nn.ReLU(),
            *(DilatedResidual(channels, dilation) for dilation in dilations),
        )


def as_input(images: NDArray[np.uint8]) -> Tensor:
    """uint8 (B, H, W, 3) to float32 (B, 3, H, W) in [-1, 1], channels last in memory."""
    pixels = as_tensor(images).permute(0, 3, 1, 2)
    return pixels.float().div_(127.5).sub_(1.0)


class Perception(nn.Module):
    """The trunk and a head that gives each cell of the map a probability for every class."""

    def __init__(self, config: PerceptionConfig) -> None:
        super().__init__()
        if len(config.class_names) <= len(config.goal_names):
            raise BadValue("class_names", "background and every goal item", config.class_names)
        self.config = config
        self.metrics: dict[str, float] = {}
        self.origin = ""
        """Where it was loaded from, for people."""
        self.trunk = Trunk(config.channels, config.dilations)
        self.head = nn.Conv2d(config.channels, len(config.class_names), 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]  # every layer has one
        self.holds = self._untrained_holds() if config.holds else None
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def _untrained_holds(self) -> GraspPointHead:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return GraspPointHead(self.config.channels)

    def forward(self, pixels: Tensor) -> Tensor:
        """float32 (B, 3, H, W) from `as_input` to float32 logits (B, K, g, g)."""
        logits: Tensor = self.head(self.trunk(pixels))
        return logits.float()

    @property
    def device(self) -> torch.device:
        """The device that it runs on; images and results are on the CPU."""
        return self.head.weight.device

    @property
    def keypoint_size(self) -> int:
        """Numbers of each class's keypoint: 6, or 10 with grasp points."""
        return KEYPOINT_SIZE + (len(GRASP_NAMES) if self.config.holds else 0)

    def probabilities(self, images: NDArray[np.uint8]) -> Tensor:
        """uint8 (B, H, W, 3) to class probabilities float32 (B, K, g, g)."""
        return self._look(images)[1].softmax(1).cpu()

    @torch.inference_mode()
    def _look(self, images: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
        """The trunk's features (B, C, g, g) and the logits (B, K, g, g)."""
        size = self.config.image_size
        if images.dtype != np.uint8 or images.shape[1:] != (size, size, 3):
            raise BadValue("images", f"uint8 (B, {size}, {size}, 3)", (images.dtype, images.shape))
        with choose_precision(device=self.device.type).autocast():
            features = self.trunk(as_input(images).to(self.device))
            return features, self.head(features).float()

    def keypoints(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 (B, H, W, 3) to every class's keypoint, float32 (B, K, 6).

        With `holds` it is (B, K, 10), the last four being HOLD_NAMES.
        """
        parts = [
            self._keypoints(images[start : start + BATCH]).cpu().numpy()
            for start in range(0, len(images), BATCH)
        ]
        empty = np.zeros((0, len(self.config.class_names), self.keypoint_size), np.float32)
        return np.concatenate(parts) if parts else empty

    @torch.inference_mode()
    def _keypoints(self, images: NDArray[np.uint8]) -> Tensor:
        features, logits = self._look(images)
        seen = keypoints(logits.softmax(1))
        if self.holds is None:
            return seen
        with choose_precision(device=self.device.type).autocast():
            logs, heights = self.holds(features, logits)
        return torch.cat((seen, grasp_points(logs, heights)), dim=-1)

    @property
    def fingerprint(self) -> str:
        """The weights' checksum, by which cached results are found again."""
        return checksum(self.state_dict())

    def save(self, path: Path | str) -> None:
        """Write the weights as float16 with settings and metrics, and round this network's too."""
        halves = {name: tensor.half() for name, tensor in self.state_dict().items()}
        self.load_state_dict(halves)
        settings = {**asdict(self.config), "metrics": self.metrics}
        write_tensors(Path(path), halves, {SETTINGS: settings})

    @classmethod
    def load(cls, path: Path | str, origin: str = "") -> "Perception":
        """Read what `save` wrote; PolicyError says why another file is refused.

        `origin` is for people: what the policies say that are trained on it.
        """
        path = Path(path)
        tensors, metadata = read_tensors(path)
        try:
            settings = dict(metadata[SETTINGS])
            metrics = dict(settings.pop("metrics"))
            network = cls(config_from(settings))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PolicyError(f"{path}: not perception weights ({error!r})") from None
        load_state(network, tensors, path)
        network.metrics, network.origin = metrics, origin or path.name
        return network.frozen()

    @classmethod
    def load_shipped(cls, task: str, variation: str = "none") -> "Perception":
        """The weights for `task` that come with the package.

        `variation` is the pictures' level of domain randomization, see `shipped_weights`.
        """
        shipped = shipped_weights(task, variation)
        if not shipped.is_file():
            folder = files("sidestick.policies.weights")
            known = sorted(f.name for f in folder.iterdir() if f.name.endswith(".safetensors"))
            raise PolicyError(
                f"no perception weights are shipped for task {task!r}, variation {variation!r}; "
                f"shipped: {', '.join(known) or 'none'}; make them with `sidestick pretrain WS`"
            )
        with as_file(shipped) as path:
            return cls.load(path, f"shipped for {path.stem}")

    def copy(self, config: PerceptionConfig) -> "Perception":
        """A network of that configuration with this one's weights; only `holds` may differ."""
        given, own = asdict(config), asdict(self.config)
        if odd := [key for key, value in own.items() if key != "holds" and given[key] != value]:
            expected = {key: given[key] for key in odd}
            raise BadValue(
                "perception to begin from", str(expected), {key: own[key] for key in odd}
            )
        network = Perception(config)
        network.load_state_dict({**network.state_dict(), **self.state_dict()})
        network.metrics = dict(self.metrics)
        return network

    def frozen(self) -> "Perception":
        """This network, no longer trainable."""
        return self.requires_grad_(False).eval()


def config_from(settings: dict[str, object]) -> PerceptionConfig:
    """The configuration from JSON settings; BadValue for unknown keys."""
    known = {field.name for field in fields(PerceptionConfig)}
    if unknown := set(settings) - known:
        raise BadValue("perception", f"settings among {sorted(known)}", sorted(unknown))
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    return PerceptionConfig(**values)  # type: ignore[arg-type]  # the network checks them
