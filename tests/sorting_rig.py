"""This module gives tests the inputs of sorting features, from the simulator's own labels."""

import numpy as np
import torch

from sidestick.policies.perception.keypoints import cell_counts, keypoints
from sidestick.policies.task_features.next_object import NextObject
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.making import describe_task

LITTER = NextObject(describe_task("SortRecycling"))
GARMENT = NextObject(describe_task("SortClothes"))


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
