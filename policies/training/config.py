"""`TrainConfig` holds the hyperparameters of a training and their recommended values.

The command line and the learner make one; `train` reads it.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Any

from ...sim_envs.errors import BadValue, UnknownName
from ...sim_envs.plug_ins import Group, plug_ins
from ..heads import head_names
from ..vision import END_TO_END, KEYPOINTS, vision_class

VISIONS = (END_TO_END, KEYPOINTS)
"""Built in; installed packages may add others."""
POINTER = "pointer"
NOT_NEGATIVE = (
    "shift", "aux_grasp", "weight_decay", "seed", "ensembling", "threads", "save_every_s"
)  # fmt: skip
ENCODERS = (POINTER, "resnet18", "small")


@dataclass(frozen=True)
class TrainConfig:
    """Hyperparameters; the defaults are those for cached keypoints (FACTS, Learning)."""

    vision: str = "keypoints"
    """"keypoints" (pretrained perception) or "end-to-end" (encoders from the episodes alone)."""
    layout: str = "auto"
    """Which keypoints the head reads, a name in `feature_sets.LAYOUTS`; auto: the task's own."""
    head: str = "bc"
    """Kind of policy head."""
    head_settings: dict[str, Any] = field(default_factory=dict)
    """Changes to the head's default settings."""
    chunk: int = 16
    """Actions that the policy predicts at once."""
    execute: int = 8
    """Number of those that are executed before the next plan."""
    ensembling: float | None = None
    """Average overlapping plans with weights exp(-this * i), i = 0 the oldest; None: do not."""
    history: int = 1
    """Observations that the policy reads: now, and at its plans before (`execute` steps apart)."""
    proprioception_dropout: float = 0.0
    """Share of the windows in training without the robot's own state."""
    encoder: str = POINTER
    """End to end: "pointer" (a heatmap of the named item, then the head on its peaks),
    "small" (four convolutions) or "resnet18" (with group normalisation)."""
    encoder_weights: str | None = None
    """Safetensors file with a ResNet-18's weights by torchvision's names; None: from the seed."""
    film: bool = True
    """End to end: the goal scales and shifts the encoders' features, not only the head's input."""
    shift: int = 4
    """End to end: random shift of the images in training, pixels."""
    colour: float = 0.0
    """End to end: random change of brightness, contrast and each colour, up to this share."""
    aux_grasp: float = 1.0
    """Encoder pointer: weight of the loss on where the demonstration's gripper closes next."""
    steps: int | None = None
    """Updates; None: by the number of windows, see `schedule.updates`."""
    batch: int = 512
    """Windows in an update, over all processes."""
    peak_rate: float = 2e-3
    """Highest learning rate of the one-cycle schedule."""
    weight_decay: float = 1e-2
    """Weight decay of AdamW."""
    ema: float = 0.995
    """Decay of the moving average of the weights, which the policy consists of."""
    shares: str = "auto"
    """Scheme of class weights: auto, plain, human, balanced, corrections, practice."""
    idle: str = "bridge"
    """Steps on which nothing moves: "bridge" (leave them out), "cut" chunks there, "keep"."""
    candidates: tuple[float, ...] = (0.6, 0.8, 1.0)
    """Fractions of the steps after which the averaged weights are evaluated by rollouts."""
    held_out: float = 0.05
    """Share of the episodes that only calibrate novelty, from 20 episodes on."""
    seed: int = 0
    """Seed of initial weights, order and noise."""
    threads: int = 0
    """Threads of torch in this process; 0 leaves them as they are."""
    precision: str = "auto"
    """Numerical precision: auto, bf16 or fp32."""
    save_every_s: float = 10.0
    """Seconds between two saved states to resume from."""
    tensorboard: bool = True
    """Write TensorBoard events beside metrics.jsonl."""

    def __post_init__(self) -> None:
        for name, value, known in (
            ("vision", self.vision, vision_names()),
            ("policy head", self.head, head_names()),
            ("encoder", self.encoder, ENCODERS),
        ):
            if value not in known:
                raise UnknownName(name, value, known)
        for name in ("chunk", "execute", "history", "steps", "batch"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise BadValue(name, "at least 1", value)
        for name in ("proprioception_dropout", "colour", "held_out", "ema"):
            if not 0 <= getattr(self, name) < 1:
                raise BadValue(name, "from 0 to below 1", getattr(self, name))
        for name in NOT_NEGATIVE:
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:
                raise BadValue(name, "at least 0", value)
        if not self.candidates or not all(0 < share <= 1 for share in self.candidates):
            raise BadValue("candidates", "shares above 0, up to 1", self.candidates)
        if not 0 < self.peak_rate < math.inf:
            raise BadValue("peak_rate", "above 0", self.peak_rate)
        self._check_together()

    def _check_together(self) -> None:
        if self.execute > self.chunk:
            raise BadValue("execute", f"at most chunk, {self.chunk}", self.execute)
        if self.encoder != POINTER and not self.needs_images:
            raise BadValue("encoder", "vision end-to-end for one of its own", self.encoder)
        if self.encoder_weights is not None and self.encoder != "resnet18":
            raise BadValue("encoder_weights", "encoder resnet18", self.encoder)

    @property
    def needs_images(self) -> bool:
        """Whether the episodes must be read with their images."""
        return vision_class(self.vision).needs_images

    @property
    def identity(self) -> str:
        """All settings but those on which the trained weights do not depend, as text."""
        return repr(replace(self, tensorboard=True, save_every_s=0.0, threads=0))

    @classmethod
    def recommended(
        cls, vision: str = "keypoints", head: str = "bc", encoder: str = POINTER
    ) -> "TrainConfig":
        """Recommended values for a kind of vision and head; encoders need small batches."""
        if vision == END_TO_END and encoder == POINTER:  # of the encoders; see `two_stage`
            return cls(vision=vision, head=head, steps=1000, batch=64, peak_rate=2e-3)
        if vision == END_TO_END:
            plain = cls(vision=vision, head=head, encoder=encoder)
            return replace(plain, steps=3000, batch=64, peak_rate=1e-3)
        return replace(cls(vision=vision, head=head), **RECIPES.get(head, {}))


def vision_names() -> tuple[str, ...]:
    """The names of all kinds of vision that a training can begin from."""
    return (*VISIONS, *plug_ins(Group.VISIONS))


RECIPES: dict[str, dict[str, Any]] = {
    "bc-gmm": {"peak_rate": 1e-3},
    "act": {"batch": 256, "peak_rate": 1e-3},
    "flow": {"peak_rate": 1e-3},
}
"""Values by head, on cached keypoints, that differ from those for `bc`."""
