"""A short life of the product on the lowest and on the newest versions of its dependencies.

    make test-versions

makes three virtual environments once, in $SIDESTICK_VERSIONS or ~/.cache/sidestick/versions (3 GiB,
most of it torch), and runs the same commands in each. torch is the build of constraints.txt in all
of them: another one is a download of gigabytes.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
HOME = Path(os.environ.get("SIDESTICK_VERSIONS", Path.home() / ".cache/sidestick/versions"))
PYTHON = (3, 11)
"""The last one that PyBullet has wheels for."""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINS = dict(
    line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
)
EXTRAS = ("gl", "lerobot", "multi")
"""Installed with the dependencies everywhere."""
APART = "view"
"""Rerun's lowest version needs a newer numpy than ours, so it has an environment of its own."""
TABLE = ROOT / "docs" / "faults.md"
COMMAND_S = 900
FIRST_SUPERVISED = "100000"
NO_GL = "the renderer 'gl' cannot start"
DRAW = """
from sidestick.sim_envs import make_task_env
env = make_task_env(renderer="gl", num_items=2)
seen = env.reset(seed=0)[0]["front_image"]
assert seen.std() > 10, seen.std()
"""


def required(*extras: str) -> list[Requirement]:
    """What pyproject.toml asks for, with these extras."""
    more = PROJECT["optional-dependencies"]
    return [
        Requirement(text)
        for text in (*PROJECT["dependencies"], *(text for name in extras for text in more[name]))
    ]


def lowest(requirement: Requirement) -> str:
    """The lowest version that is allowed; there is exactly one bound, and it is a version."""
    (bound,) = requirement.specifier
    assert bound.operator == ">=", str(requirement)
    return bound.version


def pinned(requirement: Requirement) -> str:
    """The requirement at its lowest version, torch at the one of constraints.txt."""
    version = PINS["torch"] if requirement.name == "torch" else lowest(requirement)
    return f"{requirement.name}=={version}"


def free(requirement: Requirement) -> str:
    """The requirement at the newest version that pip finds; torch as in `pinned`."""
    return pinned(requirement) if requirement.name == "torch" else requirement.name


def wanted(environment: str) -> list[str]:
    """What pip installs into an environment."""
    (rerun,) = (Requirement(text) for text in PROJECT["optional-dependencies"][APART])
    if environment == "lowest":
        return [pinned(requirement) for requirement in required(*EXTRAS)]
    newest = [free(requirement) for requirement in required(*EXTRAS)]
    return [*newest, free(rerun) if environment == "newest" else pinned(rerun)]


def interpreter() -> str:
    """A Python of the version that all wheels exist for."""
    for name in (sys.executable, shutil.which("python{}.{}".format(*PYTHON))):
        code = f"import sys; sys.exit(sys.version_info[:2] != {PYTHON})"
        if name and not subprocess.run([name, "-c", code], capture_output=True).returncode:
            return name
    pytest.skip("needs Python {}.{}: PyBullet has no wheel for others".format(*PYTHON))


def installed(environment: str) -> Path:
    """The folder of programs of an environment, which is made if it is not there."""
    folder, names = HOME / environment, wanted(environment)
    done = folder / ".installed"
    sure = "\n".join([*names, str(ROOT)])
    if not done.exists() or done.read_text() != sure:
        shutil.rmtree(folder, ignore_errors=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q"]
        run([interpreter(), "-m", "venv", folder])
        run([*pip, *names])
        run([*pip, "--no-deps", "-e", ROOT])
        done.write_text(sure)
    return folder / "bin"


def run(command: Iterable[object]) -> None:
    """Run a command that must succeed."""
    answer = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-3000:]


