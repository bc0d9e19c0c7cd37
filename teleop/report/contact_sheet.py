"""Contact sheets show what a task looks like, in a large view and through the recorded cameras.

`write_contact_sheet` makes one of a task, `write_variation_sheet` one of domain randomization.
"""

from pathlib import Path

import numpy as np
from matplotlib import image

from ...sim_envs.environment import ArmEnv
from ...sim_envs.making import make_task_env
from ...sim_envs.spaces import CAMERAS, FRONT, Image
from ...sim_envs.tasks import TASKS
from ..evaluation.video import enlarge

SEEDS = range(3)
"""Seed of each row."""
FACTOR = 3
"""How many times larger than recorded the recorded cameras are shown."""
VARIED = (("none", 0), ("mild", 0), ("mild", 1), ("strong", 0), ("strong", 1), ("strong", 2))
"""Level of `variation` and seed of each column of the variation sheet."""
VARIED_PX = 176
GAP_PX = 6
PAPER = 255
"""Grey level of the gaps."""


def write_contact_sheet(task: str, folder: Path) -> Path:
    """Write <folder>/<task>.png: a row for each of a few seeds."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{task}.png"
    env = make_task_env(task)
    try:
        image.imsave(path, contact_sheet(env))
    finally:
        env.close()
    return path


def write_variation_sheet(folder: Path) -> Path:
    """Write <folder>/variation.png: a row for each task, columns as in `VARIED`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "variation.png"
    image.imsave(path, _stacked([_varied_row(task) for task in TASKS]))
    return path


def _varied_row(task: str) -> Image:
    """A task's front camera under each of `VARIED`, side by side."""
    pictures = []
    for level, seed in VARIED:
        env = make_task_env(task, variation=level)
        env.build(seed)
        pictures.append(env.picture(FRONT, VARIED_PX, VARIED_PX))
        env.close()
    return _side_by_side(pictures)


def contact_sheet(env: ArmEnv) -> Image:
    """One image, uint8[h, w, 3], with a row for each seed: other views, then recorded cameras."""
    return _stacked([_row(env, seed) for seed in SEEDS])


def _row(env: ArmEnv, seed: int) -> Image:
    observation, _ = env.reset(seed=seed)
    side = env.image_size * FACTOR
    views = [name for name in env.task.cameras if name not in CAMERAS]
    pictures = [env.picture(name, side * 4 // 3, side) for name in views]
    for camera in CAMERAS:
        recorded = np.asarray(observation[f"{camera}_image"], np.uint8)
        pictures.append(enlarge(recorded, FACTOR))
    return _side_by_side(pictures)


def _stacked(rows: list[Image]) -> Image:
    return np.vstack([part for row in rows for part in (row, _gap(GAP_PX, row.shape[1]))][:-1])


def _side_by_side(pictures: list[Image]) -> Image:
    height = pictures[0].shape[0]
    return np.hstack([part for p in pictures for part in (p, _gap(height, GAP_PX))][:-1])


def _gap(height: int, width: int) -> Image:
    return np.full((height, width, 3), PAPER, np.uint8)
