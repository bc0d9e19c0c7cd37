"""Wherever a policy drives in this process, torch has one thread, and all of them afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.evaluation.rollouts import InProcessRollouts
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.background_calls import BackgroundCalls
from sidestick.teleop.session.device import NoOperator
from sidestick.teleop.session.open_session import recorded_session
from sidestick.teleop.session.session import Session


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    """As many as a machine of two cores gives."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_a_recorded_session_has_one_thread(tmp_path: Path) -> None:
    """At the window, headless, in a blind comparison and in the quickstart."""
    workspace = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=16))
    assignment = Assignment(Level.DEMONSTRATE)
    with recorded_session(workspace, lambda env: NoOperator(), assignment):
        assert torch.get_num_threads() == 1
        assert BackgroundCalls().start(torch.get_num_threads).result() == 1  # where policies think
    assert torch.get_num_threads() == 2


def test_a_rollout_has_one_thread(taught: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the learner and the gate drive."""
    seen: list[int] = []

    def drive(session: Session, seed: int) -> object:
        seen.append(torch.get_num_threads())
        raise KeyboardInterrupt

    monkeypatch.setattr(Session, "run_episode", drive)
    workspace = Workspace.open(taught)
    with InProcessRollouts(workspace.config) as rollouts, pytest.raises(KeyboardInterrupt):
        rollouts(workspace.policies_dir / "0001", 0)
    assert seen == [1]
    assert torch.get_num_threads() == 2
