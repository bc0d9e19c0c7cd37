"""`finetune` trains a policy's head for a few small steps on new corrections and replayed data.

The learner calls it when corrections were recorded. On disk such an update is called "nudge".
"""

import copy
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import BadValue
from ..base.provenance import ProvenanceKind
from ..base.schedule import load_parameters
from ..base.torch_setup import choose_precision
from ..policy import LearnedPolicy
from .class_weights import PRE_INTERVENTION, target_shares, weights
from .finetune_config import FinetuneConfig
from .loop import LoopConfig, TrainingLoop
from .run import held_out_loss
from .validate import validate
from .window_data import TrainingData, joined

__all__ = ["finetune", "held_out_loss"]

NEW_SHARE = 0.5
"""Share of new windows in each batch; the rest is replayed from the earlier training data."""


def finetune(
    policy: LearnedPolicy,
    data: TrainingData,
    new_data: TrainingData,
    how: FinetuneConfig | None = None,
    parent: str | None = None,
) -> LearnedPolicy:
    """A copy of `policy` that was finetuned on `new_data`, with `data` replayed.

    Half of each batch is new. Only the head changes: the encoders and the calibration of novelty
    are kept. A gate decides whether the copy may drive (`held_out_loss`).
    """
    how = how or FinetuneConfig()
    network = copy.deepcopy(policy.network)
    trained = {name for name, p in network.named_parameters() if p.requires_grad}
    network.vision.requires_grad_(False)
    both, weight = joined(data, new_data), _weights(data, new_data, how.shares)
    loop_config = LoopConfig(how.steps, how.batch, how.peak_rate, 1e-2, how.ema, how.seed)
    loop = TrainingLoop(network, both, weight, loop_config, choose_precision())
    for _ in range(how.steps):
        loop.update()
    load_parameters(network, {name: mean.clone() for name, mean in loop.mean.items()})
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name in trained)
    before = policy.config.provenance
    provenance = replace(
        before,
        episodes=tuple(dict.fromkeys(before.episodes + new_data.episode_ids)),
        parent=parent,
        kind=ProvenanceKind.NUDGE,
    )
    training = {
        **policy.config.training,
        "nudge": {"of": parent, "steps": how.steps, "windows": len(new_data)},
        "loss": validate(network, both).error,
    }
    config = replace(policy.config, provenance=provenance, training=training)
    return LearnedPolicy(config, network, policy.novelty)


def _weights(data: TrainingData, new_data: TrainingData, shares: str) -> NDArray[np.float64]:
    """Weights (N,) of all windows, those of `data` first; both parts have the same sum."""
    replayed = weights(data.classes, target_shares(data.classes, shares))
    fresh = (new_data.classes != PRE_INTERVENTION).astype(np.float64)
    if not fresh.any():
        raise BadValue("new data", "a step to learn from", "none")
    parts = (1 - NEW_SHARE) * replayed / replayed.sum(), NEW_SHARE * fresh / fresh.sum()
    return np.concatenate(parts)
