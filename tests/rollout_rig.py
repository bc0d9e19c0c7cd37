"""Tests of rollouts drive with this policy, which was hardly trained and still moves the arm."""

from pathlib import Path

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.training.config import TrainConfig
from sidestick.teleop.evaluation.seeds import PEOPLE
from sidestick.teleop.learning.workspace_training import train_on_workspace
from sidestick.teleop.station.headless import drive_simulated


def moving_workspace(folder: Path) -> Path:
    """A workspace of one demonstration, and of policy 0001 that was trained on it for moments."""
    workspace = Workspace.create(folder, WorkspaceConfig("ShelfPick"))
    drive_simulated(workspace, Level.DEMONSTRATE, [PEOPLE.first])
    settings = {"width": 16, "opinions": 2}
    config = TrainConfig(steps=8, batch=32, head_settings=settings, candidates=(1.0,))
    train_on_workspace(workspace, config, progress=False)
    return workspace.path
