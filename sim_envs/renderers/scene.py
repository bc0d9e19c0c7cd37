"""A Scene holds the triangles that PyBullet would draw, for the OpenGL renderer.

read_scene() copies them once per rebuild of the world; Scene.poses() gives their current poses.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..engine import pybullet
from ..errors import BadValue
from ..rotations import Vector, matrix_from_quat
from ..world import World
from .meshes import Mesh, read_obj, unit_box, unit_cylinder, unit_sphere

BASE_LINK = -1
RIGID_BODY = 1
"""PyBullet's number for a body in maximal coordinates; its reported inertial frame is wrong."""
BACKDROP_M = 1.5
"""Shapes longer than this are floor, walls and table: they are shaded but cast no shadow."""
VERTEX = np.dtype(
    [("point", "3f4"), ("normal", "3f4"), ("colour", "4u1"), ("frame", "i4")], align=False
)
FRAME_SIZE = 8
"""Position 3, padding, quaternion xyzw 4."""


@dataclass(frozen=True)
class Shape:
    """One visual shape of a body."""

    mesh: Mesh
    vertices: NDArray[np.void]
    """VERTEX records of the mesh's points."""
    is_backdrop: bool
    """Too large to cast a shadow."""


@dataclass(frozen=True)
class Scene:
    """All visual shapes of a world as one list of triangles, and the frames that move them."""

    vertices: NDArray[np.void]
    """VERTEX records, each given in the frame that it names."""
    triangles: NDArray[np.uint32]
    """Three indices of vertices each, [triangles, 3]: those that are seen, then shadow casters."""
    num_seen: int
    """How many of the triangles are seen; the others are coarser, and cast shadows."""
    bodies: tuple[tuple[int, tuple[int, ...]], ...]
    """(body id, all its links, drawn or not); frames are the base's, then one per link."""
    owners: NDArray[np.int64]
    """Body id of each frame."""

    def poses(self, world: World) -> NDArray[np.float32]:
        """Where every frame is now, [frames, FRAME_SIZE]."""
        client = world.client
        values: list[float] = []
        for body, links in self.bodies:
            position, quat = pybullet.getBasePositionAndOrientation(body, physicsClientId=client)
            values += (*position, 0.0, *quat)
            if links:
                for state in pybullet.getLinkStates(body, links, physicsClientId=client):
                    values += (*state[4], 0.0, *state[5])
        return np.array(values, np.float32).reshape(-1, FRAME_SIZE)


def read_scene(world: World) -> Scene:
    """Copy the visual shapes of every body of the world."""
    bodies: list[tuple[int, tuple[int, ...]]] = []
    owners: list[int] = []
    shapes: list[Shape] = []
    for body in world.labels:
        shapes += _drawn(world, body, len(owners))
        links = tuple(range(pybullet.getNumJoints(body, physicsClientId=world.client)))
        bodies.append((body, links))
        owners += [body] * (1 + len(links))
    shapes.sort(key=lambda shape: shape.is_backdrop)  # what is drawn last is mostly hidden
    return Scene(*_merged(shapes), tuple(bodies), np.array(owners, np.int64))


def _merged(shapes: list[Shape]) -> tuple[NDArray[np.void], NDArray[np.uint32], int]:
    """Vertices, triangles and the number of those seen, as a Scene has them."""
    none = np.empty((0, 3), np.int64)
    starts = np.cumsum([0, *(len(shape.vertices) for shape in shapes)])
    pairs = list(zip(shapes, starts, strict=False))
    seen = np.concatenate([none, *(shape.mesh.triangles + start for shape, start in pairs)])
    casting = [shape.mesh.coarse + start for shape, start in pairs if not shape.is_backdrop]
    triangles = np.concatenate([seen, none, *casting]).astype(np.uint32)
    vertices = [np.empty(0, VERTEX), *(shape.vertices for shape in shapes)]
    return np.concatenate(vertices), triangles, len(seen)


def _drawn(world: World, body: int, first_frame: int) -> Iterator[Shape]:
    """Every visual shape of a body."""
    client = world.client
    centre, turn = _centre_of_mass(client, body)
    for row in pybullet.getVisualShapeData(body, physicsClientId=client):
        _, link, shape, size, file, position, quat, rgba = row[:8]
        mesh = _mesh(shape, size, file.decode())
        rotation = matrix_from_quat(quat)
        points, normals = mesh.points @ rotation.T + position, mesh.normals @ rotation.T
        if link == BASE_LINK:  # the engine reports the pose of a base's centre of mass
            points, normals = (points - centre) @ turn, normals @ turn
        vertices = _vertices(points, normals, rgba, first_frame + 1 + link)
        yield Shape(mesh, vertices, bool(np.ptp(mesh.points, axis=0).max() > BACKDROP_M))


def _centre_of_mass(client: int, body: int) -> tuple[Vector, Vector]:
    """Its position [3] and orientation [3, 3] in the frame of the body's base."""
    dynamics = pybullet.getDynamicsInfo(body, BASE_LINK, physicsClientId=client)
    if dynamics[10] == RIGID_BODY:
        return np.zeros(3), np.eye(3)
    return np.array(dynamics[3]), matrix_from_quat(dynamics[4])


def _mesh(shape: int, size: tuple[float, ...], file: str) -> Mesh:
    if shape == pybullet.GEOM_BOX:
        return unit_box().scaled(*size)
    if shape == pybullet.GEOM_CYLINDER:
        length, radius = size[:2]
        return unit_cylinder().scaled(radius, radius, length)
    if shape == pybullet.GEOM_SPHERE:
        return unit_sphere().scaled(*[size[0]] * 3)
    if shape == pybullet.GEOM_MESH:
        return read_obj(file).scaled(*size)
    raise BadValue("visual shape", "a box, cylinder, sphere or mesh", f"PyBullet's kind {shape}")


def _vertices(
    points: Vector, normals: Vector, rgba: tuple[float, ...], frame: int
) -> NDArray[np.void]:
    vertices = np.empty(len(points), VERTEX)
    vertices["point"], vertices["normal"] = points, normals
    vertices["colour"] = np.round(np.array(rgba) * 255)
    vertices["frame"] = frame
    return vertices
