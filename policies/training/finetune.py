"""A quick nudge: a few small steps from the current weights towards new corrections."""

import copy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import BadValue
from ..base.checkpoint import Tensors
from ..base.provenance import ProvenanceKind
from ..base.schedule import load_parameters
from ..base.torch_setup import choose_precision
from ..policy import LearnedPolicy
from .class_weights import PRE_INTERVENTION, target_shares, weights
from .loop import LoopConfig, TrainingLoop
from .run import held_out_loss
from .validate import validate
from .window_data import TrainingData, joined

__all__ = ["FinetuneConfig", "finetune", "held_out_loss"]

MOST_STEPS = 100
"""A nudge is between two episodes; what needs more is a refit from the base."""
NEW_SHARE = 0.5
"""Of each batch; the rest is replayed from what the policy has learnt before."""


@dataclass(frozen=True)
class FinetuneConfig:
    """How to nudge."""

    steps: int = MOST_STEPS
    """Updates, at most 100."""
    batch: int = 256
    """Windows in an update."""
    peak_rate: float = 3e-4
    """Highest learning rate: about a seventh of that of a training."""
    ema: float = 0.95
    """Decay of the moving average of the weights."""
    shares: str = "auto"
    """How the classes of the replayed steps are weighed."""
    seed: int = 0
    """Of order and noise."""

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= MOST_STEPS:
            raise BadValue("steps of a nudge", f"1 to {MOST_STEPS}; else refit", self.steps)


def finetune(
    policy: LearnedPolicy,
    data: TrainingData,
    new_data: TrainingData,
    how: FinetuneConfig | None = None,
    parent: str | None = None,
) -> LearnedPolicy:
    """A copy of `policy` that has learnt `new_data` while going over `data` again.

    Half of each batch is new. Only the head moves: what the encoders see is kept, as is the
    calibration of novelty. Whether the copy may drive is for a gate to say (`held_out_loss`).
    """
    how = how or FinetuneConfig()
    network = copy.deepcopy(policy.network)
    learns = {name for name, p in network.named_parameters() if p.requires_grad}
    network.vision.requires_grad_(False)
    both = joined(data, new_data)
    recipe = LoopConfig(how.steps, how.batch, how.peak_rate, 1e-2, how.ema, how.seed)
    fit = TrainingLoop(
        network, both, _weights(data, new_data, how.shares), recipe, choose_precision()
    )
    for _ in range(how.steps):
        fit.update()
    weights_now: Tensors = {name: mean.clone() for name, mean in fit.mean.items()}
    load_parameters(network, weights_now)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name in learns)
    config = replace(
        policy.config,
        provenance=replace(
            policy.config.provenance,
            episodes=tuple(dict.fromkeys(policy.config.provenance.episodes + new_data.episode_ids)),
            parent=parent,
            kind=ProvenanceKind.NUDGE,
        ),
        training={
            **policy.config.training,
            "nudge": {"of": parent, "steps": how.steps, "windows": len(new_data)},
            "loss": validate(network, both).error,
        },
    )
    return LearnedPolicy(config, network, policy.novelty)


def _weights(data: TrainingData, new_data: TrainingData, shares: str) -> NDArray[np.float64]:
    """Of all windows, those of `data` first; both parts count the same in sum."""
    replayed = weights(data.classes, target_shares(data.classes, shares))
    fresh = (new_data.classes != PRE_INTERVENTION).astype(np.float64)
    if not fresh.any():
        raise BadValue("new data", "a step to learn from", "none")
    parts = (1 - NEW_SHARE) * replayed / replayed.sum(), NEW_SHARE * fresh / fresh.sum()
    return np.concatenate(parts)
