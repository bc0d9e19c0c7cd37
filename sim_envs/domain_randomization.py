"""This module draws an episode's domain randomization (option `variation`) from its seed.

Task.vary() passes a level and what may vary, and gets a Variation; the layout stays the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from .appearance import PLAIN, Appearance, Light
from .cameras import Camera, CameraShift, Triple, WristCamera
from .clutter import Clutter, ClutterSpot, draw_clutter
from .colours import Tint
from .errors import UnknownName
from .items import Item
from .rotations import Vector, matrix_from_quat, quat_from_rotvec
from .textures import PATTERNS, Texture

STREAM = 7
"""Separates the variation's random numbers from those that lay out the scene."""
SURFACES = ("table", "floor", "walls", "shelf", "back")
"""Materials of the surroundings, which may take any colour."""
TEXTURED = ("table", "floor")
TILE_COUNTS = (6, 14)
LEAST_CONTRAST = 0.5
"""Share of the greatest contrast that a level allows."""
HAND_SHARE = 0.4
"""The wrist camera moves by this share of what a fixed one does."""


@dataclass(frozen=True)
class RandomizationRanges:
    """Largest deviations from the plain world, to either side."""

    camera_m: float
    """Position of a fixed camera, along each axis."""
    camera_deg: float
    """Orientation of a fixed camera, about each axis."""
    lamp_deg: float
    """Direction of the lamp, about the vertical."""
    lamp_slant: float
    """Share by which the lamp's distance from the vertical changes."""
    light: float
    """Share of the lamp's and the ambient brightness."""
    warmth: float
    """Share of the lamp's red against its blue."""
    wash: float
    """Share of another colour mixed into a surface."""
    surface: float
    """Share of a surface's brightness."""
    hue_deg: float
    """Hue of named objects; so little that the name stays right."""
    shade: float
    """Share of a named object's saturation and brightness."""
    contrast: float
    """Greatest contrast of textures."""
    textured: float
    """Probability that a surface has a texture."""
    stretch: float
    """Share of an item's width and height."""
    clutter: int
    """Greatest number of pieces."""


STRENGTHS = {
    "mild": RandomizationRanges(
        camera_m=0.008,
        camera_deg=1.2,
        lamp_deg=20.0,
        lamp_slant=0.15,
        light=0.06,
        warmth=0.03,
        wash=0.12,
        surface=0.08,
        hue_deg=3.0,
        shade=0.05,
        contrast=0.12,
        textured=0.5,
        stretch=0.05,
        clutter=1,
    ),
    "strong": RandomizationRanges(
        camera_m=0.025,
        camera_deg=3.0,
        lamp_deg=60.0,
        lamp_slant=0.4,
        light=0.14,
        warmth=0.08,
        wash=0.35,
        surface=0.22,
        hue_deg=5.0,
        shade=0.10,
        contrast=0.28,
        textured=0.8,
        stretch=0.10,
        clutter=3,
    ),
}
LEVELS = ("none", *STRENGTHS)


@dataclass(frozen=True)
class Variation:
    """What was drawn for one episode; the default is the plain world."""

    level: str = "none"
    """One of LEVELS."""
    cameras: Mapping[str, CameraShift] = field(default_factory=dict)
    """By the name of a recorded camera."""
    look: Appearance = PLAIN
    stretches: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """By the name of an item: factors of its width and its height."""
    clutter: tuple[Clutter, ...] = ()

    def sized(self, name: str, item: Item) -> Item:
        """An item at its size in this episode."""
        return item.stretched(*self.stretches[name]) if name in self.stretches else item

    def record(self) -> dict[str, Any]:
        """All fields, JSON-able."""
        return asdict(self)


@dataclass(frozen=True)
class Randomizable:
    """The parts of a task that can vary."""

    cameras: Mapping[str, Camera]
    """Those that may be shifted, by name."""
    named: Sequence[str]
    """Materials of named objects: items, bins, garments."""
    stretchable: Sequence[str]
    """Items whose shape may vary."""
    clutter_spots: Sequence[ClutterSpot]
    """Where clutter may be, one piece each."""


