"""The memory alone is installed by the two lines of docs/data.md, without PyTorch and PyBullet."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.workspace import Workspace
from tests.synthetic import made_up_episode

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "pybullet", "matplotlib", "pygame", "rich", "tyro")
NAME, STEPS = "20250101T000000-abcdef00", 7
READ = f"""
import sys
from sidestick.datasets.api import Frames, Windows, Workspace, check, export
workspace = Workspace.open("shelf")
report = check(workspace)
assert (report.episodes, list(report.damaged)) == (1, []), report
frames = Frames.read(workspace.episodes())
print({{name: array.shape for name, array in Windows(frames, chunk=4).batch([0, 2]).items()}})
export(workspace, "robomimic", "out.hdf5")
assert not [name for name in {HEAVY} if name in sys.modules]
"""


def commands() -> list[list[str]]:
    """The lines that the document shows."""
    section = (ROOT / "docs" / "data.md").read_text().partition("## The memory alone")[2]
    return [shlex.split(line) for line in re.findall(r"^    pip (install .*)$", section, re.M)]


def checkout(folder: Path) -> Path:
    """A copy of what is installed, since building leaves folders beside it."""
    folder.mkdir()
    for name in ("pyproject.toml", "constraints.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for room in ("sim_envs", "datasets", "policies", "teleop"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def interpreter(version: str) -> str:
    """A Python of this version; the test is skipped where there is none.

    pyenv's own commands answer only for the versions that it was told to use, so its folders are
    looked into.
    """
    code = f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != {version!r})"
    kept = Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")
    for name in (sys.executable, shutil.which(f"python{version}"), *map(str, kept)):
        if name and not subprocess.run([name, "-c", code], capture_output=True).returncode:
            return name
    pytest.skip(f"needs Python {version}")


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_memory_is_installed_and_read_alone(version: str, tmp_path: Path) -> None:
    """A wheel without dependencies, then the few of them; an episode is read, checked, exported."""
    workspace = Workspace.create(tmp_path / "shelf", WorkspaceConfig("ShelfPick", image_size=16))
    episode = made_up_episode([-1] * STEPS, image_size=16, episode_id=NAME)
    episode.write(workspace.episodes_dir / f"{NAME}.hdf5")
    workspace.recover()
    subprocess.run([interpreter(version), "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    asked, source = commands(), checkout(tmp_path / "checkout")
    assert len(asked) == 2
    for words in asked:
        subprocess.run([python, "-m", "pip", "-q", *words], cwd=source, check=True)
    for name in HEAVY:
        missing = subprocess.run([python, "-c", f"import {name}"], capture_output=True, check=False)
        assert missing.returncode == 1, name
    done = subprocess.run(
        [python, "-I", "-c", READ], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "'actions': (2, 4, 7)" in done.stdout
    assert (tmp_path / "out.hdf5").exists()
