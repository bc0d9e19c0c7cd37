"""These tests allocate frames in files, and import the package without torch."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets import api, cache
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.frames import Frames
from sidestick.datasets.windows import Windows
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import WorkspaceError
from sidestick.sim_envs.free_memory import free_memory
from tests.synthetic import made_up_episode

SIZE = 8


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=SIZE))
    for number in range(3):
        stem = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode([-1] * 9, number, image_size=SIZE, episode_id=stem)
        episode.write(made.episodes_dir / f"{stem}.hdf5")
    return made


def test_frames_in_a_file_are_those_in_memory(workspace: Workspace) -> None:
    """Same arrays, same batches, also after more episodes were added; the file has no name."""
    paths = workspace.episodes()
    memory, mapped = Frames.read(paths), Frames.read(paths, memory_limit=1000)
    for frames in (memory, mapped):
        frames.extend(map(Episode.read, paths[:2]))
    for name, rows in memory.images.items():
        np.testing.assert_array_equal(rows, mapped.images[name])
    one, other = (Windows(frames).batch([0, 7, 30]) for frames in (memory, mapped))
    for key, rows in one.items():
        np.testing.assert_array_equal(rows, other[key])
    assert mapped.images["front_image"].base is not None
    assert list((workspace.path / cache.FOLDER).iterdir()) == []


def test_small_and_fitting_arrays_stay_in_memory(tmp_path: Path) -> None:
    """No folder is made for them."""
    rows = cache.allocate((10, 10), np.dtype(np.uint8), tmp_path / "cache")
    assert rows.shape == (10, 10)
    assert not (tmp_path / "cache").exists()
    assert free_memory() > 2**20


def test_a_disk_without_room_says_so_before_anything_is_read(tmp_path: Path) -> None:
    """Neither memory nor disk suffices: one error, not a crash while frames are written."""
    with pytest.raises(WorkspaceError, match="fit neither"):
        cache.allocate((2**60,), np.dtype(np.uint8), tmp_path, limit=0)


def test_the_public_names_need_no_torch_and_no_screen() -> None:
    """A dozen documented names; importing them loads nothing heavy."""
    code = (
        "import sys, sidestick.datasets.api;"
        "sys.exit(any(n in sys.modules for n in ('torch', 'pygame', 'pyarrow', 'rerun')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    for name in api.__all__:
        assert getattr(api, name).__doc__
        assert f"`{name}`" in (api.__doc__ or "")
