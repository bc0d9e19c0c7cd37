"""Sessions of this file are killed by tests at a random moment; what they cost is in the files.

`seconds_on_disk` adds it up by itself, without the code under test.
"""

import contextlib
import itertools
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.step import Driver, Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.plan import Plan
from sidestick.policies.engines.local import LocalEngine
from sidestick.sim_envs.spaces import CONTROL_HZ, Observation
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.learning.autonomous_practice import practise
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.station.headless import drive_simulated
from sidestick.teleop.station.options import StationOptions
from sidestick.teleop.station.run import run_station

TICK_S = 1 / CONTROL_HZ
CONFIG = WorkspaceConfig("ShelfPick", image_size=32, env_kwargs={"num_items": 1})


class StillPolicy:
    """A policy that does not move, so that the operator is needed."""

    chunk, execute = 16, 8

    def reset(self) -> None:
        """Nothing to forget."""

    def plan(self, observation: Observation) -> Plan:
        actions = np.zeros((self.chunk, 7), np.float32)
        return Plan(actions, np.zeros_like(actions), 0.2)


def headless(folder: Path, level: Level, kill: int, after_s: float, seed: int) -> None:
    """Drive until this process is sent the signal, `after_s` after the first episode began."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    workspace = Workspace.open_or_create(folder, CONFIG)
    runner = PolicyRunner(StillPolicy()) if level is not Level.DEMONSTRATE else None
    shoot_later(folder, kill, after_s)
    with contextlib.suppress(KeyboardInterrupt):
        drive_simulated(workspace, level, itertools.count(seed), "0001", runner=runner)


def window(folder: Path, level: Level, kill: int, after_s: float, seed: int) -> None:
    """Open the operator's window, where the simulated operator drives, and be killed."""
    os.environ.update(
        SDL_VIDEODRIVER="dummy", SDL_AUDIODRIVER="dummy", SIDESTICK_CONFIG_DIR=str(folder / "own")
    )
    workspace = Workspace.open_or_create(folder, CONFIG)
    shoot_later(folder, kill, after_s)
    options = StationOptions(first_seed=seed, simulated=True, sound=False, view="tiny")
    runner = PolicyRunner(StillPolicy()) if level is not Level.DEMONSTRATE else None
    run_station(workspace, Assignment(level, runner=runner), options)


def practice(folder: Path, level: Level, kill: int, after_s: float, seed: int) -> None:
    """Let the workspace's policy attempt seeds alone, in a worker, and be killed."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    workspace = Workspace.open(folder)
    shoot_later(folder, kill, after_s)
    with (
        contextlib.suppress(KeyboardInterrupt),
        Rollouts(workspace.config, LocalEngine(1)) as rollouts,
    ):
        practise(workspace, rollouts, "0001", range(seed, seed + 40), 1)


def shoot_later(folder: Path, kill: int, after_s: float) -> None:
    """Send this process a signal some time after the next episode began to be recorded."""
    known = set(folder.glob("journal/*.journal"))

    def shoot() -> None:
        while not set(folder.glob("journal/*.journal")) - known:
            time.sleep(0.005)
        time.sleep(after_s)
        os.kill(os.getpid(), kill)

    threading.Thread(target=shoot, daemon=True).start()


def seconds_on_disk(workspace: Workspace) -> tuple[float, float]:
    """Seconds driven and watched in all files, discarded ones too; recover journals before."""
    driven = watched = 0
    for folder in (workspace.episodes_dir, workspace.trash_dir):
        for path in folder.glob("*.hdf5"):
            episode = Episode.read(path, images=False)
            lines = [episode.driver, *(b.columns["driver"] for b in episode.abandoned)]
            drivers = np.concatenate(lines)
            hands = int(np.count_nonzero((drivers == Driver.HUMAN) | (drivers == Driver.BLEND)))
            still = int(np.count_nonzero(drivers == Driver.NOBODY))
            alone = int(np.count_nonzero(drivers == Driver.POLICY))
            level = Level(episode.summary.header.level)
            operated = level <= Level.ASSIST
            driven += hands + still * operated
            watched += still * (level in (Level.SUPERVISED, Level.ON_CALL))
            watched += alone * (level is Level.SUPERVISED)
    return driven * TICK_S, watched * TICK_S