@dataclass
class Life:
    """Commands in an environment, one after the other; what went wrong is kept to the end."""

    programs: Path
    folder: Path
    wrong: list[str] = field(default_factory=list)

    def run(self, program: str, *arguments: object) -> str:
        """Run a program; its standard output, and its errors in `wrong`."""
        command = [str(self.programs / program), *map(str, arguments)]
        answer = subprocess.run(
            command,
            cwd=self.folder,
            env={**quiet(), "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_S,
        )
        if answer.returncode or "Traceback" in answer.stderr:
            self.wrong.append(f"{' '.join(command[1:])[:200]}: {answer.stderr[-2000:]}")
        return answer.stdout

    def verb(self, *words: str) -> None:
        """Run a verb; it must end with 0 and without a traceback."""
        self.run("sidestick", *words)

    def episodes(self, workspace: str, count: int) -> None:
        """`check` must find so many whole episodes."""
        said = self.run("sidestick", "check", workspace, "--json")
        found: dict[str, Any] = json.loads(said) if said.strip().startswith("{") else {}
        if (found.get("episodes"), found.get("damaged")) != (count, []):
            self.wrong.append(f"check {workspace}: {count} whole episodes expected, {found}")


def quiet() -> dict[str, str]:
    """The surroundings of a command: no screen, no GPU, nothing of the caller's Python."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return {
        **kept,
        "SDL_VIDEODRIVER": "dummy",
        "SDL_AUDIODRIVER": "dummy",
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }


SIMULATED = ("--driver", "simulated")
SMALL_TRAINING = ("--steps", "20", "--selection-episodes", "0", "--no-gate")


def record_and_learn(life: Life) -> None:
    """Demonstrations, trainings in one and two processes, a supervised episode, the window."""
    life.verb("drive", "ws", "--task", "ShelfPick", "--num-items", "2", "--headless", *SIMULATED,
              "--episodes", "2")  # fmt: skip
    life.verb("train", "ws", *SMALL_TRAINING)
    life.run("tensorboard", "--version_tb")
    life.verb("train", "ws", *SMALL_TRAINING, "--head", "act", "--processes", "2")
    life.verb("drive", "ws", "--level", "supervised", "--override", "--headless", *SIMULATED,
              "--episodes", "1", "--first-seed", FIRST_SUPERVISED)  # fmt: skip
    life.verb("drive", "ws", "--level", "demonstrate", *SIMULATED, "--episodes", "1",
              "--view", "tiny")  # fmt: skip
    life.episodes("ws", 4)


def look(life: Life) -> None:
    """Everything that reads: replay, evaluation, review, ladder, report, tables."""
    life.verb("replay", "ws", "-1", "--verify")
    life.verb("replay", "ws", "0", "--out", "first.mp4")
    life.verb("evaluate", "ws", "--episodes", "1", "--workers", "1")
    life.verb("review", "ws", "--headless", *SIMULATED)
    life.verb("ladder", "ws", "--out", "ladder.png")
    life.verb("report", "ws")
    said = life.run("sidestick", "inspect", "ws", "--json")
    if len(json.loads(said or "{}").get("episodes", ())) != 4:
        life.wrong.append(f"inspect ws --json: 4 rows expected, {said[:500]}")


def exchange(life: Life) -> None:
    """All exports; what can be imported comes back whole."""
    for name, target in (("robomimic", "a.hdf5"), ("lerobot", "b"), ("minari", "c")):
        life.verb("export", "ws", name, target)
    for name, source in (("robomimic", "a.hdf5"), ("lerobot", "b")):
        life.verb("import", name, name, source)
        life.episodes(name, 4)
    life.verb("merge", "all", "ws")
    life.episodes("all", 4)


def draw(life: Life) -> None:
    """Rerun, where it is installed, and OpenGL, where it starts."""
    if APART_MODULE_IS_THERE.search(life.run("python", "-m", "pip", "list")):
        life.verb("view", "ws", "-1", "--out", "shown.rrd")
    before = len(life.wrong)
    life.run("python", "-c", DRAW)
    life.wrong[before:] = [text for text in life.wrong[before:] if NO_GL not in text]


APART_MODULE_IS_THERE = re.compile(r"^rerun-sdk\b", re.M)
PARTS = (record_and_learn, look, exchange, draw)
RUN_IN: Sequence[tuple[str, Sequence[Any]]] = (
    ("lowest", PARTS),
    ("newest", PARTS),
    ("lowest-view", (record_and_learn, draw)),
)


@pytest.mark.versions
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("environment", "parts"), RUN_IN, ids=[name for name, _ in RUN_IN])
def test_a_short_life(environment: str, parts: Sequence[Any], tmp_path: Path) -> None:
    """Every command ends with 0 and without a traceback, and `check` reads every episode."""
    life = Life(installed(environment), tmp_path)
    (tmp_path / "versions.txt").write_text(life.run("python", "-m", "pip", "list"))
    for part in parts:
        part(life)
    assert not life.wrong, "\n\n".join(life.wrong)


def test_the_table_of_versions_says_what_pyproject_allows() -> None:
    """A bound that was changed without a new run, or a dependency without a row, is found."""
    rows = re.findall(r"^\| `([\w-]+)` \| ([\w.]+) \|", TABLE.read_text(), re.M)
    allowed = {r.name: lowest(r) for r in required(*EXTRAS, APART)}
    assert dict(rows) == {**allowed, "torch": PINS["torch"]}
