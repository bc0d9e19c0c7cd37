"""How to train: every knob with the value that the recipe uses."""

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class TrainConfig:
    """How to train; the defaults are the recipe for cached keypoints (FACTS, Learning)."""

    vision: str = "keypoints"
    """"keypoints" (pretrained perception) or "end-to-end" (encoders from the episodes alone)."""
    layout: str = "auto"
    """Which keypoints the head reads, a name in `layouts.LAYOUTS`; auto: the task's own."""
    head: str = "bc"
    """Kind of policy head."""
    head_settings: dict[str, Any] = field(default_factory=dict)
    """What to change of the head's defaults."""
    chunk: int = 16
    """Actions that the policy predicts at once."""
    execute: int = 8
    """Of those, how many are executed before the next plan."""
    steps: int = 3000
    """Updates."""
    batch: int = 512
    """Windows in an update."""
    peak_rate: float = 2e-3
    """Highest learning rate of the one-cycle schedule."""
    weight_decay: float = 1e-2
    """Of AdamW."""
    ema: float = 0.995
    """Decay of the moving average of the weights; the average is what drives."""
    shares: str = "auto"
    """How classes of steps are weighed: auto, plain, human, balanced, corrections, practice."""
    idle: str = "bridge"
    """Steps on which nothing moves: "bridge" (leave them out), "cut" chunks there, "keep"."""
    candidates: tuple[float, ...] = (0.6, 0.8, 1.0)
    """Shares of the steps after which the averaged weights are tried in rollouts."""
    held_out: float = 0.05
    """Share of the episodes that only calibrate novelty, from 20 episodes on."""
    seed: int = 0
    """Of initial weights, order and noise."""
    threads: int = 0
    """Threads of torch in this process; 0 leaves them as they are."""
    precision: str = "auto"
    """auto, bf16 or fp32."""
    save_every_s: float = 10.0
    """Seconds between two saved states to resume from."""
    tensorboard: bool = True
    """Write TensorBoard events beside metrics.jsonl."""

    @classmethod
    def recommended(cls, vision: str = "keypoints", head: str = "bc") -> "TrainConfig":
        """The recipe for a kind of vision and head: encoders need small steps on few samples."""
        if vision == "end-to-end":
            return cls(vision=vision, head=head, steps=3000, batch=64, peak_rate=1e-3)
        return replace(cls(vision=vision, head=head), **RECIPES.get(head, {}))


RECIPES: dict[str, dict[str, Any]] = {
    "bc-gmm": {"peak_rate": 1e-3},
    "act": {"steps": 2500, "batch": 256, "peak_rate": 1e-3},
    "flow": {"steps": 4000, "peak_rate": 1e-3},
}
"""Where a head on cached keypoints is better trained otherwise than `bc`."""
