"""Whatever takes a file or a folder takes it as text too, as a notebook gives it."""

from pathlib import Path

import pytest

from sidestick.datasets.api import (
    Database,
    Episode,
    Frames,
    Judgements,
    Workspace,
    WorkspaceConfig,
    check,
    episode_summary,
    export,
    import_into,
    merge,
)
from sidestick.datasets.database import EventEntry, EventKind
from sidestick.policies.perception.network import Perception
from sidestick.policies.policy import load_policy
from sidestick.policies.store import PolicyStore
from sidestick.teleop.report.write import write_report
from tests.synthetic import made_up_episode
from tests.training_rig import small_perception, trained_policy


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """A workspace with one episode, by its name."""
    path = str(tmp_path / "ws")
    Workspace.create(path, WorkspaceConfig("ShelfPick", image_size=16))
    stem = "20250101T000000-00000000"
    made_up_episode([-1] * 5, 0, image_size=16, episode_id=stem).write(
        f"{path}/episodes/{stem}.hdf5"
    )
    return path


def test_the_memory_takes_names_of_files(folder: str, tmp_path: Path) -> None:
    """Workspace, episode, frames, database, judgements, export, import, merge."""
    workspace = Workspace(folder, Workspace.open(folder).config)
    file = str(workspace.episodes()[0])
    assert Episode.read(file).summary == episode_summary(file)
    assert len(Frames.read([file], images=False)) == 5
    database = Database(f"{folder}/sidestick.db")
    database.add_event(EventEntry(EventKind.SWAP))
    assert len(Database(Path(folder) / "sidestick.db").events()) == 1
    assert Judgements(f"{folder}/sidestick.db").all() == []
    assert check(Workspace.open_or_create(folder, workspace.config), repair=True).ok
    target = str(tmp_path / "all.hdf5")
    assert export(workspace, "robomimic", target).episodes == 1
    assert import_into("robomimic", target, str(tmp_path / "back")).episodes == 1
    assert merge([folder], str(tmp_path / "merged")).episodes == 1
    assert write_report(workspace, str(tmp_path / "report.html")).exists()


def test_the_learner_takes_names_of_files(tmp_path: Path) -> None:
    """Policies, their store, perception."""
    policy = trained_policy(tmp_path / "policies" / "0001").policy
    policy.save(str(tmp_path / "policies" / "0002"))
    assert load_policy(str(tmp_path / "policies" / "0002")).config.task == policy.config.task
    assert PolicyStore(str(tmp_path / "policies")).ids() == ["0001", "0002"]
    small_perception().save(str(tmp_path / "p.safetensors"))
    found = Perception.load(str(tmp_path / "p.safetensors"))
    assert found.fingerprint == small_perception().fingerprint


def test_a_named_task_that_the_file_contradicts_is_refused(folder: str, tmp_path: Path) -> None:
    """It is not dropped in favour of the file's own."""
    target = str(tmp_path / "all.hdf5")
    export(Workspace.open(folder), "robomimic", target)
    with pytest.raises(Exception, match=r"of task ShelfPick, asked for SortClothes"):
        import_into("robomimic", target, str(tmp_path / "back"), task="SortClothes")
    assert not (tmp_path / "back").exists()
