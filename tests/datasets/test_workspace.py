import json
import logging
import shutil
import tomllib
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidestick.datasets.config import WorkspaceConfig, read_config, write_config
from sidestick.datasets.episode import Episode
from sidestick.datasets.index import read_index, write_index
from sidestick.datasets.summary import EpisodeSummary
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import BadValue, WorkspaceError
from tests.synthetic import made_up_episode

SIZE = 8
CONFIG = WorkspaceConfig("ShelfPick", image_size=SIZE, env_kwargs={"num_items": 3, "lit": True})
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
PLAIN = st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | TEXT
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "shelf é 1", CONFIG)


def add(workspace: Workspace, number: int, steps: int = 4) -> Path:
    """Write an episode into a workspace."""
    path = workspace.episodes_dir / f"20250101T0000{number:02d}-00000000.hdf5"
    made_up_episode([0] * steps, number, image_size=SIZE, episode_id=path.stem).write(path)
    return path


def test_a_workspace_is_opened_as_it_was_created(workspace: Workspace) -> None:
    """Its configuration survives, its folders are there, the file is plain TOML."""
    assert Workspace.open(workspace.path).config == CONFIG
    assert Workspace.open_or_create(workspace.path, CONFIG).config == CONFIG
    for folder in (workspace.journal_dir, workspace.episodes_dir, workspace.policies_dir):
        assert folder.is_dir()
    written = tomllib.loads((workspace.path / "workspace.toml").read_text())
    assert written["env_kwargs"] == {"num_items": 3, "lit": True}


@settings(max_examples=50)
@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_any_environment_arguments_survive_the_configuration_file(
    tmp_path_factory: pytest.TempPathFactory, kwargs: dict[str, object]
) -> None:
    """Writing and reading workspace.toml are inverse."""
    path = tmp_path_factory.mktemp("config") / "workspace.toml"
    write_config(path, WorkspaceConfig("ShelfPick", env_kwargs=kwargs))
    assert read_config(path).env_kwargs == kwargs


def test_arguments_that_no_file_can_hold_are_refused(tmp_path: Path) -> None:
    """A configuration that could not be read back is not written."""
    with pytest.raises(BadValue, match="env_kwargs"):
        Workspace.create(tmp_path, WorkspaceConfig("ShelfPick", env_kwargs={"scene": object()}))


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (WorkspaceConfig("SortClothes", image_size=SIZE), "'ShelfPick', asked for 'SortClothes'"),
        (WorkspaceConfig("ShelfPick", image_size=SIZE, control_hz=10), "20, asked for 10"),
        (WorkspaceConfig("ShelfPick", renderer="gl", image_size=SIZE), "'tiny', asked for 'gl'"),
        (WorkspaceConfig("ShelfPick", image_size=SIZE, env_kwargs={"num_items": 6}), "num_items"),
    ],
)
def test_a_workspace_for_something_else_is_refused_naming_both(
    workspace: Workspace, asked: WorkspaceConfig, named: str
) -> None:
    """Tasks, rates and renderers do not mix."""
    with pytest.raises(WorkspaceError, match=named):
        Workspace.open_or_create(workspace.path, asked)


def test_no_arguments_ask_for_those_that_the_workspace_has(workspace: Workspace) -> None:
    """A request without arguments accepts the workspace as it is."""
    asked = WorkspaceConfig("ShelfPick", image_size=SIZE)
    assert Workspace.open_or_create(workspace.path, asked).config == CONFIG


def test_what_is_no_workspace_is_refused(tmp_path: Path, workspace: Workspace) -> None:
    """Missing, existing, damaged and later workspaces have different messages."""
    with pytest.raises(WorkspaceError, match="no workspace"):
        Workspace.open(tmp_path / "nothing")
    with pytest.raises(WorkspaceError, match="already"):
        Workspace.create(workspace.path, CONFIG)
    for content in ("version = 99", "task = [", "version = 1\ntask = 'x'\nspeed = 2", ""):
        (workspace.path / "workspace.toml").write_text(content)
        with pytest.raises(WorkspaceError, match="cannot be read"):
            Workspace.open(workspace.path)


