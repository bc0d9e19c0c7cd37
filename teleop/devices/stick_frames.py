"""Which way the hand goes when a stick is pushed: after the picture, or after the robot's base."""

from dataclasses import dataclass

import numpy as np

from ...sim_envs.cameras import CameraView
from ...sim_envs.rotations import Vector
from ...sim_envs.spaces import ACTION_SIZE, GRIP, MOVE, TURN, Action
from .controls import Control, ControlReadings

UP = np.array([0.0, 0.0, 1.0])
STEEP = 0.2
"""A camera that looks down more steeply than this (cosine) has no useful forward direction."""


@dataclass(frozen=True)
class StickFrame:
    """Directions on the table, unit vectors [3] in the base frame."""

    right: Vector
    away: Vector

    def action(self, reading: ControlReadings[Control], scale: float, grip: float) -> Action:
        """The action [7] of the pushed sticks: z is world-up, turning is about world-up."""
        right = reading.between(Control.RIGHT, Control.LEFT)
        away = reading.between(Control.AWAY, Control.NEAR)
        up = reading.between(Control.UP, Control.DOWN)
        turn = reading.between(Control.TURN_LEFT, Control.TURN_RIGHT)
        pitch = reading.between(Control.PITCH_UP, Control.PITCH_DOWN)
        roll = reading.between(Control.ROLL_RIGHT, Control.ROLL_LEFT)
        action = np.zeros(ACTION_SIZE)
        action[MOVE] = self.right * right + self.away * away + UP * up
        action[TURN] = self.right * pitch + self.away * roll + UP * turn
        action *= scale
        action[GRIP] = grip
        return np.asarray(np.clip(action, -1.0, 1.0), np.float32)


BASE = StickFrame(np.array([0.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0]))
"""The robot's own: away is its x, left is its y."""


def picture_frame(view: CameraView) -> StickFrame:
    """Right and away as the picture shows them, laid flat on the table."""
    _, down, forward = view.axes()
    ahead = forward if np.hypot(forward[0], forward[1]) > STEEP else -down
    away = np.array([ahead[0], ahead[1], 0.0])
    away = away / np.linalg.norm(away)
    return StickFrame(np.cross(away, UP), away)
