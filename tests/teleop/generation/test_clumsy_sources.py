"""These tests repeat demonstrations of a clumsy operator: what went wrong in them is left out."""

from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.spaces import GRIP
from sidestick.teleop.cli import main
from sidestick.teleop.devices.clumsiness import Habits
from sidestick.teleop.devices.simulated_operator import SimulatedOperator
from sidestick.teleop.generation.handling import handlings_of
from sidestick.teleop.station.headless import RunRules, drive_simulated

WORST = Habits(detour=1.0, wrong_object=1.0, regrasp=1.0, drop=0.0, pace=(0.9, 0.9))
SEED = 3


def _shown(path: Path, habits: Habits | None) -> Episode:
    config = WorkspaceConfig("ShelfPick", image_size=16, env_kwargs={"num_items": 2})
    workspace = Workspace.create(path, config)
    rules = RunRules(operator=partial(SimulatedOperator, habits=habits))
    drive_simulated(workspace, Level.DEMONSTRATE, [SEED], rules=rules)
    return Episode.read(workspace.episodes()[0], images=False)


def _closings(episode: Episode) -> int:
    closed = episode.actions[:, GRIP] > 0
    return int(np.sum(closed[1:] & ~closed[:-1]))


def test_what_failed_is_not_repeated(tmp_path: Path) -> None:
    """The wrong object, the grasp that was let go of and the detour are no part of a handling."""
    clumsy = _shown(tmp_path / "clumsy", WORST)
    assert clumsy.summary.header.operator == "clumsy"
    assert clumsy.summary.success
    assert _closings(clumsy) >= 3  # at the wrong object, once in vain, and for good
    again = _shown(tmp_path / "again", WORST)
    np.testing.assert_array_equal(clumsy.actions, again.actions)
    tidy = _shown(tmp_path / "tidy", None)
    assert len(clumsy) > len(tidy) + 30
    (handling,), (plain,) = handlings_of(clumsy), handlings_of(tidy)
    parts = (handling.pick, handling.travel, handling.place)
    grips = [waypoint.closing for part in parts for waypoint in part]
    changes = [now for before, now in pairwise(grips) if now != before]
    assert changes == [True, False]  # it closes once and opens once
    length = sum(len(part) for part in parts)
    assert length < len(clumsy) / 2
    assert handling.label == plain.label


def test_a_clumsy_operator_needs_no_window(capsys: pytest.CaptureFixture[str]) -> None:
    """The window shows the tidy one only, and says so."""
    with pytest.raises(SystemExit) as ended:
        main.main(["drive", "never made", "--task", "ShelfPick", "--driver", "clumsy"])
    assert ended.value.code == 2
    assert "--headless with it" in " ".join(capsys.readouterr().err.split())
