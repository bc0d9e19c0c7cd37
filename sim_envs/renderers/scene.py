"""What PyBullet would draw, copied out once per rebuild of the world, and where it is now."""

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
BACKDROP_M = 1.5
"""Boxes longer than this are floor, walls and table: they are shaded but cast no shadow."""
VERTEX = np.dtype(
    [("point", "3f4"), ("normal", "3f4"), ("colour", "4u1"), ("frame", "i4")], align=False
)
FRAME_SIZE = 8
"""Position 3, padding, quaternion xyzw 4."""


@dataclass(frozen=True)
class Scene:
    """All visual shapes of a world as one list of triangles, and the frames that move them."""

    vertices: NDArray[np.void]
    """VERTEX records, each given in the frame that it names."""
    triangles: NDArray[np.uint32]
    """Three indices of vertices each, [triangles, 3]; those that cast shadows first."""
    num_casters: int
    """How many triangles cast shadows."""
    bodies: tuple[tuple[int, tuple[int, ...]], ...]
    """(body id, its links that are drawn or not); the base's frame, then one per link."""
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
    casters: list[tuple[Mesh, NDArray[np.void]]] = []
    backdrop: list[tuple[Mesh, NDArray[np.void]]] = []
    for body in world.labels:
        for shape, mesh, vertices in _drawn(world, body, len(owners)):
            is_large = shape == pybullet.GEOM_BOX and np.ptp(mesh.points, axis=0).max() > BACKDROP_M
            (backdrop if is_large else casters).append((mesh, vertices))
        links = tuple(range(pybullet.getNumJoints(body, physicsClientId=world.client)))
        bodies.append((body, links))
        owners += [body] * (1 + len(links))
    return Scene(
        *_merged(casters + backdrop),
        sum(len(mesh.triangles) for mesh, _ in casters),
        tuple(bodies),
        np.array(owners, np.int64),
    )


def _merged(
    shapes: list[tuple[Mesh, NDArray[np.void]]],
) -> tuple[NDArray[np.void], NDArray[np.uint32]]:
    triangles, count = [np.empty((0, 3), np.int64)], 0
    for mesh, vertices in shapes:
        triangles.append(mesh.triangles + count)
        count += len(vertices)
    corners = [np.empty(0, VERTEX), *(vertices for _, vertices in shapes)]
    return np.concatenate(corners), np.concatenate(triangles).astype(np.uint32)


def _drawn(
    world: World, body: int, first_frame: int
) -> Iterator[tuple[int, Mesh, NDArray[np.void]]]:
    """The kind of every visual shape of a body, its mesh, and that mesh in its frame."""
    client = world.client
    dynamics = pybullet.getDynamicsInfo(body, BASE_LINK, physicsClientId=client)
    centre, turn = np.array(dynamics[3]), matrix_from_quat(dynamics[4])
    for row in pybullet.getVisualShapeData(body, physicsClientId=client):
        _, link, shape, size, file, position, quat, rgba = row[:8]
        mesh = _mesh(shape, size, file.decode())
        rotation = matrix_from_quat(quat)
        points, normals = mesh.points @ rotation.T + position, mesh.normals @ rotation.T
        if link == BASE_LINK:  # the engine tells the pose of a base by its centre of mass
            points, normals = (points - centre) @ turn, normals @ turn
        yield shape, mesh, _vertices(points, normals, rgba, first_frame + 1 + link)


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
