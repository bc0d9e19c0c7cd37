"""`new_vision` and `new_head` make what a training begins from, for the kind of its episodes."""

from pathlib import Path
from typing import Any

import torch

from ...datasets.recorded_spec import BUILT_IN
from ...sim_envs.errors import PolicyError
from ...sim_envs.spaces import ACTION_SIZE
from ..heads import build_head
from ..heads.head import Head
from ..network import PolicyNetwork
from ..perception.network import Perception
from ..policy_config import PolicyConfig
from ..task_features.feature_sets import names_several
from ..vision import vision_class
from ..vision.end_to_end import EndToEnd, EndToEndConfig
from ..vision.grasp_pointing import GraspPointing
from ..vision.heatmap_encoder import GraspPointingConfig
from ..vision.keypoints import KeypointVision
from ..vision.object_pointing import DILATIONS, ObjectPointing
from ..vision.protocol import Vision
from .config import POINTER, TrainConfig
from .window_data import TrainingData


def new_head(config: TrainConfig, size: int, actions: int = ACTION_SIZE) -> Head:
    """An untrained head for inputs (B, size) and actions [A], initialised from the seed."""
    settings = {"chunk": config.chunk, **config.head_settings}
    if actions != ACTION_SIZE:
        settings["actions"] = actions
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        return build_head(config.head, size, settings)


def new_network(config: TrainConfig, vision: Vision, data: TrainingData) -> PolicyNetwork:
    """Vision with an untrained head for the windows' actions."""
    head = new_head(config, vision.size * config.history, data.actions.shape[-1])
    return PolicyNetwork(vision, head, config.history)


def new_vision(
    config: TrainConfig,
    policy: PolicyConfig,
    perception: Perception | None = None,
    variation: str = "none",
) -> Vision:
    """Untrained vision: perception that fits the episodes, or encoders made from the seed.

    `variation` is the episodes' level of domain randomization, and chooses the shipped perception.
    """
    if config.vision == KeypointVision.name:
        return KeypointVision(fitting_perception(policy, perception, variation), config.layout)
    if config.vision != EndToEnd.name:
        return vision_class(config.vision).untrained(policy)
    images = len(policy.goal_names), policy.cameras, policy.image_size
    own = tuple((reading.name, reading.size) for reading in policy.readings)
    own = () if policy.readings == BUILT_IN.readings else own
    changes: dict[str, Any] = {"shift": config.shift, "colour": config.colour}
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        if config.encoder == POINTER:
            if policy.readings != BUILT_IN.readings:
                raise PolicyError(
                    "encoder pointer learns from where the built-in arm's gripper closes; "
                    "--encoder small learns from the actions alone"
                )
            if names_several(policy.task):
                changes |= {"dilations": DILATIONS, "task": policy.task}
                return ObjectPointing(GraspPointingConfig(*images, **changes))
            return GraspPointing(GraspPointingConfig(*images, **changes))
        encoders = EndToEndConfig(
            *images, **changes, film=config.film, encoder=config.encoder, readings=own
        )
        vision = EndToEnd(encoders)
    if config.encoder_weights is not None:
        vision.load_encoders(Path(config.encoder_weights))
    return vision


def fitting_perception(
    policy: PolicyConfig, perception: Perception | None, variation: str
) -> Perception:
    """`perception`, or the shipped one; PolicyError if it was not made for such images."""
    network = perception or Perception.load_shipped(policy.task, variation)
    for name in ("task", "renderer", "goal_names", "cameras", "image_size"):
        own, asked = getattr(network.config, name), getattr(policy, name)
        if own != asked:
            raise PolicyError(f"perception has {name} {own!r}, the episodes have {asked!r}")
    return network
