"""`axes_of_controller` says what each number of a robosuite action does, by its controller.

Kind, delta or absolute, range of the input, scale of the output and the frame are read.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...sim_envs.errors import FormatError
from ...sim_envs.worlds.spec import DIRECTIONS, Axis, Direction, Kind
from .robomimic_controller import FRAMES, POSE_CONTROLLER, controller_of

PLACE: tuple[tuple[str, Kind, Direction], ...] = tuple(("d" + a, "move", a) for a in DIRECTIONS)
POSE = (*PLACE, *(("dr" + a, "turn", a) for a in DIRECTIONS))
POSE_TYPES = {POSE_CONTROLLER: POSE, "IK_POSE": POSE, "OSC_POSITION": PLACE}
"""Controllers of the end effector, and what their numbers do."""
JOINT_TYPES = ("JOINT_POSITION", "JOINT_VELOCITY", "JOINT_TORQUE")
LEAST = 1e-6
"""Metres or radians; a unit of less moves nothing."""


def axes_of_controller(
    path: Path, kwargs: Mapping[str, Any], size: int, filled_in: list[str]
) -> tuple[Axis, ...] | None:
    """The axes of an action of `size` numbers; None where the file does not say what they do.

    FormatError where a rest of 0 would move, as no person could hold such an arm still.
    """
    kinds = (*POSE_TYPES, *JOINT_TYPES)
    found = controller_of(kwargs.get("controller_configs"), kinds)
    if found is None:
        return None
    if "output_max" not in found and "output_min" not in found:
        return None
    kind = str(found["type"])
    absolute = found.get("control_delta") is False or found.get("input_type", "delta") != "delta"
    if kind in POSE_TYPES:
        parts: tuple[tuple[str, Kind, Direction], ...] = POSE_TYPES[kind]
    else:
        parts = tuple((f"joint{number}", "joint", "") for number in range(size - 1))
    whole = len(parts) + 1  # and the gripper
    if size not in (len(parts), whole):
        return None
    if any(found.get(name, "base") != "base" for name in FRAMES):
        named = next(found[name] for name in FRAMES if name in found)
        filled_in.append(f"actions are in the frame {named!r}: their axes have no direction here")
        parts = tuple((name, what, "") for name, what, _ in parts)
    most, scale = _ends(path, found, "input", len(parts)), _ends(path, found, "output", len(parts))
    axes = [
        Axis(name, what, along, absolute=True)
        if absolute
        else Axis(name, what, along, max(float(far), LEAST), low=-float(end), high=float(end))
        for (name, what, along), end, far in zip(parts, most, scale, strict=True)
    ]
    return (*axes, *([Axis("grip", "grip")] if size == whole else []))


def _ends(path: Path, found: Mapping[str, Any], part: str, size: int) -> Any:
    """The largest input or output of each number; FormatError unless the least is its negative."""
    ends = {}
    for end, sign in (("max", 1.0), ("min", -1.0)):
        given = found.get(f"{part}_{end}")
        if given is None:
            other = found.get(f"{part}_{'min' if end == 'max' else 'max'}")
            given = -np.asarray(other, float) if _is_numbers(other) else sign
        try:
            ends[end] = np.broadcast_to(np.asarray(given, float), size)
        except (TypeError, ValueError):
            raise FormatError(
                f"{path}: {part}_{end} of its controller: expected one or {size} numbers, "
                f"got {str(given)[:60]!r}"
            ) from None
    if not np.allclose(ends["max"], -ends["min"], rtol=1e-3) or not (ends["max"] > 0).all():
        raise FormatError(
            f"{path}: {part}_min of its controller is not the negative of {part}_max: an action of "
            "0 would move the arm, which then never rests"
        )
    return ends["max"]


def _is_numbers(value: object) -> bool:
    return isinstance(value, int | float | list)
