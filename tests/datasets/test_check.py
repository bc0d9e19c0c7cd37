import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.superblock import sealed
from sidestick.datasets.workspace import Workspace
from tests.synthetic import made_up_header, made_up_steps

SIZE = 16


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with three episodes of 5 steps, the last of them not complete."""
    made = Workspace.create(tmp_path / "shelf", WorkspaceConfig("ShelfPick", image_size=SIZE))
    with Recorder(made) as recorder:
        for number in range(3):
            recorder.start(made_up_header())
            for step in made_up_steps([0] * 5, seed=number, image_size=SIZE):
                recorder.append(step)
            recorder.finish(None, None, success=True, complete=number < 2).result()
    return made


def test_a_sound_workspace_is_counted(workspace: Workspace) -> None:
    """Episodes, steps and those recorded to their end; nothing damaged."""
    report = check(workspace)
    assert report.ok
    told = json.loads(json.dumps(report.to_json()))
    assert [flag["name"] for flag in told.pop("flagged").popitem()[1]] == ["jerky", "too short"]
    assert told == {
        "episodes": 3,
        "steps": 15,
        "complete": 2,
        "damaged": [],
        "recovered": 0,
        "pending": 0,
    }


def test_damaged_files_are_named_with_their_reason(workspace: Workspace) -> None:
    """Truncated, bit-flipped, unrelated and not finite files are all found, and none counted."""
    paths = workspace.episodes()
    content = bytearray(paths[0].read_bytes())
    paths[0].write_bytes(content[: len(content) // 2])
    with h5py.File(paths[1]) as file:
        at = file["data/demo_0/obs/front_image"].id.get_chunk_info(0).byte_offset
    flipped = bytearray(paths[1].read_bytes())
    flipped[at + 50] ^= 1
    paths[1].write_bytes(flipped)
    (workspace.episodes_dir / "notes.txt").write_text("hello")
    third = Episode.read(paths[2])
    replace(third, rewards=np.full(5, np.nan, np.float32)).write(paths[2])
    report = check(workspace)
    reasons = {problem.file: problem.reason for problem in report.damaged}
    names = [f"episodes/{path.name}" for path in paths]
    assert (report.episodes, report.steps, report.ok) == (0, 0, False)
    assert set(reasons) == {*names, "episodes/notes.txt", "dataset.hdf5"}
    half = len(content) // 2
    assert reasons[names[0]] == f"truncated: {half} of {len(content)} bytes are there"
    assert reasons[names[1]].startswith("obs/front_image: a checksum does not fit")
    assert reasons[names[2]] == "rewards: holds values that are not finite"
    assert reasons["episodes/notes.txt"] == "not an episode file"
    assert all(path.exists() for path in paths)
    assert report.to_json()["damaged"][0].keys() == {"file", "reason"}


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "empty"), (b"PNG" * 999, "not an HDF5 file"), (None, "nowhere")]
)
def test_what_is_no_episode_is_named_with_its_reason(
    workspace: Workspace, content: bytes | None, reason: str
) -> None:
    """Empty and unrelated files, and dangling links: HDF5's messages are translated."""
    path = workspace.episodes_dir / "20990101T000000-00000000.hdf5"
    if content is None:
        path.symlink_to("nothing")
    else:
        path.write_bytes(content)
    (problem,) = check(workspace).damaged
    assert problem.reason.endswith(reason)
    assert "Unable" not in problem.reason


def test_a_copy_under_another_name_is_found(workspace: Workspace) -> None:
    """The same episode twice would count twice in training."""
    path = workspace.episodes()[0]
    (path.parent / "20990101T000000-00000000.hdf5").write_bytes(path.read_bytes())
    (problem,) = check(workspace, repair=True).damaged
    assert "holds episode" in problem.reason
    assert len(workspace.episodes()) == 3


@pytest.mark.parametrize("state", ["missing", "damaged", "stale"])
def test_the_index_is_checked_and_repaired(workspace: Workspace, state: str) -> None:
    """A missing, damaged or stale index is named; a repair rebuilds it anew."""
    if state == "missing":
        workspace.index_path.unlink()
    elif state == "damaged":
        workspace.index_path.write_bytes(b"rubbish")
    else:
        workspace.episodes()[0].unlink()
    (problem,) = check(workspace).damaged
    assert problem.file == "dataset.hdf5"
    assert "a repair rebuilds it" in problem.reason
    assert check(workspace, repair=True).ok


