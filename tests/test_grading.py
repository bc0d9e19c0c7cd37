"""The benchmark of grading runs to its end, and its control costs the attention of grading."""

from pathlib import Path

import pytest

from benchmarks import grading
from benchmarks.rows import read_rows
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.training.config import TrainConfig
from sidestick.teleop.learning.workspace_training import train_on_workspace
from sidestick.teleop.station.headless import drive_simulated


@pytest.mark.slow
def test_rows_say_what_each_way_cost_and_the_control_costs_as_much(
    quiet_sdl: None, tmp_path: Path
) -> None:
    """Grading drives nothing; the control has the fewest demonstrations that cost as much."""
    workspace = Workspace.create(
        tmp_path / "ws", WorkspaceConfig("ShelfPick", env_kwargs={"num_items": 1})
    )
    drive_simulated(workspace, Level.DEMONSTRATE, range(2))
    train_on_workspace(workspace, TrainConfig(steps=2, tensorboard=False), progress=False)
    out, sizes = tmp_path / "rows", "--alone 1 --predictions 6 --episodes 2 --steps 2"
    grading.main([str(workspace.path), "--out", str(out), *sizes.split()])
    before, graded, control = read_rows(out)
    assert [row["what"] for row in (before, graded)] == ["demonstrations", "graded"]
    assert control["what"] == "control, equal attention"
    assert [row["demonstrations"] for row in (before, graded)] == [2, 2]
    assert before["driven_s"] == graded["driven_s"] > 0
    grades = sum(graded["grades"].values())
    assert 0 < grades <= 6
    assert graded["attended_s"] == pytest.approx(before["attended_s"] + 3 * grades, abs=0.11)
    more = control["demonstrations"] - 2
    assert more > 0
    one = (control["attended_s"] - before["attended_s"]) / more
    assert graded["attended_s"] <= control["attended_s"] < graded["attended_s"] + 2 * one
    for row in (before, graded, control):
        assert row["seeds"] == [20_000, 20_002]
        assert (row["episodes"], bool(row["cpu"] and row["date"])) == (2, True)
