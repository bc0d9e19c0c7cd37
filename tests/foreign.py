"""This module writes files as robosuite and robomimic make them, for tests of the import."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from sidestick.sim_envs.spaces import METRES_PER_UNIT, RADIANS_PER_UNIT

SIZE = 32
STEPS = 30
SCALE = [METRES_PER_UNIT] * 3 + [RADIANS_PER_UNIT] * 3
POSE = {
    "type": "OSC_POSE",
    "control_delta": True,
    "input_max": 1,
    "input_min": -1,
    "output_max": SCALE,
    "output_min": [-number for number in SCALE],
}
"""A controller of robosuite whose action is ours."""


def foreign_demo(seed: int = 0, steps: int = STEPS, side: int = SIZE) -> dict[str, NDArray[Any]]:
    """The datasets of one demo, by their paths below it."""
    rng = np.random.default_rng(seed)
    return {
        "actions": np.clip(np.cumsum(rng.normal(0, 0.1, (steps, 7)), 0), -1, 1),
        "rewards": np.eye(steps)[-1],
        "dones": np.eye(steps, dtype=np.int64)[-1],
        "states": rng.normal(size=(steps, 30)),
        "obs/agentview_image": rng.integers(0, 256, (steps, side, side, 3), np.uint8),
        "obs/robot0_joint_pos": rng.normal(size=(steps, 7)),
        "obs/robot0_eef_pos": np.cumsum(rng.normal(0, 0.01, (steps, 3)), 0),
        "obs/robot0_eef_quat": rng.normal(size=(steps, 4)),
        "obs/robot0_gripper_qpos": rng.normal(size=(steps, 2)),
    }


def write_foreign_file(
    path: Path,
    demos: Sequence[Mapping[str, NDArray[Any]]],
    controller: object = POSE,
    **env_args: Any,
) -> Path:
    """Write demos as demo_0, demo_1 ... of one file."""
    kwargs = {"controller_configs": controller, "control_freq": 20}
    args = {"env_name": "Lift", "type": 1, "env_kwargs": kwargs, **env_args}
    with h5py.File(path, "w", libver="latest") as file:
        file.create_group("data").attrs["env_args"] = json.dumps(args)
        for number, columns in enumerate(demos):
            for key, values in columns.items():
                file[f"data/demo_{number}/{key}"] = values
            file[f"data/demo_{number}"].attrs["num_samples"] = len(columns["actions"])
    return path
