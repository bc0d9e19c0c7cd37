"""These tests read valid HDF5 files with invalid content: named and skipped, without memory use."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.registry import export
from sidestick.datasets.merge import merge
from sidestick.datasets.schema import stored
from sidestick.datasets.tables.listing import details, listing
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import DamagedFile, WorkspaceError
from tests.synthetic import made_up_episode

STEM = "20250101T000000-00000000"
SIZE = 8
DEMO = "data/demo_0"
KEYS = [
    "seed", "level", "started", "ended", "stages", "goal_names", "env_args", "num_samples",
    "human_steps", "takeovers", "version", "success", "policy_id", "instruction",
]  # fmt: skip
TEXT = st.sampled_from(
    ["", "null", "[]", "{}", "[1, 2]", '{"a": 1}', "[" * 9000, "x" * 50_000, '"x"']
)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats() | st.booleans()
COLUMN = ["driver", "level", "stage", "takeover_id", "dones", "action_modes", "wall_time", "states"]


def fixed(value: Any) -> Any:
    """Text as HDF5 text of fixed length, as in our files."""
    if isinstance(value, str):
        return np.array(value.encode(), f"S{max(1, len(value.encode()))}")
    return value


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return made(tmp_path / "ws")


def made(path: Path) -> Workspace:
    """A workspace with one episode."""
    workspace = Workspace.create(path, WorkspaceConfig("ShelfPick", image_size=SIZE))
    episode = made_up_episode([0] * 6 + [1] * 2, image_size=SIZE, episode_id=STEM)
    episode.write(workspace.episodes_dir / f"{STEM}.hdf5")
    return workspace


@settings(max_examples=20, deadline=None)
@given(
    attributes=st.dictionaries(st.sampled_from(KEYS), TEXT | NUMBERS, max_size=2),
    columns=st.dictionaries(st.sampled_from(COLUMN), NUMBERS, max_size=2),
)
def test_whatever_a_file_says_it_is_counted_or_named(
    tmp_path_factory: pytest.TempPathFactory,
    attributes: dict[str, Any],
    columns: dict[str, Any],
) -> None:
    """No attribute or number stops a check, a table, a merge or an export."""
    workspace = made(tmp_path_factory.mktemp("strange") / "ws")
    path = workspace.episodes_dir / f"{STEM}.hdf5"
    with h5py.File(path, "a") as file:
        demo = file[DEMO]
        for key, value in attributes.items():
            (demo.parent if key == "env_args" else demo).attrs[key] = fixed(value)
        for key, value in columns.items():
            rows = demo[key][()]
            with np.errstate(all="ignore"):
                rows[-1] = np.array(value).astype(rows.dtype)
            demo[key][...] = rows
    report = check(workspace, repair=True)
    named = [problem.file for problem in report.damaged]
    assert report.episodes + named.count(f"episodes/{STEM}.hdf5") == 1
    found = listing(workspace)
    assert len(found.rows) + len(found.damaged) == 1
    assert found.totals()["episodes"] == len(found.rows)
    if found.rows:
        assert details(Episode.read(path, images=False))["file"] == path.name
    merged = merge([workspace.path], workspace.path.with_name("merged"))
    assert merged.episodes + len(merged.skipped) == 1
    with suppress(WorkspaceError):  # nothing was left to export
        done = export(workspace, "robomimic", workspace.path.with_name("robomimic"))
        assert done.episodes + len(done.skipped) == 1


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("driver", 9, "driver: holds 9"),
        ("level", 7, "level: holds 7"),
        ("action_modes", 5, "action_modes: holds 5"),
        ("takeover_id", -4, "takeover_id: holds -4"),
        ("takeover_id", 3, "takeovers: the summary has 1, the rows have 2"),
        ("stage", 12, "stage: reaches from 0 to 12"),
        ("dones", 0, "dones: the last step"),
    ],
)
def test_numbers_that_stand_for_nothing_are_named(
    workspace: Workspace, key: str, value: int, reason: str
) -> None:
    """Drivers, levels, modes, stages and counts are checked against the valid values."""
    with h5py.File(workspace.episodes()[0], "a") as file:
        rows = file[DEMO][key][()]
        rows[-1] = value
        file[DEMO][key][...] = rows
    reasons = [problem.reason for problem in check(workspace, repair=True).damaged]
    assert [r for r in reasons if r.startswith(reason)] == reasons


def bomb(path: Path, steps: int = 20_000, image: int = 96) -> None:
    """Write a file of 1 MB that unpacks to 1 GB, valid by the schema."""
    small = made_up_episode([0], image_size=8, episode_id=path.stem)
    small.write(path)
    with h5py.File(path, "a") as file:
        demo = file[DEMO]
        demo.attrs["num_samples"] = steps
        del demo["final_state"]
        chunk = 1000
        for key, rows in stored(small.columns).items():
            shape = (image, image, 3) if key.endswith("_image") else rows.shape[1:]
            del demo[key]
            made = demo.create_dataset(
                key, (steps, *shape), rows.dtype, chunks=(chunk, *shape), compression="gzip"
            )
            made[:chunk] = np.zeros((chunk, *shape), rows.dtype)
            _, packed = made.id.read_direct_chunk((0,) * made.ndim)
            for start in range(chunk, steps, chunk):
                made.id.write_direct_chunk((start, *[0] * len(shape)), packed)


def many_branches(path: Path) -> None:
    """Write an episode with 2000 links to one branch."""
    made_up_episode([0] * 300, image_size=64, episode_id=path.stem).write(path)
    with h5py.File(path, "a") as file:
        group = file[DEMO].create_group("abandoned")
        for number in range(2000):
            group[str(number)] = file[DEMO]


def sparse(path: Path) -> None:
    """Write an episode with a terabyte of file hole behind it."""
    made_up_episode([0], image_size=64, episode_id=path.stem).write(path)
    with path.open("rb+") as file:
        file.truncate(2**40)


CODE = """
import resource, sys
from pathlib import Path
from sidestick.datasets import layout_check
from sidestick.datasets.checking.check import check
from sidestick.datasets.tables.listing import listing
from sidestick.datasets.workspace import Workspace
layout_check.free_memory = lambda: 2**30
workspace = Workspace.open(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
workspace.recover()
for problem in (*check(workspace).damaged, *listing(workspace).damaged):
    print(problem.file, problem.reason)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_files_that_unpack_to_gigabytes_cost_no_memory(tmp_path: Path) -> None:
    """Deflate bombs, link bombs and file holes are named before they are read."""
    workspace = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick"))
    for number, make in enumerate((bomb, many_branches)):
        make(workspace.episodes_dir / f"20250101T00000{number}-00000000.hdf5")
    sparse(workspace.episodes_dir / "20250101T000002-00000000.hdf5")
    with (workspace.journal_dir / "20250101T000003-00000000.journal").open("wb") as file:
        file.write(b"rubbish" * 99)
        file.truncate(2**40)
    ran = subprocess.run(
        [sys.executable, "-c", CODE, workspace.path], capture_output=True, text=True, check=True
    )
    *named, grown = ran.stdout.splitlines()
    claims = [line for line in named if "more than half of the" in line]
    (claim,) = claims  # the table reads no images
    assert claim.startswith("episodes/20250101T000000-00000000.hdf5 ")
    assert "20250101T000001-00000000.hdf5 more than 2000 entries or 4 groups" in ran.stdout
    assert "20250101T000003-00000000.damaged" in ran.stdout
    assert int(grown) * 1024 < 200 * 2**20


def test_a_column_that_lies_in_another_file_is_no_column(
    workspace: Workspace, tmp_path: Path
) -> None:
    """External links of an untrusted file are not followed."""
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(range(256)) * 100)
    path = workspace.episodes()[0]
    with h5py.File(path, "a") as file:
        del file[DEMO]["rewards"]
        file[DEMO].create_dataset("rewards", (8,), "<f4", external=[(str(secret), 0, 32)])
    with pytest.raises(DamagedFile, match="rewards: lies in another file"):
        Episode.read(path)
    with h5py.File(path, "a") as file:
        del file[DEMO]["rewards"]
        file[DEMO]["rewards"] = h5py.ExternalLink("other.hdf5", "/rewards")
    with pytest.raises(DamagedFile, match=path.name):  # the target is missing
        Episode.read(path)
    made_up_episode([0] * 8, image_size=SIZE).write(tmp_path / "other.hdf5")
    with h5py.File(path, "a") as file:
        del file[DEMO]["rewards"]
        other = str(tmp_path / "other.hdf5")
        file[DEMO]["rewards"] = h5py.ExternalLink(other, f"{DEMO}/rewards")
    with pytest.raises(DamagedFile, match="rewards: lies in another file"):
        Episode.read(path)


def test_a_branch_that_is_linked_twice_is_named(workspace: Workspace) -> None:
    """Each branch is read once, however many names it has."""
    path = workspace.episodes()[0]
    with h5py.File(path, "a") as file:
        group = file[DEMO].create_group("abandoned")
        group["1"] = group.create_group("0")
    with pytest.raises(DamagedFile, match="linked twice"):
        Episode.read(path)
