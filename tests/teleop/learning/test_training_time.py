"""A training reports the whole of its time, and by parts what it went into."""

import time
from pathlib import Path
from typing import Any

import pytest

from sidestick.datasets.workspace import Workspace
from sidestick.teleop.cli.training_summary import duration
from sidestick.teleop.learning import workspace_training
from tests.learning_rig import QUICK

SLOW_S = 0.3


def slowed(function: Any) -> Any:
    """The function after a pause."""

    def after_a_pause(*given: Any, **named: Any) -> Any:
        time.sleep(SLOW_S)
        return function(*given, **named)

    return after_a_pause


def test_reading_perception_head_and_selection_are_counted(
    taught: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their sum is what a clock beside it shows."""
    workspace = Workspace.open(taught)
    for name in ("judged_frames", "own_perception"):
        monkeypatch.setattr(workspace_training, name, slowed(getattr(workspace_training, name)))
    monkeypatch.setattr(workspace_training, "selection", lambda *_: slowed(lambda policy: 1.0))
    rollouts: Any = object()
    started = time.monotonic()
    result = workspace_training.train_on_workspace(
        workspace, QUICK.train, rollouts, 1, progress=False
    )
    whole = time.monotonic() - started
    assert list(result.parts) == ["reading", "perception", "head", "selection"]
    assert result.parts["reading"] >= SLOW_S
    assert result.parts["selection"] >= SLOW_S
    assert result.whole_s == pytest.approx(whole, abs=0.2 * whole + SLOW_S)
    assert duration(result).startswith(f"{result.whole_s:.0f} s")
