"""Trainings beside each other and after an interruption: each ends as a policy of its own."""

from dataclasses import replace
from pathlib import Path

import pytest

from sidestick.datasets.workspace import Workspace
from sidestick.policies.policy_config import CONFIG, MODEL
from sidestick.policies.store import STAGING, PolicyStore
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.loop import TrainingLoop
from sidestick.sim_envs.errors import WorkspaceError
from sidestick.teleop.learning.training_folder import LOCK, training_folder
from sidestick.teleop.learning.workspace_training import train_on_workspace
from tests.learning_rig import QUICK, tiny_workspace

assert QUICK.train is not None
SHORT: TrainConfig = replace(QUICK.train, tensorboard=False, save_every_s=0.0)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return tiny_workspace(tmp_path / "ws")


def staged(workspace: Workspace) -> list[Path]:
    """Folders of trainings that are not published."""
    return list((workspace.policies_dir / STAGING).glob("training-*"))


def train(workspace: Workspace, config: TrainConfig = SHORT) -> Path:
    return train_on_workspace(workspace, config, progress=False).path


def test_a_training_begun_during_another_one_is_a_policy_of_its_own(workspace: Workspace) -> None:
    """The number is given at the end: that of the one which ends first is the lower."""
    with training_folder(workspace, replace(SHORT, seed=1)) as folder:
        assert train(workspace).name == "0001"
        (folder.path / CONFIG).write_text('{"policy": {}}')
        assert folder.publish().name == "0002"
    assert PolicyStore(workspace.policies_dir).ids() == ["0001", "0002"]
    assert not staged(workspace)
    assert not list(workspace.policies_dir.rglob(LOCK))


def test_the_same_training_twice_at_once_is_refused(workspace: Workspace) -> None:
    """Both would write the same files; afterwards it may be run again."""
    with (
        training_folder(workspace, SHORT),
        pytest.raises(WorkspaceError, match="trains with the same settings"),
    ):
        train(workspace)
    assert train(workspace).name == "0001"
    assert train(workspace).name == "0002"


def test_an_interrupted_training_goes_on_in_its_folder(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped, or stopped between the whole policy and its publication, it has the same weights."""
    whole = train(tiny_workspace(tmp_path / "whole"))
    update = TrainingLoop.update

    def interrupted(fit: TrainingLoop) -> object:
        if fit.step == 5:
            raise KeyboardInterrupt
        return update(fit)

    with monkeypatch.context() as patch:
        patch.setattr(TrainingLoop, "update", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(workspace)
    (left,) = staged(workspace)
    assert not PolicyStore(workspace.policies_dir).ids()
    (left / CONFIG).write_text('{"half": "published"}')
    made = train(workspace)
    assert made.name == "0001"
    assert (made / MODEL).read_bytes() == (whole / MODEL).read_bytes()
    assert not staged(workspace)