def checked_level(level: object) -> None:
    """Raise UnknownName for a level that does not exist."""
    if level not in LEVELS:
        raise UnknownName("variation", str(level), LEVELS)


def variation_stream(layout: Mapping[str, Any]) -> np.random.Generator:
    """A generator for an episode's variation, from the state of its layout's generator.

    It takes no draw from the latter, so a scene's layout is the same at every level.
    """
    words = (word for word in layout["state"].values())
    return np.random.default_rng([STREAM, *words])


def draw(level: str, randomizable: Randomizable, rng: np.random.Generator) -> Variation:
    """Draw an episode's variation; levels differ in their ranges alone."""
    if level == "none":
        return Variation()
    by = STRENGTHS[level]
    cameras = {name: _shift(by, rng, randomizable.cameras[name]) for name in randomizable.cameras}
    light = _light(by, rng)
    tints = {name: _surface_tint(by, rng) for name in SURFACES}
    tints |= {name: _tint(by, rng) for name in randomizable.named}
    drawn = {name: (rng.random(), _texture(by, rng)) for name in TEXTURED}
    textures = {name: texture for name, (u, texture) in drawn.items() if u < by.textured}
    sizes = {name: _factors(by.stretch, rng, 2) for name in randomizable.stretchable}
    stretches = {name: (width, height) for name, (width, height) in sizes.items()}
    clutter_spots = rng.permutation(len(randomizable.clutter_spots))[: rng.integers(by.clutter + 1)]
    clutter = tuple(draw_clutter(rng, randomizable.clutter_spots[i]) for i in clutter_spots)
    return Variation(level, cameras, Appearance(light, tints, textures), stretches, clutter)


def _factors(share: float, rng: np.random.Generator, number: int) -> list[float]:
    """Factors about 1."""
    factors: list[float] = (1.0 + share * rng.uniform(-1, 1, number)).tolist()
    return factors


def _shift(by: RandomizationRanges, rng: np.random.Generator, camera: Camera) -> CameraShift:
    share = HAND_SHARE if isinstance(camera, WristCamera) else 1.0
    move = share * by.camera_m * rng.uniform(-1, 1, 3)
    turn = share * np.radians(by.camera_deg) * rng.uniform(-1, 1, 3)
    return CameraShift(_triple(move), _triple(turn))


def _light(by: RandomizationRanges, rng: np.random.Generator) -> Light:
    turn = np.radians(by.lamp_deg) * rng.uniform(-1, 1)
    slant = 1.0 + by.lamp_slant * rng.uniform(-1, 1)
    x, y, z = Light().direction
    about = matrix_from_quat(quat_from_rotvec((0.0, 0.0, float(turn))))
    warm = by.warmth * rng.uniform(-1, 1)
    lamp, room = _factors(by.light, rng, 2)
    direction = _triple(about @ (slant * x, slant * y, z))
    return Light(direction, (1.0 + warm, 1.0, 1.0 - warm), lamp, room)


def _surface_tint(by: RandomizationRanges, rng: np.random.Generator) -> Tint:
    (value,) = _factors(by.surface, rng, 1)
    wash = _triple(rng.random(3))
    return Tint(value=value, wash=wash, share=by.wash * float(rng.random()))


def _tint(by: RandomizationRanges, rng: np.random.Generator) -> Tint:
    hue = by.hue_deg / 360.0 * float(rng.uniform(-1, 1))
    saturation, value = _factors(by.shade, rng, 2)
    return Tint(hue, saturation, value)


def _texture(by: RandomizationRanges, rng: np.random.Generator) -> Texture:
    pattern = PATTERNS[rng.integers(len(PATTERNS))]
    count, seed = int(rng.integers(*TILE_COUNTS, endpoint=True)), int(rng.integers(2**31))
    return Texture(pattern, count, by.contrast * float(rng.uniform(LEAST_CONTRAST, 1.0)), seed)


def _triple(values: Vector) -> Triple:
    x, y, z = values.tolist()
    return x, y, z
