"""This module defines RGB colours and Tint, which World applies to the colour of each part."""

import colorsys
from dataclasses import dataclass

Colour = tuple[float, float, float]
"""Red, green, blue in [0, 1]."""


@dataclass(frozen=True)
class Tint:
    """A change of colour, small enough that an object keeps its name."""

    hue: float = 0.0
    """Added to the hue, in turns of the colour circle."""
    saturation: float = 1.0
    """Factor."""
    value: float = 1.0
    """Factor of the brightness."""
    wash: Colour = (0.0, 0.0, 0.0)
    """What the result is mixed with, for surfaces that have no hue of their own."""
    share: float = 0.0
    """How much of the mixture is the wash, in [0, 1]."""

    def on(self, colour: Colour) -> Colour:
        """The tinted colour, each part in [0, 1]."""
        hue, saturation, value = colorsys.rgb_to_hsv(*colour)
        mixed = colorsys.hsv_to_rgb(
            (hue + self.hue) % 1.0, min(saturation * self.saturation, 1.0), value
        )
        red, green, blue = (
            min(self.value * ((1.0 - self.share) * own + self.share * other), 1.0)
            for own, other in zip(mixed, self.wash, strict=True)
        )
        return red, green, blue
