"""panda-gym, gym-pusht and gym-hil as worlds, by commands; `make test-peers` runs these."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.peer_rig import interpreter
from tests.worlds.push_t import NAME, OPTIONS

pytestmark = [pytest.mark.peers, pytest.mark.timeout(3000)]

ROOT = Path(__file__).parents[2]
PANDA = "tests.worlds.panda_pick_and_place:make"
PUSH_T = "tests.worlds.push_t_expert:make"
HIL = "tests.worlds.pick_cube_hil:make"
HEADLESS = ("--headless", "--driver", "simulated", "--json")
QUICK = ("--steps", "20", "--batch", "16", "--selection-episodes", "0")


def run(folder: Path, *arguments: str, ok: bool = True, tool: str = "gym-worlds") -> Any:
    """A command in the environment that has the worlds; its JSON, or what it complained of."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    settings = {"SIDESTICK_CONFIG_DIR": str(folder / "settings"), "OMP_NUM_THREADS": "1"}
    settings |= {"MUJOCO_GL": "egl"}
    done = subprocess.run(
        [str(interpreter(tool)), "-m", "sidestick.teleop.cli.main", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **settings},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    lines = done.stdout[done.stdout.find("{") :] if ok else ""
    return json.loads(lines) if lines else done.stderr


@pytest.mark.parametrize(
    ("world", "package"), [(PANDA, "panda-gym 3.0.7"), (PUSH_T, "gym-pusht 0.1.8")]
)
def test_a_world_with_an_expert_from_the_first_drive_to_an_export(
    tmp_path: Path, world: str, package: str
) -> None:
    """Four axes or two: examined, driven, trained, evaluated, taken over, compared, replayed."""
    found = run(tmp_path, "doctor", world, "--json")
    assert (found["problems"], found["deterministic"]) == ([], True)
    name, number = package.split()
    assert found["versions"][name] == number
    driven = run(tmp_path, "drive", "ws", "--env", world, "--episodes", "3", *HEADLESS)
    assert driven["successes"] == 3
    run(tmp_path, "train", "ws", *QUICK, "--json")
    assert run(tmp_path, "evaluate", "ws", "--episodes", "2", "--json")["episodes"] == 2
    helped = ("--level", "supervised", "--override", "--first-seed", "50")
    over = run(tmp_path, "drive", "ws", "--episodes", "2", *helped, *HEADLESS)
    assert over["takeovers"] >= 1
    assert run(tmp_path, "replay", "ws", "0", "--verify", "--json")["identical"]
    assert run(tmp_path, "check", "ws", "--json")["damaged"] == []
    for form in ("robomimic", "lerobot", "minari"):
        run(tmp_path, "export", "ws", form, f"out-{form}", "--json")
    told = run(tmp_path, "generate", "ws", "--episodes", "1", ok=False)
    assert f"not possible in {found['spec']['task']}" in " ".join(told.split())


def test_push_t_by_its_id_alone(tmp_path: Path) -> None:
    """Two axes, a picture in the observation, and nobody who knows how to do it."""
    options = ("--env-options", json.dumps(OPTIONS))
    found = run(tmp_path, "doctor", NAME, *options, "--json")
    assert (found["problems"], found["deterministic"]) == ([], True)
    told = run(
        tmp_path, "drive", "push", "--env", NAME, *options, "--episodes", "1", *HEADLESS, ok=False
    )
    assert "the simulated operator is not possible in PushT" in " ".join(told.split())


def test_pick_cube_of_gym_hil_from_the_first_drive_to_an_export(tmp_path: Path) -> None:
    """Seven numbers, of which three do nothing, pixels of two cameras, and a step of half a second.

    MuJoCo draws by EGL (`make system-deps`); 48 pixels, for its shadows take most of the time.
    """

    def hil(*arguments: str) -> Any:
        return run(tmp_path, *arguments, tool="gym-hil")

    world = ("--env", HIL, "--env-options", '{"image_size": 48}')
    found = hil("doctor", HIL, "--image-size", "48", "--steps", "3", "--json")
    assert (found["problems"], found["deterministic"]) == ([], True)
    assert found["spec"]["cameras"] == ["front", "wrist"]
    assert hil("drive", "cube", *world, "--episodes", "2", *HEADLESS)["successes"] == 2
    hil("train", "cube", *QUICK, "--json")
    assert hil("evaluate", "cube", "--episodes", "1", "--workers", "1", "--json")["episodes"] == 1
    helped = ("--level", "supervised", "--override", "--first-seed", "50")
    assert hil("drive", "cube", "--episodes", "1", *helped, *HEADLESS)["policy_steps"] > 0
    assert hil("replay", "cube", "0", "--verify", "--json")["identical"]
    for form in ("robomimic", "lerobot", "minari"):
        hil("export", "cube", form, f"out-{form}", "--json")
