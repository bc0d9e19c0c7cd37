"""How a world looks beside its shapes: light, tints, textures."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .colours import Colour, Tint
from .textures import Texture


@dataclass(frozen=True)
class Light:
    """One lamp, and the light of the room."""

    direction: tuple[float, float, float] = (-0.6, 0.5, 1.4)
    """From the table to the lamp, in the base frame, of any length."""
    colour: Colour = (1.0, 1.0, 1.0)
    """Of the lamp; a factor."""
    lamp: float = 1.0
    """Factor of the lamp's brightness."""
    room: float = 1.0
    """Factor of the brightness that comes from everywhere."""


@dataclass(frozen=True)
class Appearance:
    """What a renderer draws the shapes with; the default changes nothing."""

    light: Light = field(default_factory=Light)
    tints: Mapping[str, Tint] = field(default_factory=dict)
    """By the name of a material."""
    textures: Mapping[str, Texture] = field(default_factory=dict)
    """By the name of a material."""

    def colour(self, material: str, colour: Colour) -> Colour:
        """What becomes of a colour on a material."""
        tint = self.tints.get(material)
        return colour if tint is None else tint.on(colour)


PLAIN = Appearance()
"""The look of a world without variation."""
