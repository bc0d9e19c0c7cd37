"""From a stick's raw position to how fast the hand shall go; plain numbers, no device."""

import math

DEADZONE = 0.12
"""Nearer to the middle than this a stick is at rest."""
SATURATION = 0.98
"""Farther out than this it is fully pushed: worn sticks never reach 1."""
EXPO = 0.5
"""Share of the cubic curve: fine near the middle, full speed at the rim."""
RAMP_S = 0.3
"""A key's speed grows from nothing to full in this time."""


def stick(x: float, y: float) -> tuple[float, float]:
    """Radial deadzone, rescaled so that nothing jumps, and expo; the direction is kept."""
    radius = math.hypot(x, y)
    if radius <= DEADZONE:
        return 0.0, 0.0
    pushed = min(1.0, (radius - DEADZONE) / (SATURATION - DEADZONE))
    scale = ((1 - EXPO) * pushed + EXPO * pushed**3) / radius
    return x * scale, y * scale


def trigger(value: float) -> float:
    """A trigger in [0, 1] without its dead ends."""
    return min(1.0, max(0.0, (value - DEADZONE) / (SATURATION - DEADZONE)))


def ramped(before: float, held: bool, elapsed_s: float) -> float:
    """How far a key counts as pushed: it grows while held, and stops at once when let go."""
    return min(1.0, before + elapsed_s / RAMP_S) if held else 0.0


def disc(x: float, y: float) -> tuple[float, float]:
    """Two keys at once go diagonally, no faster than one."""
    radius = math.hypot(x, y)
    return (x, y) if radius <= 1.0 else (x / radius, y / radius)
