"""This test replays an exported episode as any Gymnasium tool does: seed, options and actions."""

from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest

from sidestick.datasets.formats.registry import export
from sidestick.datasets.judgements.judgements import Judge
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs import make_task_env
from tests.simulated import simulated_workspace

SIZE, STEPS, SEED = 16, 24, 3
RESEATS = (9, 17)
"""The ticks at which the driver changed."""
STEM = "20250101T000000-00000000"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A simulated episode whose target was re-seated twice."""
    return simulated_workspace(tmp_path / "ws", "ShelfPick", [SEED], STEPS, RESEATS, SIZE)


def test_seed_options_and_actions_repeat_an_episode(workspace: Workspace, tmp_path: Path) -> None:
    """To the last pixel; actions alone do not, which the dataset's description says."""
    export(workspace, "minari", tmp_path / "sets")
    data = tmp_path / "sets/sidestick/ShelfPick/human-v0/data"
    assert "options" in (data / "metadata.json").read_text()
    with h5py.File(data / "main_data.hdf5") as file:
        group = file["episode_0"]
        seed, ticks = int(group.attrs["seed"]), group.attrs["options/reseats"]
        actions = group["actions"][()]
        seen = {name: rows[()] for name, rows in group["observations"].items()}
        assert group["infos/seed"][0] == seed
        assert np.flatnonzero(group["infos/reseat"]).tolist() == ticks.tolist() == list(RESEATS)
    with closing(make_task_env("ShelfPick", image_size=SIZE)) as env:
        env.reset(seed=seed, options={"reseats": ticks})
        again = [env.step(action)[0] for action in actions]
        for name, rows in seen.items():
            np.testing.assert_array_equal([row[name] for row in again], rows[1:], err_msg=name)
        env.reset(seed=seed)
        for action in actions:
            env.advance(action)
        assert np.abs(env.arm.tool().position - seen["ee_pos"][-1]).max() > 1e-6


def test_an_episode_without_its_first_steps_has_no_seed(
    workspace: Workspace, tmp_path: Path
) -> None:
    """It does not begin as the seed makes the scene; the report says so."""
    Judge(workspace, "ada").say(STEM, "trim", 4, STEPS)
    report = export(workspace, "minari", tmp_path / "sets")
    assert any(line.startswith("the seed of 1 episodes") for line in report.lost)
    with h5py.File(tmp_path / "sets/sidestick/ShelfPick/human-v0/data/main_data.hdf5") as file:
        assert "seed" not in file["episode_0"].attrs
        assert "options/reseats" not in file["episode_0"].attrs
