"""These tests export judged episodes: what people said of them goes along, or is listed as lost."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.registry import WRITERS, export, import_into
from sidestick.datasets.formats.transfer import ExportOptions
from sidestick.datasets.judgements.judged_episode import judged
from sidestick.datasets.judgements.judgement_state import ResolvedJudgements
from sidestick.datasets.judgements.judgements import Judge
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import BadValue, WorkspaceError
from tests.synthetic import made_up_episode

SIZE = 8
IDS = tuple(f"20250101T00000{number}-0000000{number}" for number in range(3))
PNG = ExportOptions(images="png")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Three recorded successes: judged a failure, trimmed with a bad stretch, left alone."""
    made = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=SIZE))
    for number, name in enumerate(IDS):
        episode = made_up_episode([-1] * 12, number, True, SIZE, episode_id=name)
        episode.write(made.episodes_dir / f"{name}.hdf5")
    judge = Judge(made, "ada")
    judge.say(IDS[0], "verdict", verdict="failure")
    judge.say(IDS[0], "tag", tag="slow")
    judge.say(IDS[1], "trim", 2, 10)
    judge.say(IDS[1], "bad", 4, 6)
    return made


@pytest.mark.parametrize("name", WRITERS)
def test_an_export_goes_by_what_people_judged(
    workspace: Workspace, tmp_path: Path, name: str
) -> None:
    """A failure is none of the successful ones; trimmed steps stay away; the rest is listed."""
    if name == "lerobot":
        pytest.importorskip("pyarrow")
    some = export(workspace, name, tmp_path / "some", ExportOptions(images="png", successful=True))
    assert (some.episodes, some.steps) == (2, 20)
    every = export(workspace, name, tmp_path / "all", PNG)
    assert (every.episodes, every.steps) == (3, 32)
    said = " ".join(every.lost)
    for words in ("4 steps of 1 episodes that people trimmed", "2 steps of 1 episodes were judged"):
        assert words in said
    assert "success of 1 episodes: people judged otherwise" in said
    assert "tags" in said


@pytest.mark.parametrize("name", ["robomimic", "lerobot"])
def test_what_people_judged_comes_back(workspace: Workspace, tmp_path: Path, name: str) -> None:
    """Verdict, kept steps and labels are those of the imported episodes."""
    if name == "lerobot":
        pytest.importorskip("pyarrow")
    export(workspace, name, tmp_path / "set", PNG)
    import_into(name, tmp_path / "set", tmp_path / "back")
    failed, trimmed, alone = map(Episode.read, Workspace.open(tmp_path / "back").episodes())
    assert (failed.summary.success, int(failed.succeeded.sum())) == (False, 0)
    assert (len(trimmed), trimmed.intv_labels.tolist()) == (8, [-1, -1, -10, -10, -1, -1, -1, -1])
    whole = Episode.read(workspace.episodes()[1])
    np.testing.assert_array_equal(trimmed.actions, whole.actions[2:10])
    assert trimmed.dones[-1] == 1
    assert alone.summary.success


def test_the_masks_of_robomimic_go_by_verdicts(workspace: Workspace, tmp_path: Path) -> None:
    """The failure is not in mask/success; what follows the kept steps is their end."""
    export(workspace, "robomimic", tmp_path / "all.hdf5", ExportOptions(next_obs=True))
    whole = Episode.read(workspace.episodes()[1])
    with h5py.File(tmp_path / "all.hdf5") as file:
        assert [name.decode() for name in file["mask/success"]] == ["demo_1", "demo_2"]
        after = file["data/demo_1/next_obs/ee_pos"][-1]
        np.testing.assert_array_equal(after, whole.observations["ee_pos"][10])


def test_a_trim_that_keeps_nothing_is_named(workspace: Workspace, tmp_path: Path) -> None:
    """Steps behind the episode's end: it is left out with the reason."""
    Judge(workspace, "ada").say(IDS[2], "trim", 50, 60)
    report = export(workspace, "robomimic", tmp_path / "all.hdf5")
    assert report.episodes == 2
    assert "trim" in report.skipped[0].reason


def test_an_episode_that_nobody_judged_is_itself() -> None:
    """The recording is handed on as it is; a confirmed verdict changes nothing."""
    episode = made_up_episode([-1] * 4, image_size=SIZE)
    assert judged(episode, ResolvedJudgements()) is episode
    assert judged(episode, ResolvedJudgements(success=True)) is episode
    with pytest.raises(BadValue, match="trim"):
        judged(episode, ResolvedJudgements(kept=(4, 9)))


@pytest.mark.parametrize("place", [".", "/", ".."])
def test_an_export_onto_a_folder_is_refused(workspace: Workspace, place: str) -> None:
    """Before anything is written, in a sentence."""
    with pytest.raises(WorkspaceError, match="there already"):
        export(workspace, "robomimic", Path(place))


@pytest.mark.parametrize(
    "name",
    ["{nope}-v0", "{task.__class__}-v0", "{", "sidestick/x-v0-", "a/b-v0", "ab//c-v0", "/b-v0"],
)
def test_a_dataset_id_takes_the_task_alone(workspace: Workspace, tmp_path: Path, name: str) -> None:
    """Another field is refused in words, and nothing is written."""
    with pytest.raises(BadValue, match="dataset id"):
        export(workspace, "minari", tmp_path / "set", ExportOptions(dataset_id=name))
    assert not (tmp_path / "set").exists()
