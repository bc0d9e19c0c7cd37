"""`is_own` knows an episode of ours in a robomimic file; `own_config` gives its workspace."""

from pathlib import Path

import h5py

from ..config import OUR_RENDERER, WorkspaceConfig, config_of
from ..layout_check import cameras_of
from ..schema import IMAGE_SUFFIX, OBS
from ..summary import ENV_ARGS
from .foreign_hdf5 import json_attribute, mapping
from .imported_episode import image_size

OWN_ATTRIBUTES = ("id", "version", "sidestick_version")
"""Attributes by which an episode of ours is known, wherever it was copied to."""


def is_own(demo: h5py.Group) -> bool:
    """Whether an episode is one of ours, by its attributes."""
    return all(name in demo.attrs for name in OWN_ATTRIBUTES)


def own_config(demo: h5py.Group) -> WorkspaceConfig:
    """The workspace of an episode of ours in a file that does not say it, as a copy or an index."""
    env_args = json_attribute(demo if ENV_ARGS in demo.attrs else demo.parent, ENV_ARGS)
    kwargs = dict(mapping(Path(demo.file.filename), env_args, "env_kwargs"))
    kwargs.pop("image_size", None)
    cameras, task = cameras_of(demo), demo.attrs["task"]
    shapes = {f"{c}{IMAGE_SUFFIX}": demo[f"{OBS}{c}{IMAGE_SUFFIX}"].shape for c in cameras}
    return config_of(
        {
            "task": task.decode() if isinstance(task, bytes) else str(task),
            "renderer": str(kwargs.pop("renderer", OUR_RENDERER)),
            "image_size": image_size(shapes),
            "cameras": list(cameras),
            "env_kwargs": kwargs,
        }
    )
