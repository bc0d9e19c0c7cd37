"""This module makes triangle meshes of PyBullet's shapes, which read_scene() asks for.

They are boxes, cylinders and spheres of unit size, and .obj files.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import BadValue
from ..rotations import Vector

CYLINDER_SIDES = 20
SPHERE_RINGS = 8
CREASE_COS = float(np.cos(np.radians(40.0)))
"""Faces of a file that meet at a sharper angle than this keep an edge between them."""
COARSE_CELLS = 10
"""Cells along the longest side of a file's mesh; `coarse` has at most one point in each."""
WELD_M = 1e-5
"""Corners of a file's faces that are nearer than this are one."""


@dataclass(frozen=True)
class Mesh:
    """Triangles in the shape's own frame, anticlockwise as seen from outside."""

    points: Vector
    """Metres, [points, xyz]."""
    normals: Vector
    """Unit vectors, [points, xyz]."""
    triangles: NDArray[np.int64]
    """Three indices of points each, [triangles, 3]."""
    coarse: NDArray[np.int64]
    """The same in fewer triangles, [fewer, 3]; never outside of a convex mesh."""

    def scaled(self, *factors: float) -> "Mesh":
        """The same mesh, stretched along its three axes."""
        if factors == (1.0, 1.0, 1.0):
            return self
        normals = self.normals / factors
        normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
        return Mesh(self.points * factors, normals, self.triangles, self.coarse)


def _indexed(corners: Vector, normals: Vector) -> Mesh:
    """The mesh of triangles given by corners [triangles, 3, xyz] and their normals."""
    rows = np.concatenate([corners, normals], axis=-1).reshape(-1, 6)
    _, first, index = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)  # as they are first used: the order that is fastest to draw
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    points = rows[first[order]]
    triangles = rank[index.ravel()].reshape(-1, 3)
    return Mesh(points[:, :3], points[:, 3:], triangles, triangles)


def _halved(quads: Vector) -> Vector:
    """Two triangles [2 n, 3, ...] for every four corners [n, 4, ...]."""
    return quads[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3, *quads.shape[2:])


@lru_cache(maxsize=1)
def unit_box() -> Mesh:
    """A box of size 1 x 1 x 1 about the origin."""
    out = np.concatenate([np.eye(3), -np.eye(3)])  # face, xyz
    across = np.roll(np.abs(out), 1, axis=1)
    along = np.cross(out, across)
    corners = [
        out - across - along,
        out + across - along,
        out + across + along,
        out - across + along,
    ]
    normals = np.repeat(out[:, None], 4, axis=1)
    return _indexed(_halved(np.stack(corners, 1) / 2), _halved(normals))


@lru_cache(maxsize=1)
def unit_cylinder() -> Mesh:
    """A cylinder of radius 1 and height 1 about the origin, its axis along z."""
    angles = np.linspace(0, 2 * np.pi, CYLINDER_SIDES + 1)
    rim = np.column_stack([np.cos(angles), np.sin(angles), np.zeros_like(angles)])
    start, end, half = rim[:-1], rim[1:], np.array([0.0, 0.0, 0.5])
    side = np.stack([start - half, end - half, end + half, start + half], 1)
    lid = np.stack([np.zeros_like(start), start, end], 1)
    base = lid[:, ::-1]
    corners = np.concatenate([_halved(side), lid + half, base - half])
    flat = np.broadcast_to(2 * half, lid.shape)
    normals = np.concatenate([_halved(np.stack([start, end, end, start], 1)), flat, -flat])
    return _indexed(corners, normals)


@lru_cache(maxsize=1)
def unit_sphere() -> Mesh:
    """A sphere of radius 1 about the origin."""
    polar = np.linspace(0, np.pi, SPHERE_RINGS + 1)[:, None]
    turn = np.linspace(0, 2 * np.pi, 2 * SPHERE_RINGS + 1)[None, :]
    flat = np.sin(polar)
    height = np.broadcast_to(np.cos(polar), (polar.size, turn.size))
    grid = np.stack([flat * np.cos(turn), flat * np.sin(turn), height], -1)  # ring, turn, xyz
    quads = np.stack([grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]], 2)
    corners = np.round(_halved(quads.reshape(-1, 4, 3)), 12)
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=-1)
    corners = corners[sides.min(1) > 0]  # none of those that shrink to a line at the poles
    return _indexed(corners, corners)


@lru_cache(maxsize=64)
def read_obj(path: str) -> Mesh:
    """The mesh of a Wavefront .obj file, rounded off everywhere but at its creases."""
    if not path.lower().endswith(".obj"):
        raise BadValue("mesh", "a Wavefront .obj file", path)
    points, faces = [], []
    for words in _lines(path):
        if words[0] == "v":
            points.append([float(word) for word in words[1:4]])
        elif words[0] == "f":
            corners = [int(word.split("/")[0]) for word in words[1:]]
            faces += [[corners[0], *corners[i : i + 2]] for i in range(1, len(corners) - 1)]
    index = np.array(faces)
    index = np.where(index > 0, index - 1, index + len(points))  # negative counts from the end
    mesh = _rounded(np.array(points)[index])
    return replace(mesh, coarse=_coarse(mesh))


def _coarse(mesh: Mesh) -> NDArray[np.int64]:
    """Its triangles [fewer, 3] when all points of a cell of space are merged into one."""
    cells = np.round(
        (mesh.points - mesh.points.mean(0)) * COARSE_CELLS / np.ptp(mesh.points, 0).max()
    )
    _, kept, cell = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    triangles = kept[cell.ravel()[mesh.triangles]]
    a, b, c = triangles.T
    return np.unique(triangles[(a != b) & (b != c) & (c != a)], axis=0)


def _lines(path: str) -> Iterator[list[str]]:
    for line in Path(path).read_text().splitlines():
        if words := line.split():
            yield words


def _rounded(corners: Vector) -> Mesh:
    """Smooth normals for bare triangles [n, 3, xyz]: large faces count more at their corners."""
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sizes = np.linalg.norm(areas, axis=1)
    corners, areas = corners[sizes > 0], areas[sizes > 0]
    faces = areas / sizes[sizes > 0, None]
    corners = np.round(corners / WELD_M) * WELD_M
    _, welded = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
    normals = np.empty((len(faces) * 3, 3))
    for users in _places(welded.ravel()):
        near = faces[users // 3] @ faces[users // 3].T > CREASE_COS
        normals[users] = near @ areas[users // 3]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return _indexed(corners, np.round(normals, 6).reshape(-1, 3, 3))


def _places(labels: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """For each label 0, 1, 2 ... the indices at which it stands."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.cumsum(np.bincount(labels))[:-1])
