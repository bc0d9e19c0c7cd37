"""This module renders random scenes with the class of every pixel, to pretrain perception.

A SceneSource takes a seed and gives each camera's picture, classes and grasp points ("holds").
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .environment import ArmEnv
from .making import make_task_env
from .spaces import IMAGE_SIZE, Image


@dataclass(frozen=True)
class LabelledView:
    """One recorded camera's picture of a scene, with the simulator's own labels."""

    camera: str
    image: Image
    """uint8 [height, width, 3], RGB."""
    classes: NDArray[np.int64]
    """Index into the task's `labels` for each pixel, [height, width]."""
    holds: NDArray[np.float32]
    """Grasp point of each label's object, [labels, 3]: x right and y down in the picture,
    in [-1, 1] where it is in view, and metres above the table; NaN where none is known."""


class SceneSampler:
    """Makes scenes of one task; the same seed gives the same pictures."""

    def __init__(self, task: str, renderer: str = "tiny", **variant: Any) -> None:
        self.env: ArmEnv = make_task_env(task, renderer=renderer, **variant)

    def sample(self, seed: int) -> list[LabelledView]:
        """One scene, as every recorded camera sees it."""
        env = self.env
        env.build(seed)
        env.task.scramble(env.world, env.arm, np.random.default_rng([seed, 1]))
        return [self._view(camera) for camera in env.task.recorded_cameras]

    def _view(self, camera: str) -> LabelledView:
        env, size = self.env, self.env.image_size
        image, classes = env.labelled(camera, size, size)
        holds = np.full((len(env.task.labels), 3), np.nan, np.float32)
        for label, place in env.task.holds(env.world).items():
            x, y, depth = env.task.cameras[camera].view(env.arm).project(place)[0]
            holds[label] = (x, y, place[2]) if depth > 0 else (np.inf, np.inf, place[2])
        return LabelledView(camera, image, classes, holds)

    def close(self) -> None:
        """Free the environment."""
        self.env.close()


@dataclass(frozen=True)
class SceneSource:
    """A recipe for scenes that can be sent to worker processes: call it with a seed."""

    task: str
    renderer: str = "tiny"
    variation: str = "none"
    """Level of domain randomization; see make_task_env()."""
    image_size: int = IMAGE_SIZE
    """Height and width of the pictures, pixels."""

    def __call__(self, seed: int) -> list[tuple[Image, NDArray[np.int64], NDArray[np.float32]]]:
        """Each recorded camera's picture, classes [height, width] and holds [labels, 3]."""
        return [(view.image, view.classes, view.holds) for view in _sampler(self).sample(seed)]


@functools.cache
def _sampler(source: SceneSource) -> SceneSampler:
    """One sampler per process and recipe: starting an engine costs more than a scene."""
    look = {"variation": source.variation, "image_size": source.image_size}
    return SceneSampler(source.task, source.renderer, **look)
