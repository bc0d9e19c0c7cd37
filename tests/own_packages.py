"""Packages of a user's own, made of the examples in docs/, for tests."""

import os
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "own-pack"
version = "0.3"

[tool.setuptools]
packages = ["own_pack"]
"""
MOST_LINES = 60
"""Of a complete example."""


def blocks(document: str, language: str) -> list[str]:
    """The code blocks of a document in docs/ that are in a language."""
    text = (DOCS / document).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def example(document: str) -> str:
    """The complete example of a document."""
    (code,) = blocks(document, "python")
    return code


def own_pack(folder: Path, **modules: str) -> Path:
    """A package of these modules, as it lies there; the folder for the path."""
    (folder / "source/own_pack").mkdir(parents=True)
    (folder / "source/own_pack/__init__.py").write_text("")
    for name, code in modules.items():
        (folder / f"source/own_pack/{name}.py").write_text(code)
    return folder / "source"


def install(folder: Path, entry_points: str = "", **modules: str) -> Path:
    """`pip install` a package of these modules; the folder for PYTHONPATH."""
    source, target = folder / "own-pack", folder / "installed"
    (source / "own_pack").mkdir(parents=True)
    (source / "own_pack/__init__.py").write_text("")
    for name, code in modules.items():
        (source / f"own_pack/{name}.py").write_text(code)
    (source / "pyproject.toml").write_text(PYPROJECT + entry_points)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    command = [*pip, "--no-build-isolation", "--target", str(target), str(source)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return target


def server(folder: Path, code: str, *arguments: str) -> "tuple[subprocess.Popen[str], str]":
    """Start a program beside a copy of docs/servers/; it, and the address that it says first."""
    for helper in (DOCS / "servers").glob("*.py"):
        (folder / helper.name).write_text(helper.read_text())
    (folder / "own_server.py").write_text(code)
    program = [sys.executable, "own_server.py", *arguments]
    started = subprocess.Popen(program, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    return started, started.stdout.readline().strip()


def sidestick(
    installed: Path, folder: Path, *arguments: str, ok: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command with the installed package on the path, and settings of its own."""
    return python(installed, folder, "-m", "sidestick.teleop.cli.main", *arguments, ok=ok)


def python(
    installed: Path, folder: Path, *arguments: str, ok: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run Python with the installed package on the path, in a folder."""
    given = environment(installed, folder)
    program = [sys.executable, *arguments]
    done = subprocess.run(
        program, cwd=folder, env=given, capture_output=True, text=True, timeout=600
    )
    assert not ok or done.returncode == 0, done.stdout + done.stderr
    return done


def environment(installed: Path, folder: Path) -> dict[str, str]:
    """The variables of a process that has the installed package, and settings of its own."""
    paths = [str(installed), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "SIDESTICK_CONFIG_DIR": str(folder / "settings"),
        "OMP_NUM_THREADS": "1",
    }
