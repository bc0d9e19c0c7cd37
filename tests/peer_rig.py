"""Other tools for tests marked `peers`: each in a virtual environment of its own, made once.

They lie in $SIDESTICK_PEERS or ~/.cache/sidestick/peers (6 GiB, most of it PyTorch). Those that
learn share one PyTorch; those that simulate see the environment in which the tests run.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HOME = Path(os.environ.get("SIDESTICK_PEERS", Path.home() / ".cache/sidestick/peers"))
NEWEST = (3, 12)
"""Python that LeRobot 0.6 needs at least."""
DONE = ".installed"
SERVERS = Path(__file__).parents[1] / "docs/servers"


@dataclass(frozen=True)
class Tool:
    """A tool's packages, and the environment whose packages it sees behind its own."""

    needs: str
    """Requirements, installed with what they need."""
    alone: str = ""
    """Installed without what they need: simulators, and another torch."""
    behind: str | None = None
    """The name of another tool; None for the environment of the tests."""


TORCH = "torch"
TOOLS = {
    TORCH: Tool("torch==2.13.0 torchvision==0.28.0", behind=TORCH),
    "lerobot": Tool(
        "numpy<2.3 av>=15,<16 pandas<3 datasets>=4.8,<5 huggingface-hub>=1.6,<2 "
        "draccus>=0.11.6,<0.12 jsonlines einops safetensors pyarrow requests "
        "opencv-python-headless termcolor gymnasium deepdiff diffusers websockets msgspec",
        "lerobot==0.6.1",
        TORCH,
    ),
    "robomimic": Tool(
        "numpy<2.3 h5py psutil tqdm six termcolor tensorboard tensorboardX matplotlib imageio "
        "imageio-ffmpeg websockets msgspec",
        "robomimic==0.3.0",  # the newest on PyPI
        TORCH,
    ),
    "openpi": Tool("websockets msgpack pillow dm-tree typing-extensions", "openpi-client==0.1.2"),
    "minari": Tool("minari[hdf5,create]==0.5.4"),
    "gym-worlds": Tool(
        "shapely lazy-loader imageio tifffile networkx",
        "panda-gym==3.0.7 gym-pusht==0.1.8 pymunk==6.11.1 opencv-python-headless scikit-image cffi "
        "pycparser",
    ),
    "gym-hil": Tool("mujoco==3.8.1", "gym-hil==0.1.14"),
    "torchrl": Tool("cloudpickle orjson pyvers packaging importlib_metadata", "tensordict torchrl"),
}


@cache
def interpreter(name: str) -> Path:
    """The interpreter of a tool's environment, made if it is missing; skips with the reason."""
    tool, folder = TOOLS[name], HOME / name
    found, wanted = folder / "bin/python", f"{tool} {sys.version_info[:2]}"
    if (folder / DONE).exists() and (folder / DONE).read_text() == wanted:
        return found
    shutil.rmtree(folder, ignore_errors=True)
    if tool.behind is None:
        base, behind = sys.executable, Path(sysconfig.get_path("purelib"))
    elif tool.behind == name:
        base, behind = newest_python(), None
    else:
        base = str(interpreter(tool.behind))
        behind = site_packages(HOME / tool.behind)
    _run([base, "-m", "venv", str(folder)])
    if behind is not None:
        line = f"import site; site.addsitedir({str(behind)!r})\n"
        (site_packages(folder) / "behind.pth").write_text(line)
    pip = [str(found), "-m", "pip", "install", "-q"]
    _run([*pip, *tool.needs.split()])
    if tool.alone:
        _run([*pip, "--no-deps", *tool.alone.split()])
    (folder / DONE).write_text(wanted)
    return found


def newest_python() -> str:
    """A Python that is new enough for all of them; skips without one."""
    names = [sys.executable, *(shutil.which(f"python3.{minor}") for minor in (12, 13))]
    names += sorted(map(str, Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python")))
    code = f"import sys; sys.exit(sys.version_info[:2] < {NEWEST})"
    for name in names:
        if name and not subprocess.run([name, "-c", code], capture_output=True).returncode:
            return name
    pytest.skip(f"LeRobot needs Python {NEWEST[0]}.{NEWEST[1]}, and there is none")


def site_packages(folder: Path) -> Path:
    """Where an environment has its packages."""
    return next(folder.glob("lib/python3*/site-packages"))


def output_of(name: str, script: str, *arguments: object, **environment: str) -> Any:
    """Run a script in a tool's environment, outside this repository; its last line as JSON."""
    isolated = [] if TOOLS[name].behind is None else ["-I"]
    answer = subprocess.run(
        [str(interpreter(name)), *isolated, "-c", script, *map(str, arguments)],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", **environment},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-4000:]
    return json.loads(answer.stdout.strip().splitlines()[-1])


@contextmanager
def serving(tool: str, script: str, checkpoint: Path) -> Iterator[str]:
    """The address of a policy's server, docs/servers/SCRIPT, which runs in a tool's environment."""
    python = interpreter(tool)
    isolated = [] if TOOLS[tool].behind is None else ["-s"]
    command = [str(python), *isolated, str(SERVERS / script), str(checkpoint), "--port", "0"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd="/", env=environment
    ) as server:
        try:
            assert server.stdout is not None
            lines = iter(server.stdout.readline, "")
            yield next(line.strip() for line in lines if line.startswith("ws://"))
        finally:
            server.kill()


def _run(command: Sequence[str]) -> None:
    """Run a step of an installation; skip with its last words where it fails."""
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        pytest.skip(f"cannot be installed: {answer.stderr.strip().splitlines()[-1]}")
