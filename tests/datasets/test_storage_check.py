"""These tests read HDF5 files that are stored to harm: links elsewhere, bombs, too much."""

import os
import resource
import time
import zlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.registry import export
from sidestick.datasets.merge import merge
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import DamagedFile, WorkspaceError
from tests.synthetic import made_up_episode

SIZE = 96
STEM = "20250101T000000-00000000"
DEMO = "data/demo_0"
MEGABYTE = 2**20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The only episode's file of a workspace."""
    workspace = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=SIZE))
    made = workspace.episodes_dir / f"{STEM}.hdf5"
    made_up_episode([-1] * 20, image_size=SIZE, episode_id=STEM).write(made)
    workspace.rebuild_index()
    return made


def deflated(size: int) -> bytes:
    """So many zeros in a stream of a thousandth of their size."""
    packer, parts = zlib.compressobj(9), []
    while size:
        parts.append(packer.compress(bytes(min(size, 2**24))))
        size -= min(size, 2**24)
    return b"".join([*parts, packer.flush()])


def stored_as(path: Path, key: str, chunk: tuple[int, ...], content: bytes) -> None:
    """Store a column anew in chunks of a shape, the first with this content."""
    with h5py.File(path, "a") as file:
        demo = file[DEMO]
        rows = demo[key][()]
        del demo[key]
        most = (None, *rows.shape[1:])
        made = demo.create_dataset(
            key, rows.shape, rows.dtype, chunks=chunk, maxshape=most, compression="gzip"
        )
        made.id.write_direct_chunk((0,) * rows.ndim, content)


def refused(path: Path) -> str:
    """Why a file is refused, within a second and some megabytes."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    with pytest.raises(DamagedFile) as error:
        Episode.read(path)
    assert time.process_time() - began < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024  # KiB
    return str(error.value)


def test_a_chunk_far_larger_than_its_column_is_refused(path: Path) -> None:
    numbers = 2**29 - 16
    stored_as(path, "rewards", (numbers,), deflated(64 * MEGABYTE))
    assert "rewards: chunks of 2147483584 bytes" in refused(path)


def test_a_chunk_that_inflates_beyond_its_size_is_refused(path: Path) -> None:
    """In a column of some numbers, and among pictures, where it is as large as an honest one."""
    stored_as(path, "rewards", (20,), deflated(512 * MEGABYTE))
    assert "rewards: a chunk that inflates" in refused(path)


def test_a_bomb_the_size_of_a_picture_is_refused(path: Path) -> None:
    stored_as(path, "obs/front_image", (16, SIZE, SIZE, 3), deflated(400 * MEGABYTE))
    assert "obs/front_image: a chunk that inflates" in refused(path)


def test_a_filter_twice_or_unknown_is_refused(path: Path) -> None:
    """A deflated deflation of zeros grows by a million."""
    with h5py.File(path, "a") as file:
        demo = file[DEMO]
        rows = demo["rewards"][()]
        del demo["rewards"]
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((20,))
        plan.set_deflate(9)
        plan.set_deflate(9)
        space = h5py.h5s.create_simple(rows.shape)
        made = h5py.h5d.create(demo.id, b"rewards", h5py.h5t.IEEE_F32LE, space, plan)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, rows)
    assert "rewards: filters [1, 1]" in refused(path)


@pytest.mark.parametrize("place", ["data", DEMO, f"{DEMO}/obs", f"{DEMO}/actions", f"{DEMO}/x"])
@pytest.mark.parametrize("kind", ["external", "soft", "pipe"])
def test_content_that_lies_elsewhere_is_refused(path: Path, place: str, kind: str) -> None:
    """Nothing is read there, not even opened: it may be a pipe."""
    private = path.with_name("private.h5")
    path.rename(private)
    pipe = path.with_name("pipe")
    os.mkfifo(pipe)
    with h5py.File(private, "r") as source, h5py.File(path, "w") as file:
        if not DEMO.startswith(place):
            source.copy(source["data"], file)
            if place in file:
                del file[place]
        target = {"external": str(private), "pipe": str(pipe), "soft": ""}[kind]
        inside = f"/{place}" if kind != "soft" else "/elsewhere"
        link = h5py.ExternalLink(target, inside) if target else h5py.SoftLink(inside)
        file[place] = link
        if kind == "soft" and place.startswith(DEMO):
            file["elsewhere"] = 5
    workspace = Workspace.open(path.parents[1])
    pipe.unlink() if kind != "pipe" else None
    assert "lies in another file" in refused(path)
    assert check(workspace).episodes == 0
    assert merge([workspace.path], path.parents[2] / "other").episodes == 0
    with suppress(WorkspaceError):  # where not one episode is left
        assert export(workspace, "robomimic", path.parents[2] / "x.hdf5").episodes == 0


def test_a_file_full_of_entries_or_attributes_takes_no_time(path: Path) -> None:
    with h5py.File(path, "a") as file:
        for number in range(5000):
            file[f"{DEMO}/x{number}"] = h5py.SoftLink("/nowhere")
    assert "entries" in refused(path)
    made_up_episode([-1] * 20, image_size=SIZE, episode_id=STEM).write(path)
    with h5py.File(path, "a", libver="latest") as file:
        for number in range(5000):
            file[DEMO].attrs[f"x{number}"] = number
    assert "attributes" in refused(path)


def test_groups_within_groups_end(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file[f"{DEMO}/obs/loop"] = file[DEMO]
    assert "within each other" in refused(path) or "obs" in refused(path)


def test_an_honest_file_of_incompressible_pictures_is_read(tmp_path: Path) -> None:
    """Large chunks that might hide a bomb are looked into, and are none."""
    episode = made_up_episode([-1] * 20, image_size=SIZE)
    noise = np.random.default_rng(0).integers(0, 256, (20, SIZE, SIZE, 3), np.uint8)
    seen = {**episode.observations, "front_image": noise}
    replace(episode, observations=seen).write(tmp_path / "made-up.hdf5")
    read = Episode.read(tmp_path / "made-up.hdf5").observations["front_image"]
    np.testing.assert_array_equal(read, noise)
