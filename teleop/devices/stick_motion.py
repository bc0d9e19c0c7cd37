"""These functions turn raw stick and key positions into a motion of the end effector.

`stick`, `trigger`, `ramped` and `disc` are the response curves that the devices apply; `StickFrame`
turns `ControlReadings` into an action, along the picture or along the robot's base.
"""

import math
from dataclasses import dataclass

import numpy as np

from ...sim_envs.cameras import CameraView
from ...sim_envs.rotations import Vector
from ...sim_envs.spaces import Action
from ...sim_envs.worlds.arm_spec import ARM_ACTION
from ...sim_envs.worlds.spec import ActionSpec
from .controls import Control, ControlReadings

UP = np.array([0.0, 0.0, 1.0])
ON_ITS_SIDE = 0.2
"""Where the picture's right has less than this of the horizontal, the camera lies on its side."""


@dataclass(frozen=True)
class StickFrame:
    """The sticks' directions on the table, as unit vectors [3] in the base frame."""

    right: Vector
    away: Vector

    def action(
        self,
        reading: ControlReadings[Control],
        scale: float,
        grip: float,
        spec: ActionSpec = ARM_ACTION,
    ) -> Action:
        """The action [A] of the pushed sticks: z is world-up, turning is about world-up.

        Where no axis moves or turns, the sticks push the axes in their order.
        """
        right = reading.between(Control.RIGHT, Control.LEFT)
        away = reading.between(Control.AWAY, Control.NEAR)
        up = reading.between(Control.UP, Control.DOWN)
        turn = reading.between(Control.TURN_LEFT, Control.TURN_RIGHT)
        pitch = reading.between(Control.PITCH_UP, Control.PITCH_DOWN)
        roll = reading.between(Control.ROLL_RIGHT, Control.ROLL_LEFT)
        if not spec.steered:
            return spec.in_order([scale * v for v in (right, away, up, turn, pitch, roll)], grip)
        move = self.right * right + self.away * away + UP * up
        turning = self.right * pitch + self.away * roll + UP * turn
        return spec.of_twist(move * scale, turning * scale, grip)


BASE = StickFrame(np.array([0.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0]))
"""The directions of the robot's base: away is its x, left is its y."""


def picture_frame(view: CameraView) -> StickFrame:
    """Right and away as the picture shows them, projected onto the table.

    Right is the picture's right, and away is a quarter turn to the left of it: up in the picture,
    also where a camera at the hand looks back at the base. A camera that lies on its side has its
    right in the vertical; there the picture's top says what is away.
    """
    right, down, _ = view.axes()
    across = np.array([right[0], right[1], 0.0])
    if np.linalg.norm(across) < ON_ITS_SIDE:
        across = np.cross([-down[0], -down[1], 0.0], UP)
    across = across / np.linalg.norm(across)
    return StickFrame(across, np.cross(UP, across))


DEADZONE = 0.12
"""A stick nearer to the middle than this is at rest."""
SATURATION = 0.98
"""A stick farther out than this is fully pushed: worn sticks never reach 1."""
EXPO = 0.5
"""Share of the cubic curve: fine near the middle, full speed at the rim."""
RAMP_S = 0.3
"""A key's speed grows from nothing to full in this time."""


def stick(x: float, y: float, deadzone: float = DEADZONE) -> tuple[float, float]:
    """A stick's position after radial deadzone (rescaled, without a jump) and expo, in [-1, 1].

    The direction is kept.
    """
    radius = math.hypot(x, y)
    if radius <= deadzone:
        return 0.0, 0.0
    pushed = min(1.0, (radius - deadzone) / (SATURATION - deadzone))
    scale = ((1 - EXPO) * pushed + EXPO * pushed**3) / radius
    return x * scale, y * scale


def trigger(value: float) -> float:
    """A trigger's value in [0, 1] after deadzone and saturation."""
    return min(1.0, max(0.0, (value - DEADZONE) / (SATURATION - DEADZONE)))


def ramped(before: float, held: bool, elapsed_s: float) -> float:
    """How far a key counts as pushed, in [0, 1]: it grows while held, and is 0 once released."""
    return min(1.0, before + elapsed_s / RAMP_S) if held else 0.0


def disc(x: float, y: float) -> tuple[float, float]:
    """The point, moved into the unit disc: two keys at once go diagonally, no faster than one."""
    radius = math.hypot(x, y)
    return (x, y) if radius <= 1.0 else (x / radius, y / radius)
