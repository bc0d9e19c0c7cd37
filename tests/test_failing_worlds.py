"""A world that fails on a seed loses that seed, by name; one that fails on all ends at once."""

import json
from pathlib import Path

import pytest

from sidestick.teleop.cli.subcommand import FOUND, REFUSED
from tests.own_packages import sidestick
from tests.worlds.moody import DIES, HANGS, NAN, RAISES

pytestmark = pytest.mark.slow
NAME = "tests.worlds.moody:make"
SEEDS = "20010:20018"
LOST = {
    20010 + RAISES: "the motor is hot",
    20010 + NAN: "agent_pos: expected 2 finite numbers",
    20010 + HANGS: "has not come back within 1 s",
    20010 + DIES: "ended its process (exit code 3)",
}


@pytest.fixture(scope="module")
def moody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workspace in it and two policies that were trained for moments."""
    folder = tmp_path_factory.mktemp("moody")
    options = ("--env", NAME, "--env-options", '{"max_steps": 120}')
    drive = ("drive", "ws", *options, "--headless", "--driver", "simulated")
    sidestick(folder, folder, *drive, "--episodes", "1", "--first-seed", "5")
    quick = ("--steps", "4", "--batch", "8", "--selection-episodes", "0", "--no-gate")
    for seed in "12":
        sidestick(folder, folder, "train", "ws", *quick, "--seed", seed)
    return folder


def test_an_evaluation_names_the_seeds_that_the_world_failed_on(moody: Path) -> None:
    """They are in no figure; the exit code and the ending say so."""
    asked = ("evaluate", "ws", "--policy", "1", "--seeds", SEEDS, "--workers", "2")
    told = sidestick(moody, moody, *asked, "--json", ok=False)
    assert told.returncode == FOUND, told.stderr
    found = json.loads(told.stdout)
    assert found["lost_seeds"] == sorted(LOST)
    assert found["episodes"] == 8 - len(LOST)
    for entry in found["lost"]:
        assert LOST[entry["seed"]] in entry["reason"]
        assert f"left out: seed {entry['seed']}: " in " ".join(told.stderr.split())


def test_a_comparison_leaves_them_out_for_both(moody: Path) -> None:
    """It goes on with the others."""
    asked = ("compare", "ws", "1", "2", "--first-seed", "20010", "--episodes", "8", "--json")
    told = sidestick(moody, moody, *asked, ok=False)
    assert told.returncode == FOUND, told.stderr
    found = json.loads(told.stdout)
    assert [entry["seed"] for entry in found["lost"]] == sorted(LOST)
    assert not set(LOST) & set(found["seeds"])
    assert found["pairs"] == len(found["seeds"]) == 4


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("always", "motor is hot"),
        ("never made", "tests.worlds.moody:make: make() raised RuntimeError: no licence"),
    ],
)
def test_what_every_seed_has_ends_it_with_one_error(moody: Path, fault: str, said: str) -> None:
    """A world that cannot be made is said once; one that always fails is given up soon."""
    settings = moody / "ws/workspace.toml"
    before = settings.read_text()
    settings.write_text(before.replace("[env_kwargs]", f'[env_kwargs]\nfault = "{fault}"'))
    told = sidestick(moody, moody, "evaluate", "ws", "--seeds", "20010:20030", ok=False)
    settings.write_text(before)
    assert told.returncode == REFUSED, told.stderr
    assert told.stderr.count(said) == 1
    assert "Traceback" not in told.stderr
