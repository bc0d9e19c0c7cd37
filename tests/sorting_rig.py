"""This module gives tests the inputs of sorting features, from the simulator's own labels."""

import numpy as np
import torch

from sidestick.policies.next_step.tokens import Tokens
from sidestick.policies.perception.keypoints import cell_counts, keypoints
from sidestick.policies.task_features.feature_sets import feature_set
from sidestick.policies.task_features.pointed_object import (
    ABOUT,
    GRIPS,
    HELD,
    RELEASE,
    PointedObject,
)
from sidestick.policies.task_features.triangulation import StereoRig
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.making import describe_task


def pointed(task: str) -> PointedObject:
    """The features of a sorting task."""
    found = feature_set("auto", task)
    assert isinstance(found, PointedObject)
    return found


def tokens(task: str, height_m: float = 0.03, height_std_m: float = 0.03) -> Tokens:
    """The tokens of a task whose objects lie about that high."""
    about = describe_task(task)
    rig = StereoRig.of(about)
    return Tokens(about, StereoRig(rig.front, rig.wrist, height_m, height_std_m))


LITTER, GARMENT = pointed("SortRecycling"), pointed("SortClothes")
LITTER_TOKENS, GARMENT_TOKENS = tokens("SortRecycling"), tokens("SortClothes")


def perfect(env: ArmEnv) -> np.ndarray:
    """Keypoints (1, 2, K, 6) of the simulator's segmentation, cameras front and wrist."""
    views = []
    for camera in ("front", "wrist"):
        _, classes = env.labelled(camera, 96, 96)
        counts = cell_counts(classes, len(env.task.labels), 24)
        views.append(keypoints(torch.from_numpy(counts).float()[None] / 16)[0].numpy())
    return np.stack(views)[None]


def columns(observation: dict) -> dict[str, np.ndarray]:
    """One observation as columns of one frame: key -> (1, ...)."""
    return {key: np.asarray(value)[None] for key, value in observation.items()}


def about(
    label: str, seen: np.ndarray, given: dict[str, np.ndarray], held: bool = False
) -> dict[str, np.ndarray]:
    """Columns of one frame whose next step is about an object, let go of above the base."""
    scene = LITTER_TOKENS(seen, given)
    chosen = {
        ABOUT: np.array([LITTER.labels.index(label)]),
        HELD: np.array([held]),
        RELEASE: np.zeros((1, 3)),
        GRIPS: scene.grips_m,
    }
    return {**given, **chosen}
