"""`steered` is the action that brings an end effector nearer to a pose, for any arm with one."""

import numpy as np

from ..rotations import rotvec_between
from ..spaces import Action
from ..world import Pose
from .spec import ActionSpec

APPROACH_GAIN = 0.45
"""Share of the remaining distance that one tick may cover."""


def steered(
    spec: ActionSpec, tool: Pose, target: Pose, closing: bool, speed: float = 1.0
) -> Action:
    """The action from the end-effector pose `tool` towards `target`, float32[A] in [-1, 1].

    `speed` is the largest translation, in (0, 1]. Axes that the arm lacks are left out.
    """
    move = (target.position - tool.position) * (APPROACH_GAIN / _unit(spec.metres_per_unit))
    length = float(np.linalg.norm(move))
    if length > speed:
        move = move * (speed / length)
    turn = rotvec_between(tool.quat, target.quat) * (APPROACH_GAIN / _unit(spec.radians_per_unit))
    length = float(np.linalg.norm(turn))
    if length > 1.0:
        turn = turn / length
    return spec.of_twist(move, turn, 1.0 if closing else -1.0)


def _unit(per_unit: np.ndarray) -> float:
    return float(per_unit[0]) if len(per_unit) else 1.0
