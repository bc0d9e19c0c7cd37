"""These tests check the meshes that the OpenGL renderer draws."""

from pathlib import Path

import numpy as np
import pytest

from sidestick.sim_envs.engine import pybullet_data
from sidestick.sim_envs.errors import BadValue
from sidestick.sim_envs.renderers.meshes import Mesh, read_obj, unit_box, unit_cylinder, unit_sphere


def volume(mesh: Mesh) -> float:
    """Enclosed volume; positive only when triangles run anticlockwise as seen from outside."""
    a, b, c = np.moveaxis(mesh.points[mesh.triangles], 1, 0)
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


@pytest.mark.parametrize(
    ("mesh", "expected"),
    [(unit_box(), 1.0), (unit_cylinder(), np.pi), (unit_sphere(), 4 / 3 * np.pi)],
    ids=["box", "cylinder", "sphere"],
)
def test_meshes_are_closed_and_face_outwards(mesh: Mesh, expected: float) -> None:
    """Their volume is that of the shape, and normals are of unit length and point out."""
    assert volume(mesh) == pytest.approx(expected, rel=0.08)
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1.0)
    assert (np.einsum("ij,ij->i", mesh.points, mesh.normals) > 0).all()
    assert volume(mesh.scaled(1.0, 2.0, 3.0)) == pytest.approx(6 * volume(mesh))


def test_an_obj_file_keeps_its_creases(tmp_path: Path) -> None:
    """A cube of quads, one with negative indices, has one normal on each side."""
    corners = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    faces = [
        "1//1 2//1 4//1 3//1",
        "5 7 8 6",
        "1 5 6 2",
        "3 4 8 7",
        "-8 -6 -2 -4",
        "2/1 6/1 8/1 4/1",
    ]
    text = [*(f"v {x} {y} {z}" for x, y, z in corners), *(f"f {face}" for face in faces)]
    path = tmp_path / "cube.obj"
    path.write_text("# a cube\n" + "\n".join(text) + "\n")
    mesh = read_obj(str(path))
    assert volume(mesh) == pytest.approx(1.0)
    assert len(mesh.points) == 24
    assert set(np.abs(mesh.normals).max(1)) == {1.0}


def test_coarse_meshes_stay_inside() -> None:
    """Drawn into the shadow map, a convex coarse mesh never darkens the finer mesh itself."""
    folder = Path(pybullet_data.getDataPath()) / "franka_panda" / "meshes" / "collision"
    link = read_obj(str(folder / "link1.obj"))
    coarse = Mesh(link.points, link.normals, link.coarse, link.coarse)
    assert len(link.coarse) < 0.75 * len(link.triangles)
    assert 0.85 < volume(coarse) / volume(link) <= 1.0


def test_other_mesh_files_are_refused_by_name() -> None:
    """The error names the file."""
    with pytest.raises(BadValue, match=r"scan\.stl"):
        read_obj("scan.stl")
