"""This module builds the items that ShelfPick and SortRecycling move: shape, colour, mass.

Tasks list them by can(), bottle() and the like, and place them by Item.add().
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from .colours import Colour
from .primitives import Part, Quat
from .rotations import Vector, matrix_from_quat, quat_from_rotvec
from .world import ROLLING_FRICTION, World

STEADY = 0.004
"""Rolling friction of items that would otherwise roll off the table when pushed."""


@dataclass(frozen=True)
class Item:
    """One kind of item, standing on its base when its body's frame is upright."""

    parts: tuple[Part, ...]
    mass_kg: float
    half_height_m: float
    """From the base to the body's origin."""
    width_m: float
    """Distance between the sides that the fingers close on."""
    grip_height_m: float
    """Where to hold it, above the body's origin."""
    rolling_friction: float = ROLLING_FRICTION

    @property
    def half_extents_m(self) -> Vector:
        """Half extents [3] of the box around it, as far as it reaches from the body's origin."""
        reaches = [np.abs(part.position) + _half_size(part) for part in self.parts]
        return np.asarray(np.max(reaches, axis=0))

    @property
    def top_m(self) -> float:
        """From the body's origin up to its highest point."""
        return float(max(part.position[2] + _half_size(part)[2] for part in self.parts))

    @property
    def length_m(self) -> float:
        """From its base to its highest point."""
        return self.half_height_m + self.top_m

    @property
    def is_round(self) -> bool:
        """Whether it looks the same however it is turned about its upright axis."""
        return all(part.shape == "cylinder" for part in self.parts)

    def stretched(self, width: float, height: float) -> "Item":
        """The same item, wider and taller by these factors, of the same mass."""
        return replace(
            self,
            parts=tuple(part.stretched(width, height) for part in self.parts),
            half_height_m=self.half_height_m * height,
            width_m=self.width_m * width,
            grip_height_m=self.grip_height_m * height,
        )

    def add(
        self, world: World, name: str, position: tuple[float, float, float], yaw: float, label: int
    ) -> None:
        """Stand it upright at a place [m], turned by `yaw` [rad]."""
        self.add_turned(world, name, position, quat_from_rotvec((0.0, 0.0, yaw)), label)

    def add_turned(
        self, world: World, name: str, position: ArrayLike, quat: ArrayLike, label: int
    ) -> None:
        """Put it at a place [m], turned by a unit quaternion xyzw."""
        world.add(
            name,
            self.parts,
            position,
            quat,
            mass_kg=self.mass_kg,
            rolling_friction=self.rolling_friction,
            label=label,
        )


def _half_size(part: Part) -> Vector:
    """Half of a part's length along the body's x, y and z, metres [3]."""
    if part.shape == "sphere":
        return np.full(3, part.size[0])
    half = part.size
    if part.shape == "cylinder":
        half = (part.size[0], part.size[0], part.size[1] / 2)
    return np.asarray(np.abs(matrix_from_quat(part.quat)) @ half)