def test_a_workspace_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    """A file where the folder should be is named."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(WorkspaceError, match="taken"):
        Workspace.create(tmp_path / "taken", CONFIG)


def test_damaged_episodes_are_named_once_and_the_rest_is_used(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    """A damaged file stays where it is, with a warning in the log."""
    paths = [add(workspace, number) for number in range(3)]
    paths[1].write_bytes(paths[1].read_bytes()[:1000])
    with caplog.at_level(logging.WARNING):
        assert workspace.episodes() == [paths[0], paths[2]]
        assert workspace.episodes() == [paths[0], paths[2]]
    (record,) = caplog.records
    assert paths[1].name in record.getMessage()
    assert paths[1].exists()


def test_the_index_opens_all_episodes_as_one_dataset(workspace: Workspace) -> None:
    """Numbers have no gaps, follow time, and the links are relative: the folder can be moved."""
    for number in (2, 0, 1):
        add(workspace, number, steps=number + 1)
    workspace.rebuild_index()
    moved = workspace.path.with_name("moved")
    shutil.move(workspace.path, moved)
    with h5py.File(moved / "dataset.hdf5", "r", swmr=True, libver="latest") as file:
        assert list(file["data"]) == ["demo_0", "demo_1", "demo_2"]
        assert file["data"].attrs["total"] == 6
        assert json.loads(file["data"].attrs["env_args"]) == CONFIG.env_args()
        for number in range(3):
            demo = file[f"data/demo_{number}"]
            assert demo.attrs["num_samples"] == number + 1
            assert demo["obs/front_image"][()].any()


def test_the_index_is_replaced_whole(workspace: Workspace) -> None:
    """A reader with the old index open continues to read it."""
    add(workspace, 0)
    workspace.rebuild_index()
    with h5py.File(workspace.index_path) as old:
        add(workspace, 1)
        workspace.rebuild_index()
        assert len(old["data"]) == 1
    assert len(read_index(workspace.index_path)) == 2


def test_the_index_of_many_episodes_opens_none_of_them(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is renewed after every episode: that one is read, of the others only time and size."""
    for number in range(6):
        add(workspace, number)
    opened: list[str] = []
    real = h5py.File

    def noted(name: object, *args: object, **kwargs: object) -> h5py.File:
        opened.append(Path(str(name)).name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(h5py, "File", noted)
    workspace.rebuild_index()
    assert len([name for name in opened if name.endswith("-00000000.hdf5")]) == 6
    newest = add(workspace, 6)
    opened.clear()
    workspace.rebuild_index()
    assert [name for name in opened if name.endswith("-00000000.hdf5")] == [newest.name]
    some = Episode.read(newest).summary
    opened.clear()
    summaries = [
        EpisodeSummary(f"{n}", some.header, some.outcome, 4, 0, 0, path=some.path)
        for n in range(500)
    ]
    write_index(workspace.index_path, summaries, CONFIG.env_args())
    assert len(opened) == 1, "the index itself, made in memory"
    assert len(read_index(workspace.index_path)) == 500


def test_recovery_sweeps_what_was_left_half_written(workspace: Workspace) -> None:
    """Temporary files without a journal and journals without a step are removed, others kept."""
    kept = add(workspace, 0)
    (workspace.episodes_dir / ".20250101T000009-00000000.hdf5.tmp").write_bytes(b"half")
    (workspace.journal_dir / "20250101T000008-00000000.journal").write_bytes(bytes(4096))
    (workspace.journal_dir / "20250101T000007-00000000.journal").write_bytes(b"")
    assert workspace.recover() == []
    assert list(workspace.episodes_dir.iterdir()) == [kept]
    assert list(workspace.journal_dir.glob("*.journal")) == []


def test_a_journal_that_cannot_be_read_is_kept_and_named(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing that might hold a recording is deleted."""
    (workspace.journal_dir / "20250101T000007-00000000.journal").write_bytes(b"rubbish" * 99)
    with caplog.at_level(logging.WARNING):
        assert workspace.recover() == []
    assert "20250101T000007-00000000" in caplog.text
    assert len(list(workspace.journal_dir.glob("*.damaged"))) == 1


def test_the_minutes_that_the_disk_has_room_for_are_told(workspace: Workspace) -> None:
    """The figure follows the free space and the size of a step."""
    free = shutil.disk_usage(workspace.path).free
    a_minute = 20 * 60 * 2 * SIZE * SIZE * 3
    assert 0 < workspace.minutes_left() < free / a_minute


def test_an_episode_through_the_index_is_the_episode(workspace: Workspace) -> None:
    """h5py reads the recorded values through the link."""
    episode = Episode.read(add(workspace, 0))
    workspace.rebuild_index()
    with h5py.File(workspace.index_path) as file:
        np.testing.assert_array_equal(file["data/demo_0/actions"], episode.actions)


def test_folders_that_were_dropped_are_made_again(workspace: Workspace) -> None:
    """A workspace from git or an archive, without its empty folders, is usable."""
    for folder in (workspace.journal_dir, workspace.trash_dir, workspace.episodes_dir):
        shutil.rmtree(folder)
    assert Workspace.open(workspace.path).episodes() == []
    assert workspace.recover() == []
    workspace.lock().release()


@pytest.mark.parametrize("inside", ["episodes", "policies/0001", "trash/deeper"])
def test_no_workspace_is_made_within_the_folders_of_another(inside: str, tmp_path: Path) -> None:
    """There it would count as an episode or a policy; beside them it may lie."""
    outer = Workspace.create(tmp_path / "outer", WorkspaceConfig("ShelfPick"))
    with pytest.raises(WorkspaceError, match=f"in {inside.split('/')[0]}/ of the workspace"):
        Workspace.create(outer.path / inside / "inner", WorkspaceConfig("ShelfPick"))
    assert Workspace.create(outer.path / "beside", WorkspaceConfig("ShelfPick"))
