"""This module describes how a world looks apart from its shapes: light, tints, textures.

domain_randomization draws an Appearance for each episode; World and the renderers apply it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .colours import Colour, Tint
from .textures import Texture


@dataclass(frozen=True)
class Light:
    """One lamp, and the ambient light."""

    direction: tuple[float, float, float] = (-0.6, 0.5, 1.4)
    """Vector from the table to the lamp, in the base frame; any length."""
    colour: Colour = (1.0, 1.0, 1.0)
    """Colour of the lamp, as a factor."""
    lamp: float = 1.0
    """Factor of the lamp's brightness."""
    room: float = 1.0
    """Factor of the ambient brightness."""


@dataclass(frozen=True)
class Appearance:
    """Light, tints and textures of the drawn shapes; the default changes nothing."""

    light: Light = field(default_factory=Light)
    tints: Mapping[str, Tint] = field(default_factory=dict)
    """By the name of a material."""
    textures: Mapping[str, Texture] = field(default_factory=dict)
    """By the name of a material."""

    def colour(self, material: str, colour: Colour) -> Colour:
        """The tinted colour of a material."""
        tint = self.tints.get(material)
        return colour if tint is None else tint.on(colour)


PLAIN = Appearance()
"""The appearance of a world without variation."""