def test_journals_left_by_a_crash_wait_for_the_repair(workspace: Workspace) -> None:
    """Without repair they are counted; a repair converts them, and the check passes."""
    with Recorder(workspace) as recorder:
        recorder.start(made_up_header())
        recorder.append(made_up_steps([0], image_size=SIZE)[0])
        running = next(workspace.journal_dir.glob("*.journal"))
        left = running.with_stem("20250101T000000-00000000")
        left.write_bytes(running.read_bytes())
        recorder.discard()
    report = check(workspace)
    assert (report.pending, report.ok, report.damaged) == (1, False, ())
    report = check(workspace, repair=True)
    assert (report.recovered, report.pending, report.episodes, report.ok) == (1, 0, 4, True)


def test_an_episode_that_is_being_recorded_is_no_fault(workspace: Workspace) -> None:
    """A check beside a session that drives passes, and takes nothing from it."""
    with Recorder(workspace) as recorder:
        recorder.start(made_up_header())
        recorder.append(made_up_steps([0], image_size=SIZE)[0])
        report = check(workspace)
        assert (report.pending, report.ok) == (0, True)
        recorder.append(made_up_steps([0], image_size=SIZE)[0])
    assert check(workspace).steps == report.steps + 2


def test_a_journal_that_cannot_be_read_is_named(workspace: Workspace) -> None:
    """It is kept, and reported from then on."""
    (workspace.journal_dir / "20250101T000000-00000000.journal").write_bytes(b"rubbish" * 9)
    for _ in range(2):
        (problem,) = check(workspace, repair=True).damaged
        assert problem.file == "journal/20250101T000000-00000000.damaged"


def test_an_empty_workspace_is_well(tmp_path: Path) -> None:
    """The check passes before anything is recorded."""
    assert check(Workspace.create(tmp_path, WorkspaceConfig("ShelfPick"))).ok


def as_hdf5_1_14_leaves_it(path: Path) -> None:
    """Give a file the superblock that H5Fget_file_image of HDF5 1.14 makes: PEERS H1."""
    whole = path.read_bytes()
    written = whole[:11] + b"\x01" + whole[12:]
    path.write_bytes(whole[:44] + sealed(written)[44:48] + whole[48:])


def test_files_of_an_older_h5py_are_mended_by_a_repair(workspace: Workspace) -> None:
    """With h5py 3.11 to 3.15 nobody could open what was recorded: the data is whole."""
    before = [path.read_bytes() for path in workspace.episodes()]
    paths = workspace.episodes()
    for path in (*paths, workspace.index_path):
        as_hdf5_1_14_leaves_it(path)
    again = Workspace.open(workspace.path)
    assert len(check(again).damaged) == 4
    report = check(again, repair=True)
    assert report.ok
    assert report.episodes == 3
    assert [path.read_bytes() for path in paths] == before


def test_any_other_wrong_checksum_stays_damage(workspace: Workspace) -> None:
    """A repair makes no file look whole that was changed since it was written."""
    path = workspace.episodes()[1]
    content = bytearray(path.read_bytes())
    content[45] ^= 1
    path.write_bytes(content)
    report = check(Workspace.open(workspace.path), repair=True)
    assert [problem.file for problem in report.damaged] == [f"episodes/{path.name}"]
    assert path.read_bytes() == content


def test_a_file_that_cannot_be_opened_does_not_end_a_repair(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No permission for one file is that file's problem: the others are looked at all the same."""
    first, whole = workspace.episodes()[0], Path.open

    def refused(path: Path, *given: Any, **more: Any) -> Any:
        if path == first:
            raise PermissionError(13, "Permission denied", str(path))
        return whole(path, *given, **more)

    monkeypatch.setattr(Path, "open", refused)
    report = check(Workspace.open(workspace.path), repair=True)
    assert report.ok  # h5py opens the file by itself
    assert report.episodes == 3
