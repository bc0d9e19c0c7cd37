"""The workspaces that verbs are killed in, made once: small pictures, short episodes.

`kills` copies them. Their perception is untrained and their policies are worthless: a kill asks
what is on the disk, not how well it drives.
"""

import functools
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from benchmarks.kill_process import read, run
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.workspace import Workspace
from sidestick.policies.perception.network import Perception, PerceptionConfig
from sidestick.sim_envs.making import describe_task
from sidestick.sim_envs.tasks.shelf_pick import ShelfPick
from sidestick.sim_envs.tasks.task import Status
from sidestick.teleop.cli import practice as practice_verb
from sidestick.teleop.learning.acceptance_gate import AcceptanceCriteria
from sidestick.teleop.learning.practice_rounds import RULES, PracticeRounds
from sidestick.teleop.learning.workspace_perception import FINETUNED_PERCEPTION

TASK, PIXELS = "ShelfPick", 32
CONFIG = WorkspaceConfig(TASK, image_size=PIXELS, env_kwargs={"num_items": 1})
SIMULATED = ("--headless", "--driver", "simulated")
SMALL_TRAINING = ("--steps", "20", "--selection-episodes", "0")
SOLVED_AFTER = 25
"""Ticks after which a policy that drives alone has solved the task, in a kill of `alone`."""
QUICK_GATE = AcceptanceCriteria(margin=0.5, pairs=8)
MAIN, OTHER, CRASHED, ROBOMIMIC, LEROBOT = "main", "other", "crashed", "set.hdf5", "set"
"""Names of what `make_bases` makes: workspaces, and exports of the first of them."""


def alone() -> None:
    """In a forked process: whoever drives solves ShelfPick after `SOLVED_AFTER` ticks."""
    begin, assess = ShelfPick.begin, ShelfPick.assess
    ticks = {"now": 0}

    def begun(task: ShelfPick, *given: Any) -> None:
        ticks["now"] = 0
        begin(task, *given)

    def assessed(task: ShelfPick, *given: Any) -> Status:
        ticks["now"] += 1
        done = ticks["now"] > SOLVED_AFTER
        return Status(True, "done", 1.0) if done else assess(task, *given)

    ShelfPick.begin, ShelfPick.assess = begun, assessed  # type: ignore[method-assign]


def practising() -> None:
    """In a forked process: `alone`, and a gate of a few seeds after a round of practice."""
    alone()
    rules = replace(RULES, gate=QUICK_GATE, selection=0)
    quick: Callable[..., PracticeRounds] = functools.partial(PracticeRounds, rules=rules)
    practice_verb.PracticeRounds = quick  # type: ignore[assignment,misc]


def make_bases(folder: Path) -> None:
    """Make what is missing in the folder; RuntimeError where a verb does not do what it should."""
    done = folder / "made"
    if done.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    main, other = folder / MAIN, folder / OTHER
    for path in (main, other):
        _with_perception(Workspace.create(path, CONFIG))
    _do(folder, "drive", str(main), *SIMULATED, "--episodes", "4")
    _do(folder, "train", str(main), *SMALL_TRAINING)
    _do(folder, "train", str(main), *SMALL_TRAINING, "--seed", "1", "--no-gate")
    _do(folder, "drive", str(other), *SIMULATED, "--episodes", "3", "--first-seed", "500")
    _do(folder, "review", str(other), *SIMULATED)
    _do(folder, "export", str(main), "robomimic", str(folder / ROBOMIMIC))
    _do(folder, "export", str(main), "lerobot", str(folder / LEROBOT))
    _do(folder, "drive", str(main), *SIMULATED, "--episodes", "1")
    shutil.copytree(main, folder / CRASHED)
    _crash(folder / CRASHED)
    done.touch()


def _with_perception(workspace: Workspace) -> None:
    goals = describe_task(TASK).goal_names
    with torch.random.fork_rng():
        torch.manual_seed(0)
        about = PerceptionConfig(TASK, "tiny", ("bg", *goals), goals, image_size=PIXELS, channels=4)
        Perception(about).save(workspace.path / FINETUNED_PERCEPTION)


def _do(folder: Path, *arguments: str) -> None:
    ending = run(read(arguments), folder / "log")
    if ending.code != 0:
        raise RuntimeError(f"{' '.join(arguments)}: {ending}")


def _crash(path: Path) -> None:
    """Kill supervised sessions until a trial is begun, not ended, and in a journal."""
    arguments = ("drive", str(path), "--level", "supervised", "--override", *SIMULATED)
    end = time.monotonic() + 120.0
    while not any(file.stat().st_size > 50_000 for file in path.glob("journal/*.journal")):
        if time.monotonic() > end:
            raise RuntimeError(f"{path}: no journal was left behind")
        first = ("--episodes", "3", "--first-seed", "900")
        verb = read((*arguments, *first))
        run(verb, path.parent / "log", kill=signal.SIGKILL, after_s=2.0)
