"""The examples of docs/own-*.md, installed as somebody else's package, in every verb."""

import json
from pathlib import Path

import pytest

from tests.own_packages import MOST_LINES, blocks, example, install, python, sidestick

DOCUMENTS = ("own-task.md", "own-head.md", "own-robot.md", "own-device.md")
DRIVEN_ALONE = """
import sys
assert not [name for name in sys.modules if name.startswith(("pybullet", "sidestick.teleop"))]
"""
"""Added to the example of docs/policy-api.md."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with the documents' task, head and world."""
    points = "".join(text for document in DOCUMENTS for text in blocks(document, "toml"))
    modules = dict(zip(("lift_block", "linear_head", "plotter", "leader"), DOCUMENTS, strict=True))
    code = {name: example(document) for name, document in modules.items()}
    return install(tmp_path_factory.mktemp("package"), points, **code)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_an_example_is_short(document: str) -> None:
    """A complete example fits a page."""
    assert len(example(document).splitlines()) <= MOST_LINES


@pytest.fixture(scope="module")
def trained(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a workspace `lift` of the installed task, with a policy of the installed head.

    Two demonstrations and four updates.
    """
    folder = tmp_path_factory.mktemp("trained")
    drive = ("drive", "lift", "--task", "LiftBlock", "--headless", "--driver", "simulated")
    told = sidestick(installed, folder, *drive, "--episodes", "2", "--first-seed", "0", "--json")
    assert json.loads(told.stdout)["successes"] == 2
    quick = ("--encoder", "small", "--steps", "4", "--batch", "8", "--selection-episodes", "0")
    sidestick(installed, folder, "train", "lift", "--head", "linear", *quick)
    return folder


def test_an_installed_task_and_head_are_used_by_every_verb(installed: Path, trained: Path) -> None:
    """`tasks` lists it; it is driven, trained on and evaluated, by worker processes too."""

    def run(*arguments: str) -> str:
        return sidestick(installed, trained, *arguments).stdout

    listed = {task["task"]: task for task in json.loads(run("tasks", "--json"))}
    assert listed["LiftBlock"]["from"] == "own-pack 0.3"
    short = ("--episode-steps", "4", "--image-size", "16")
    assert json.loads(run("doctor", "LiftBlock", *short, "--json"))["problems"] == []
    config = json.loads((trained / "lift/policies/0001/config.json").read_text())
    assert config["plug_ins"] == {"head": "own-pack 0.3"}
    found = json.loads(run("evaluate", "lift", "--episodes", "2", "--workers", "2", "--json"))
    assert (found["episodes"], found["policy"]) == (2, "0001")
    assert json.loads(run("check", "lift", "--json"))["damaged"] == []


def test_a_policy_says_which_plug_in_is_missing(trained: Path, tmp_path: Path) -> None:
    """Where the package is not installed, its name is in the message, not a traceback."""
    empty = tmp_path / "nothing"
    empty.mkdir()
    told = sidestick(empty, trained, "evaluate", "lift", "--episodes", "1", ok=False)
    assert told.returncode
    assert "linear" in told.stderr
    assert "own-pack 0.3" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_world_of_ones_own_is_driven_trained_and_evaluated(
    installed: Path, tmp_path: Path
) -> None:
    """Of two axes and one camera: everything between is sized by its spec."""

    def run(*arguments: str) -> str:
        return sidestick(installed, tmp_path, *arguments).stdout

    name = "own_pack.plotter:make"
    assert json.loads(run("doctor", name, "--json"))["problems"] == []
    drive = ("drive", "plot", "--env", name, "--headless", "--driver", "simulated")
    assert json.loads(run(*drive, "--episodes", "3", "--json"))["successes"] == 3
    run("train", "plot", "--steps", "4", "--batch", "8", "--selection-episodes", "0")
    assert json.loads(run("evaluate", "plot", "--episodes", "2", "--json"))["episodes"] == 2
    assert json.loads(run("check", "plot", "--json"))["damaged"] == []
    for form in ("robomimic", "lerobot", "minari"):
        run("export", "plot", form, f"out-{form}")
    told = python(
        installed, tmp_path, "-c", blocks("policy-api.md", "python")[0] + DRIVEN_ALONE
    ).stdout
    assert "'above_image': 'uint8[96, 96, 3]'" in told
    assert "seed 1: " in told


def test_a_device_of_ones_own_drives(installed: Path, tmp_path: Path) -> None:
    """Its name is who drove; one that nobody installed is refused with those that there are."""
    drive = ("drive", "plot", "--env", "own_pack.plotter:make", "--headless", "--episodes", "2")
    told = sidestick(installed, tmp_path, *drive, "--driver", "glove", ok=False)
    assert told.returncode
    assert "leader" in told.stderr
    assert not (tmp_path / "plot").exists()
    driven = sidestick(installed, tmp_path, *drive, "--driver", "leader", "--json").stdout
    assert json.loads(driven)["successes"] == 2
    listed = json.loads(sidestick(installed, tmp_path, "episodes", "plot", "--json").stdout)
    assert {episode["operator"] for episode in listed["episodes"]} == {"leader"}


def test_a_world_that_a_workspace_names_is_not_imported_unasked(
    installed: Path, tmp_path: Path
) -> None:
    """A workspace may come from anybody: code that it names waits until the user names it."""
    name = "own_pack.plotter:make"
    drive = ("drive", "plot", "--headless", "--driver", "simulated", "--episodes", "1")
    sidestick(installed, tmp_path, *drive, "--env", name)
    (tmp_path / "settings/worlds.txt").unlink()
    told = sidestick(installed, tmp_path, *drive, ok=False)
    assert told.returncode
    assert f"sidestick doctor {name}" in " ".join(told.stderr.split())


def test_a_world_without_an_expert_makes_no_workspace_for_the_simulated_operator(
    tmp_path: Path,
) -> None:
    """It is refused with the reason, before anything is on disk."""
    code = example("own-robot.md").replace(", Capability.EXPERT}", "}")
    package = install(tmp_path, plotter=code)
    drive = ("drive", "plot", "--headless", "--driver", "simulated", "--episodes", "1")
    told = sidestick(package, tmp_path, *drive, "--env", "own_pack.plotter:make", ok=False)
    assert told.returncode
    assert "the simulated operator is not possible in Plotter" in " ".join(told.stderr.split())
    assert not (tmp_path / "plot").exists()


def test_tasks_lists_what_each_cannot_do(tmp_path: Path) -> None:
    """And what that refuses; a function that makes a world is not called for it."""
    points = (
        '[project.entry-points."sidestick.worlds"]\n'
        'Plotter = "own_pack.plotter:Plotter"\nMade = "own_pack.plotter:make"\n'
        '[project.entry-points."sidestick.tasks"]\nLift = "own_pack.lift_block:LiftBlock"\n'
    )
    lift = example("own-task.md").replace("    expert = LiftBlockExpert\n", "")
    lift = lift.replace('"LiftBlock"', '"Lift"')
    package = install(tmp_path, points, plotter=example("own-robot.md"), lift_block=lift)
    listed = json.loads(sidestick(package, tmp_path, "tasks", "--json").stdout)
    found = {one["task"] or one["world"]: one for one in listed}
    assert found["ShelfPick"]["refused"] == []
    assert found["ShelfPick"]["capabilities"]["replay"]
    assert found["Lift"]["refused"] == ["expert: no simulated operator"]
    assert [line.partition(":")[0] for line in found["Plotter"]["refused"]] == [
        *("hand", "replay", "objects", "pictures"),
    ]
    assert found["Made"]["capabilities"] is None
    assert "doctor Made" in " ".join(sidestick(package, tmp_path, "tasks").stderr.split())


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ('[project.entry-points."sidestick.tasks"]\nBad = "own_pack.nowhere:Bad"', "own-pack 0.3"),
        ('[project.entry-points."sidestick.tasks"]\nShelfPick = "own_pack:x"', "built in"),
    ],
)
def test_a_bad_plug_in_is_named(tmp_path: Path, points: str, said: str) -> None:
    """One that cannot be imported costs itself alone; one with a taken name is refused."""
    told = sidestick(install(tmp_path, points), tmp_path, "tasks", ok=False)
    assert said in " ".join(told.stderr.split())
    assert "Traceback" not in told.stderr
    assert ("ShelfPick" in told.stdout + told.stderr) or told.returncode