def _turned(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Quat:
    """A turn about one or more axes as a rotation vector [rad], as Part takes it."""
    a, b, c, d = quat_from_rotvec((x, y, z)).tolist()
    return a, b, c, d


def can(colour: Colour, radius: float, height: float) -> Item:
    """A drinks can with a metal lid."""
    lid = Part("cylinder", (radius * 0.9, 0.004), (0.75, 0.76, 0.78), (0, 0, height / 2))
    body = Part("cylinder", (radius, height), colour)
    return Item((body, lid), 0.2, height / 2, 2 * radius, 0.01)


def carton(colour: Colour, half: tuple[float, float, float]) -> Item:
    """A cardboard box."""
    return Item((Part("box", half, colour),), 0.2, half[2], 2 * half[1], 0.01)


def bottle(colour: Colour, radius: float, height: float, cap: Colour, neck: float = 0.035) -> Item:
    """A bottle: a wide cylinder with a narrow neck and a cap."""
    parts = (
        Part("cylinder", (radius, height), colour),
        Part("cylinder", (radius * 0.45, neck), colour, (0, 0, height / 2 + neck / 2)),
        Part("cylinder", (radius * 0.5, 0.014), cap, (0, 0, height / 2 + neck + 0.007)),
    )
    return Item(parts, 0.2, height / 2, 2 * radius, 0.0)


def milk_carton(colour: Colour, band: Colour) -> Item:
    """A drinks carton with a coloured band and a narrow gable."""
    x, y, z = 0.026, 0.026, 0.042
    parts = (
        Part("box", (x, y, z), colour),
        Part("box", (x + 0.0006, y + 0.0006, 0.016), band, (0, 0, -0.012)),
        Part("box", (0.010, y, 0.010), band, (0, 0, z + 0.010)),
    )
    return Item(parts, 0.15, z, 2 * y, 0.0)


def jar(colour: Colour, lid: Colour) -> Item:
    """A squat jar with a wide lid."""
    radius, height = 0.031, 0.052
    top = Part("cylinder", (radius, 0.016), lid, (0, 0, height / 2 + 0.008))
    parts = (Part("cylinder", (radius * 0.97, height), colour), top)
    return Item(parts, 0.18, height / 2, 2 * radius, 0.004, STEADY)


def cup(colour: Colour, lid: Colour) -> Item:
    """A paper cup that widens towards a broad lid."""
    parts = (
        Part("cylinder", (0.024, 0.044), colour, (0, 0, -0.022)),
        Part("cylinder", (0.028, 0.036), colour, (0, 0, 0.018)),
        Part("cylinder", (0.0315, 0.012), lid, (0, 0, 0.042)),
    )
    return Item(parts, 0.08, 0.044, 0.056, 0.012, STEADY)


def peel(colour: Colour, stem: Colour) -> Item:
    """A banana peel on its flaps, with the stem up."""
    parts = (
        Part("box", (0.024, 0.011, 0.006), colour, (0.030, 0.0, 0.006), _turned(y=0.35)),
        Part("box", (0.024, 0.011, 0.006), colour, (-0.030, 0.0, 0.006), _turned(y=-0.35)),
        Part("box", (0.011, 0.014, 0.006), colour, (0, 0.018, 0.008), _turned(x=-0.5)),
        Part("box", (0.011, 0.014, 0.006), colour, (0, -0.018, 0.008), _turned(x=0.5)),
        Part("box", (0.012, 0.012, 0.012), colour, (0, 0, 0.012)),
        Part("box", (0.006, 0.006, 0.009), stem, (0, 0, 0.032)),
    )
    return Item(parts, 0.06, 0.009, 0.056, 0.0)


def wrapper(colour: Colour, ends: Colour) -> Item:
    """A sweet's wrapper: a round belly between two flared ends."""
    parts = (
        Part("box", (0.028, 0.022, 0.016), colour),
        Part("box", (0.008, 0.010, 0.008), colour, (0.032, 0, 0)),
        Part("box", (0.008, 0.010, 0.008), colour, (-0.032, 0, 0)),
        Part("box", (0.008, 0.024, 0.016), ends, (0.047, 0, 0)),
        Part("box", (0.008, 0.024, 0.016), ends, (-0.047, 0, 0)),
    )
    return Item(parts, 0.04, 0.016, 0.044, 0.0)


def rag(colour: Colour, stripe: Colour) -> Item:
    """A crumpled cloth: a heap of folds."""
    parts = (
        Part("box", (0.036, 0.022, 0.008), colour),
        Part("box", (0.022, 0.018, 0.006), stripe, (-0.016, 0.004, 0.014), _turned(y=-0.4)),
        Part("box", (0.018, 0.014, 0.008), colour, (0.014, -0.004, 0.017), _turned(0.3, 0.6)),
        Part("box", (0.008, 0.021, 0.005), stripe, (0.036, 0.0, 0.004), _turned(y=0.5)),
        Part("box", (0.020, 0.006, 0.009), colour, (-0.006, -0.018, 0.008), _turned(x=0.5)),
    )
    return Item(parts, 0.05, 0.008, 0.052, 0.006)
