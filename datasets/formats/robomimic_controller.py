"""`check_controller` says whether an action of a robosuite file is ours, by its controller.

All that gives an action its meaning is read: kind of controller, delta or absolute, range of the
input, scale of the output in both directions, and the frame in which it is given.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...sim_envs.errors import FormatError
from ...sim_envs.spaces import METRES_PER_UNIT, RADIANS_PER_UNIT
from .imported_episode import OUR_ACTION

POSE_CONTROLLER = "OSC_POSE"
DEEPEST = 8
"""Levels of nesting in which a controller is looked for; robosuite's own files have three."""
FRAMES = ("input_ref_frame", "control_ref_frame")
SCALES = (("output_max", 1.0), ("output_min", -1.0))
RANGES = (("input_max", 1.0), ("input_min", -1.0))


def check_controller(path: Path, kwargs: Mapping[str, Any]) -> None:
    """Raise FormatError unless robosuite's controller has our action, its scale and its frame."""
    found = controller_of(kwargs.get("controller_configs"))
    if found is None:
        raise FormatError(f"{path}: env_args do not say what an action does; ours is {OUR_ACTION}")
    if found.get("control_delta") is False or found.get("input_type", "delta") != "delta":
        raise FormatError(f"{path}: its actions are absolute poses; ours is {OUR_ACTION}")
    for name, ours in RANGES:
        if not np.allclose(_six(path, found, name, ours), ours, rtol=1e-3):
            raise FormatError(
                f"{path}: {name} of its controller is {found[name]}, so that a unit of its action "
                f"is another; ours is {OUR_ACTION}"
            )
    _check_scale(path, found)
    for name in FRAMES:
        if found.get(name, "base") != "base":
            raise FormatError(
                f"{path}: its actions are given in the frame {found[name]!r} ({name}); ours in "
                f"that of the robot's base"
            )


def _check_scale(path: Path, found: Mapping[str, Any]) -> None:
    """Raise FormatError unless a unit of the action moves as far as ours, in both directions."""
    ours = np.array([METRES_PER_UNIT] * 3 + [RADIANS_PER_UNIT] * 3)
    if "output_min" not in found and "output_max" in found:
        found = {**found, "output_min": (-_six(path, found, "output_max", 1.0)).tolist()}
    for name, sign in SCALES:
        scale = _six(path, found, name, sign)
        if not np.allclose(scale, sign * ours, rtol=1e-3):
            raise FormatError(
                f"{path}: a unit of its action moves the end effector by {scale[0]:g} m and "
                f"{scale[3]:g} rad ({name}); ours is {OUR_ACTION}"
            )


def _six(path: Path, found: Mapping[str, Any], name: str, otherwise: float) -> Any:
    """A setting of a controller as six numbers; FormatError where it is none."""
    try:
        return np.broadcast_to(np.asarray(found.get(name, otherwise), float), 6)
    except (TypeError, ValueError):
        raise FormatError(
            f"{path}: {name} of its controller: expected one or six numbers, "
            f"got {str(found[name])[:60]!r}"
        ) from None


def controller_of(
    configs: object, kinds: Sequence[str] = (POSE_CONTROLLER,), depth: int = DEEPEST
) -> Mapping[str, Any] | None:
    """The settings of a controller of these kinds; the nesting depends on robosuite's version."""
    if depth == 0:
        return None
    inside: list[object] = []
    if isinstance(configs, Mapping):
        if configs.get("type") in kinds:
            return configs
        inside = list(configs.values())
    elif isinstance(configs, list):
        inside = configs
    inner = (controller_of(value, kinds, depth - 1) for value in inside)
    return next((found for found in inner if found is not None), None)
