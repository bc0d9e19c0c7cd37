"""This module builds garments: nets of small balls, drawn as overlapping patches of cloth.

SortClothes adds a Garment and gets a Cloth. PyBullet's deformables blow up or cannot be lifted;
a net of balls can be gripped, hangs, folds and repeats bit for bit.
"""

from dataclasses import dataclass

import numpy as np

from .colours import Colour
from .engine import pybullet
from .rotations import Vector
from .world import World

NODE_RADIUS_M = 0.012
NODE_PITCH_M = 0.033
"""Between neighbours: so little that no ball slips through another garment's net."""
NODE_MASS_KG = 0.010
NODE_FRICTION = 0.5
ROLLING_FRICTION = 0.002
SPINNING_FRICTION = 0.005
LINEAR_DAMPING = 0.1
ANGULAR_DAMPING = 0.6
PATCH_HALF_M = (0.0195, 0.0195, 0.006)
"""Larger than half the pitch, so that patches overlap like cloth."""

SHADES = ("light", "dark")


@dataclass(frozen=True)
class Garment:
    """One kind of garment: its cut, and the colours of its cloth."""

    cut: tuple[str, ...]
    """Rows from top to bottom: "#" is cloth, "=" is cloth in the colour of the trim."""
    cloth: tuple[Colour, Colour]
    """Light and dark."""
    trim: tuple[Colour, Colour]
    """Light and dark."""

    @property
    def cells(self) -> dict[tuple[int, int], str]:
        """The mark of every node by its (column, row)."""
        return {
            (column, row): mark
            for row, line in enumerate(self.cut)
            for column, mark in enumerate(line)
            if mark in "#="
        }

    def flat(self) -> Vector:
        """The nodes of a garment laid flat around the origin, metres [nodes, 3]."""
        cells = np.array(list(self.cells), np.float64)
        offsets = (cells - cells.mean(0)) * (NODE_PITCH_M, -NODE_PITCH_M)
        return np.column_stack([offsets, np.zeros(len(cells))])

    def add(
        self, world: World, kind: str, shade: str, points: Vector, quat: Vector, label: int
    ) -> "Cloth":
        """Add it at rest with its nodes at `points` [nodes, 3], each turned by `quat`."""
        cells = list(self.cells)
        material = f"{shade} {kind}"
        cloth = self._colours(SHADES.index(shade))
        colours = [world.look.colour(material, colour) for colour in cloth]
        bodies = [_add_node(world, c, p, quat) for c, p in zip(colours, points, strict=True)]
        names = [f"{kind} {i}" for i in range(len(bodies))]
        for name, body in zip(names, bodies, strict=True):
            world.register(name, body, label, dynamic=True)
        at = dict(zip(cells, bodies, strict=True))
        for (column, row), body in at.items():
            for step in ((1, 0), (0, 1)):
                neighbour = at.get((column + step[0], row + step[1]))
                if neighbour is not None:
                    _join(world, body, neighbour, step)
        return Cloth(kind, shade, tuple(names), tuple(bodies))

    def _colours(self, shade: int) -> list[Colour]:
        return [self.trim[shade] if m == "=" else self.cloth[shade] for m in self.cells.values()]


@dataclass(frozen=True)
class Cloth:
    """One garment in the world."""

    kind: str
    shade: str
    """One of SHADES."""
    names: tuple[str, ...]
    """Its nodes' names in the world."""
    bodies: tuple[int, ...]
    """Its nodes' body ids."""

    def points(self, world: World) -> Vector:
        """Where its nodes are, metres [nodes, 3]."""
        client = world.client
        return np.array(
            [
                pybullet.getBasePositionAndOrientation(body, physicsClientId=client)[0]
                for body in self.bodies
            ]
        )

    def speed(self, world: World) -> float:
        """Speed of its fastest node, m/s."""
        client = world.client
        velocities = [
            pybullet.getBaseVelocity(body, physicsClientId=client)[0] for body in self.bodies
        ]
        return float(np.linalg.norm(velocities, axis=1).max())


def bodies_touching(world: World, name: str, link: int = -2) -> set[int]:
    """Ids of all bodies that touch the named one, or one link of it."""
    body = world.bodies[name]
    where = {} if link == -2 else {"linkIndexA": link}
    points = pybullet.getContactPoints(bodyA=body, **where, physicsClientId=world.client)
    return {other for point in points or () if point[8] < 1e-3 for other in point[1:3]} - {body}


def _add_node(world: World, colour: Colour, point: Vector, quat: Vector) -> int:
    ball = pybullet.createCollisionShape(
        pybullet.GEOM_SPHERE, radius=NODE_RADIUS_M, physicsClientId=world.client
    )
    patch = pybullet.createVisualShape(
        pybullet.GEOM_BOX,
        halfExtents=PATCH_HALF_M,
        rgbaColor=(*colour, 1.0),
        physicsClientId=world.client,
    )
    body: int = pybullet.createMultiBody(
        NODE_MASS_KG,
        ball,
        patch,
        point.tolist(),
        quat.tolist(),
        useMaximalCoordinates=1,
        physicsClientId=world.client,
    )
    pybullet.changeDynamics(
        body,
        -1,
        lateralFriction=NODE_FRICTION,
        rollingFriction=ROLLING_FRICTION,
        spinningFriction=SPINNING_FRICTION,
        linearDamping=LINEAR_DAMPING,
        angularDamping=ANGULAR_DAMPING,
        physicsClientId=world.client,
    )
    return body


def _join(world: World, first: int, second: int, step: tuple[int, int]) -> None:
    """Join two neighbours halfway between them, where they may bend."""
    half = np.array([step[0], -step[1], 0.0]) * (NODE_PITCH_M / 2)
    pybullet.createConstraint(
        first,
        -1,
        second,
        -1,
        pybullet.JOINT_POINT2POINT,
        (0, 0, 0),
        half.tolist(),
        (-half).tolist(),
        physicsClientId=world.client,
    )


_SKY, _NAVY = (0.60, 0.80, 0.97), (0.08, 0.14, 0.42)
_SAND, _BROWN = (0.93, 0.84, 0.60), (0.24, 0.16, 0.09)
_MINT, _FOREST = (0.66, 0.93, 0.70), (0.04, 0.27, 0.12)
_ROSE, _WINE = (0.98, 0.70, 0.77), (0.40, 0.04, 0.13)

GARMENTS: dict[str, Garment] = {
    "shirt": Garment(
        ("=###=", " ### ", " ### ", " ### "),
        (_SKY, _NAVY),
        ((0.95, 0.97, 1.0), (0.20, 0.28, 0.62)),
    ),
    "trousers": Garment(
        ("====", "####", "#  #", "#  #"),
        (_SAND, _BROWN),
        ((0.80, 0.66, 0.40), (0.10, 0.07, 0.05)),
    ),
    "towel": Garment(
        ("====", "####", "####", "===="),
        (_MINT, _FOREST),
        ((0.94, 1.0, 0.94), (0.15, 0.45, 0.22)),
    ),
    "sock": Garment(
        ("== ", "## ", "## ", "###"),
        (_ROSE, _WINE),
        ((1.0, 0.90, 0.92), (0.60, 0.14, 0.25)),
    ),
}
