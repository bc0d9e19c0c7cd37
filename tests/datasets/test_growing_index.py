import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from sidestick.datasets import workspace as workspace_module
from sidestick.datasets.attributes import read_attributes
from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.index import read_index
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.summary import EpisodeSummary
from sidestick.datasets.workspace import Workspace
from tests.synthetic import made_up_episode, made_up_header, made_up_steps

SIZE = 8


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    config = WorkspaceConfig("ShelfPick", image_size=SIZE, env_kwargs={"note": "é"})
    return Workspace.create(tmp_path / "shelf é 1", config)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The episode files whose summaries are read, as they are opened."""
    files: list[Path] = []
    read = workspace_module.episode_summary

    def counted(path: Path) -> EpisodeSummary:
        files.append(path)
        return read(path)

    monkeypatch.setattr(workspace_module, "episode_summary", counted)
    return files


def add(workspace: Workspace, number: int, steps: int = 4) -> Path:
    """Write an episode into a workspace, without the index."""
    path = workspace.episodes_dir / f"20250101T00{number:04d}-00000000.hdf5"
    made_up_episode([0] * steps, number, image_size=SIZE, episode_id=path.stem).write(path)
    return path


def record(recorder: Recorder, steps: int = 3) -> Path:
    """Record one episode and wait for its file and the index."""
    recorder.start(made_up_header())
    for step in made_up_steps([0] * steps, image_size=SIZE):
        recorder.append(step)
    return recorder.finish(None, None, success=False).result()


def linked(workspace: Workspace) -> list[Path]:
    return [workspace.path / name for name in read_index(workspace.index_path)]


@pytest.mark.parametrize("before", [0, 2, 30])
def test_a_recorded_episode_opens_its_own_file_alone(
    workspace: Workspace, opened: list[Path], before: int
) -> None:
    """However many there are, and in a new process too: the index knows the others."""
    for number in range(before):
        add(workspace, number)
    workspace.rebuild_index()
    opened.clear()
    with Recorder(Workspace.open(workspace.path)) as recorder:
        recorded = [record(recorder) for _ in range(3)]
    assert opened == recorded
    assert linked(workspace) == workspace.episodes()
    assert len(linked(workspace)) == before + 3


def test_a_grown_index_is_the_one_that_is_rebuilt(workspace: Workspace) -> None:
    """Total, environment, numbers and what the links lead to: all as `rebuild_index` makes it."""

    def content() -> tuple[object, ...]:
        with h5py.File(workspace.index_path, "r", swmr=True, libver="latest") as file:
            data = file["data"]
            demos = [(name, data[name].attrs["num_samples"]) for name in data]
            links = [data.get(name, getlink=True) for name in data]
            where = [(link.filename, link.path) for link in links]
            return list(file), read_attributes(data, data.attrs), sorted(demos), sorted(where)

    with Recorder(workspace) as recorder:
        for steps in range(1, 13):
            record(recorder, steps)
    grown = content()
    workspace.rebuild_index()
    assert grown == content()
    assert grown[1] == {"total": 78, "env_args": json.dumps(workspace.config.env_args())}


def test_an_episode_that_began_earlier_gets_its_place(
    workspace: Workspace, opened: list[Path]
) -> None:
    """Workers end in any order; the index is by time, and no other episode is opened for it."""
    kept = [add(workspace, number, steps=2) for number in (1, 3, 5)]
    workspace.rebuild_index()
    opened.clear()
    late = [add(workspace, 2, steps=9), add(workspace, 0, steps=9)]
    workspace.extend_index()
    assert sorted(opened) == sorted(late)
    assert linked(workspace) == sorted([*kept, *late])
    with h5py.File(workspace.index_path) as file:
        assert file["data"].attrs["total"] == 3 * 2 + 2 * 9


def test_two_processes_add_to_one_index(workspace: Workspace) -> None:
    """What another process wrote is read again, and kept."""
    one, other = Workspace.open(workspace.path), Workspace.open(workspace.path)
    for number in range(6):
        add(workspace, number)
        (one if number % 2 else other).extend_index()
    assert linked(workspace) == workspace.episodes()
    assert len(linked(workspace)) == 6


def disagree(workspace: Workspace, how: str) -> None:
    """Make the index and the files disagree."""
    path, first = workspace.index_path, workspace.episodes()[0]
    match how:
        case "no index":
            path.unlink()
        case "rubbish":
            path.write_bytes(b"rubbish")
        case "cut off":
            path.write_bytes(path.read_bytes()[:-9])
        case "a link":
            path.rename(path.with_suffix(".old"))
            path.symlink_to(path.with_suffix(".old"))
        case "an episode is gone":
            first.unlink()
        case _:
            with h5py.File(path, "a") as file:
                change(file, how, first)


def change(file: h5py.File, how: str, first: Path) -> None:
    """Change an index as no session does."""
    del file["data/demo_0"]
    match how:
        case "a gap":
            return
        case "a dataset":
            file["data/demo_0"] = np.zeros(3)
        case "a soft link":
            file["data/demo_0"] = h5py.SoftLink("/ab")
        case "another target":
            file["data/demo_0"] = h5py.ExternalLink(f"episodes/{first.name}", "/elsewhere")
        case "twice":
            file["data/demo_0"] = file["data"].get("demo_1", getlink=True)
        case "a mask":
            file["mask/train"] = np.zeros(3)
            file["data/demo_0"] = h5py.ExternalLink(f"episodes/{first.name}", "/data/demo_0")
        case "another environment":
            file["data/demo_0"] = h5py.ExternalLink(f"episodes/{first.name}", "/data/demo_0")
            file["data"].attrs["env_args"] = "{}"


@pytest.mark.parametrize("same_process", [True, False])
@pytest.mark.parametrize(
    "how",
    [
        "no index",
        "rubbish",
        "cut off",
        "a link",
        "an episode is gone",
        "a gap",
        "a dataset",
        "a soft link",
        "another target",
        "twice",
        "a mask",
        "another environment",
    ],
)
def test_an_index_that_disagrees_is_rebuilt_by_the_next_episode(
    workspace: Workspace, how: str, same_process: bool
) -> None:
    """Whatever happened to it, after the next episode it links what there is."""
    for number in range(3):
        add(workspace, number)
    workspace.rebuild_index()
    disagree(workspace, how)
    add(workspace, 3)
    (workspace if same_process else Workspace.open(workspace.path)).extend_index()
    assert linked(workspace) == workspace.episodes()
    assert not workspace.index_path.is_symlink()
    with h5py.File(workspace.index_path) as file:
        assert list(file) == ["data"]
        assert file["data"].attrs["env_args"] != "{}"
    assert check(workspace).ok


def test_a_damaged_episode_stays_out_and_is_opened_once(
    workspace: Workspace, opened: list[Path]
) -> None:
    """It does not make every later episode cost a rebuilding."""
    add(workspace, 0)
    workspace.rebuild_index()
    bad = add(workspace, 1)
    bad.write_bytes(bad.read_bytes()[:500])
    opened.clear()
    with Recorder(workspace) as recorder:
        recorded = [record(recorder) for _ in range(3)]
    assert opened == [bad, *recorded]
    assert linked(workspace) == workspace.episodes()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_leaves_the_old_index_or_the_new(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Every byte of one of them; what was half-made is removed by the next episode."""
    add(workspace, 0)
    workspace.rebuild_index()
    old = workspace.index_path.read_bytes()
    add(workspace, 1)

    class Killed(BaseException):
        """Simulates kill -9: nothing after it runs."""

    replace = Path.replace

    def die(self: Path, target: Path) -> None:
        if moment == "after":
            replace(self, target)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", die)
        patched.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises(Killed):
            workspace.extend_index()
    assert (workspace.index_path.read_bytes() == old) == (moment == "before")
    assert len(linked(workspace)) == (1 if moment == "before" else 2)
    add(workspace, 2)
    Workspace.open(workspace.path).extend_index()
    assert linked(workspace) == workspace.episodes()
    assert not [name for name in os.listdir(workspace.path) if name.endswith(".tmp")]
