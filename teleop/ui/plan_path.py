"""The policy's plan as a path through the picture, with how sure it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...policies.base.plan import Plan
from ...sim_envs.cameras import View
from ...sim_envs.rotations import Vector
from ...sim_envs.spaces import METRES_PER_UNIT


@dataclass(frozen=True)
class DrawnPath:
    """Where the policy's next actions would bring the hand, as the view's camera sees it."""

    points: NDArray[np.float64]
    """[N, 2], x right and y down in [-1, 1] of half the view's height."""
    radii: NDArray[np.float64]
    """[N], how unsure it is, in the same measure."""
    grips: tuple[int, ...] = ()
    """Indices at which the gripper would close or open."""


NEAREST_M = 0.05
"""Points nearer to the camera than this are not drawn."""


def drawn_path(view: View, tool_m: Vector, closing: bool, plan: Plan, done: int) -> DrawnPath:
    """The rest of a plan, of which `done` actions have been executed, from where the hand is."""
    actions = plan.actions[done:].astype(np.float64)
    spread = plan.spread[done:, :3].astype(np.float64)
    moves = np.vstack([np.zeros(3), np.cumsum(actions[:, :3], axis=0)]) * METRES_PER_UNIT
    unsure_m = np.sqrt(np.cumsum((spread * METRES_PER_UNIT) ** 2, axis=0).mean(axis=1))
    points = view.project(tool_m + moves)
    seen = points[:, 2] > NEAREST_M
    lens = np.tan(np.radians(view.fov_deg) / 2) * np.maximum(points[:, 2], NEAREST_M)
    radii = np.concatenate([[0.0], unsure_m]) / lens
    end = len(points) if seen.all() else int(np.argmin(seen))
    closed = np.concatenate([[closing], actions[:, 6] > 0])
    changes = np.flatnonzero(closed[1:] != closed[:-1]) + 1
    grips = tuple(int(i) for i in changes if i < end)
    return DrawnPath(points[:end, :2], radii[:end], grips)
