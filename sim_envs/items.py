"""Things that can be picked up: shape, colour, mass."""

from dataclasses import dataclass

from .rotations import quat_from_rotvec
from .world import Colour, Part, World


@dataclass(frozen=True)
class Item:
    """One kind of thing, standing on its base when its body's frame is upright."""

    parts: tuple[Part, ...]
    mass_kg: float
    half_height_m: float
    """From the base to the body's origin."""
    width_m: float
    """Across what the fingers close on."""
    grip_height_m: float
    """Where to hold it, above the body's origin."""

    def add(
        self, world: World, name: str, position: tuple[float, float, float], yaw: float, label: int
    ) -> None:
        """Stand it upright at a place [m], turned by `yaw` [rad]."""
        quat = quat_from_rotvec((0.0, 0.0, yaw))
        world.add(name, self.parts, position, quat, mass_kg=self.mass_kg, label=label)


def can(colour: Colour, radius: float, height: float) -> Item:
    """A drinks can with a metal lid."""
    lid = Part("cylinder", (radius * 0.9, 0.004), (0.75, 0.76, 0.78), (0, 0, height / 2))
    body = Part("cylinder", (radius, height), colour)
    return Item((body, lid), 0.2, height / 2, 2 * radius, 0.01)


def carton(colour: Colour, half: tuple[float, float, float]) -> Item:
    """A cardboard box."""
    return Item((Part("box", half, colour),), 0.2, half[2], 2 * half[1], 0.01)


def bottle(colour: Colour, radius: float, height: float, cap: Colour) -> Item:
    """A bottle: a wide cylinder with a narrow neck and a cap."""
    neck = 0.035
    parts = (
        Part("cylinder", (radius, height), colour),
        Part("cylinder", (radius * 0.45, neck), colour, (0, 0, height / 2 + neck / 2)),
        Part("cylinder", (radius * 0.5, 0.014), cap, (0, 0, height / 2 + neck + 0.007)),
    )
    return Item(parts, 0.2, height / 2, 2 * radius, 0.0)
