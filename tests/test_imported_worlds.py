"""Imported data of another arm, from the file to a policy, through the command line."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.foreign import foreign_demo, write_foreign_file
from tests.foreign_lerobot import write_so101
from tests.in_process import Run, command_line
from tests.own_packages import example

pytestmark = pytest.mark.slow
QUICK = ("--encoder", "small", "--steps", "4", "--batch", "8", "--json")
ONE = ("--workers", "1", "--json")


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Commands with the plotter of docs/own-robot.md on the path."""
    yield command_line(tmp_path, monkeypatch, capsys, plotter=example("own-robot.md"))
    sys.modules.pop("own_pack.plotter", None)
    sys.modules.pop("own_pack", None)


def test_an_so101_set_is_trained_on_reviewed_and_exported(run: Run, tmp_path: Path) -> None:
    """Without a world: it learns end to end, and what would drive says why it cannot."""
    write_so101(tmp_path / "set")
    taken = (
        "import",
        "arm",
        "lerobot",
        "set",
        "--task",
        "Cup",
        "--fit",
        "crop",
        "--judge-successful",
    )
    assert run(*taken, "--json")["episodes"] == 2
    run("train", "arm", *QUICK)
    for refused in (("evaluate", "arm", "--episodes", "1"), ("practice", "arm")):
        assert "no world is named" in run(*refused, ok=False)
    run("review", "arm", "--headless", "--driver", "simulated", "--json")
    assert run("check", "arm", "--json")["damaged"] == []
    for form in ("robomimic", "lerobot", "minari"):
        run("export", "arm", form, f"out-{form}", "--json")
    run("report", "arm")


def test_data_for_a_world_is_evaluated_there(run: Run, tmp_path: Path) -> None:
    """Columns find the world's readings by name, or as --entries says; other sizes are refused."""
    rng = np.random.default_rng(0)
    demos = [
        foreign_demo(seed)
        | {"actions": rng.uniform(-1, 1, (30, 2)), "obs/pen_xy": rng.uniform(0, 1, (30, 2))}
        for seed in range(2)
    ]
    write_foreign_file(tmp_path / "pen.hdf5", demos, None)
    world = ("--env", "own_pack.plotter:make")
    taken = ("import", "pen", "robomimic", "pen.hdf5", *world)
    assert "the workspace has the reading ee_pos[2]" in run(*taken, ok=False)
    names = json.dumps({"ee_pos": "pen_xy", "above_image": "agentview_image"})
    assert run(*taken, "--entries", names, "--json")["episodes"] == 2
    run("train", "pen", *QUICK, "--selection-episodes", "1", "--workers", "1")
    assert run("evaluate", "pen", "--episodes", "2", *ONE)["episodes"] == 2
    driven = run(
        "drive", "pen", "--headless", "--driver", "simulated", "--episodes", "1",
        "--first-seed", "0", "--json",
    )  # fmt: skip
    assert driven["successes"] == 1
