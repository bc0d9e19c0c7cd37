"""This benchmark measures what a workspace of many episodes costs: listing, index, check, training.

    python -m benchmarks.scale [--episodes 1000 10000] [--limit-mib 8] [--index-only]

One short made-up episode is written under many ids by `Episode.write`. Each step is timed by CPU
and by the clock: the first listing (every file is opened), the second (from the cache), the index,
`check`, reading all steps for training with at most `--limit-mib` of memory an array, a pass of
windows, `UPDATES` updates of a training end to end on all of them, and what one more recorded
episode costs. `own_mib` is the process' own memory, the highest during the step: without what the
system can take back, such as arrays in files; a step that is over in less than `LOOK_S` shows the
memory at its end. Each number of episodes has a process of its own. `--index-only` links one file
under all names, which takes seconds, and measures the index alone. It prints JSON, and each step as
it ends.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.frames import Frames
from sidestick.datasets.index import read_index, write_index
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.step import ActionMode
from sidestick.datasets.summary import EpisodeSummary
from sidestick.datasets.windows import Windows
from sidestick.datasets.workspace import Workspace
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.train import train
from tests.synthetic import (
    STATE_SIZE,
    made_up_episode,
    made_up_header,
    made_up_observation,
    made_up_steps,
)

STEPS, SIZE = 40, 32
CHUNK, HISTORY, BATCH = 16, 2, 64
UPDATES = 20
LOOK_S = 0.02
TIMES = 5
MIB = 2**20


def main() -> int:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--limit-mib", type=int, default=8)
    parser.add_argument("--index-only", action="store_true")
    asked = parser.parse_args()
    if asked.index_only:
        json.dump([linked(count) for count in asked.episodes], sys.stdout, indent=1)
        return 0
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        jobs = [(count, asked.limit_mib) for count in asked.episodes]
        json.dump(pool.starmap(measured, jobs, chunksize=1), sys.stdout, indent=1)
    return 0


def measured(episodes: int, limit_mib: int) -> dict[str, Any]:
    """What so many episodes cost."""
    costs: dict[str, Any] = {"episodes": episodes, "steps": episodes * STEPS}

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        began, used = time.perf_counter(), time.process_time()
        with OwnMemory() as memory:
            yield
        spent = time.process_time() - used, time.perf_counter() - began
        costs[name] = {
            "cpu_s": round(spent[0], 2),
            "s": round(spent[1], 2),
            "own_mib": round(memory.highest / 1024),
        }
        print(episodes, name, costs[name], file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ws"
        workspace = Workspace.create(path, WorkspaceConfig("ShelfPick", image_size=SIZE))
        with timed("write"):
            fill(workspace, episodes)
        workspace = Workspace.open(path)
        with timed("first_listing"):
            assert len(workspace.summaries()) == episodes
        with timed("second_listing"):
            workspace.summaries()
        with timed("index"):
            workspace.rebuild_index()
        with timed("check"):
            assert check(workspace).damaged == ()
        with timed("one_more_recorded"):
            record_one(workspace)
        with timed("read_for_training"):
            frames = Frames.read(workspace.episodes(), memory_limit=limit_mib * MIB)
        with timed("pass_of_windows"):
            windows = Windows(frames, chunk=CHUNK, history=HISTORY)
            order = np.random.default_rng(0).permutation(len(windows))
            for first in range(0, len(order), BATCH):
                windows.batch(order[first : first + BATCH])
        del windows, order
        costs["pictures_mib"] = round(sum(rows.nbytes for rows in frames.images.values()) / MIB)
        with timed("training"):
            train(frames, training(), Path(folder) / "policy", progress=False)
    return costs


def training() -> TrainConfig:
    """A short training end to end, on every episode's pictures."""
    plain = TrainConfig.recommended("end-to-end", encoder="small")
    return replace(plain, steps=UPDATES, tensorboard=False, threads=1)


class OwnMemory:
    """The highest memory of this process alone meanwhile, KiB, looked at from a thread."""

    def __init__(self) -> None:
        self.highest = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "OwnMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_S):
            self._look()

    def _look(self) -> None:
        status = Path("/proc/self/status").read_text()
        found = next(line for line in status.splitlines() if line.startswith("RssAnon:"))
        self.highest = max(self.highest, int(found.split()[1]))


def linked(episodes: int) -> dict[str, Any]:
    """CPU seconds of linking so many episodes anew, then of adding one: the least of `TIMES`."""
    made = made_up_episode([ActionMode.DEMONSTRATION], 0, image_size=SIZE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ws"
        workspace = Workspace.create(path, WorkspaceConfig("ShelfPick", image_size=SIZE))

        def file(name: str) -> EpisodeSummary:
            return replace(made.summary, id=name, path=workspace.episodes_dir / f"{name}.hdf5")

        first = workspace.episodes_dir / "one"
        made.write(first)
        there = [file(name) for name in names(episodes)]
        for summary in there:
            os.link(first, summary.path or "")
        anew = cpu_s(lambda: write_index(workspace.index_path, there, workspace.config.env_args()))
        added = []
        for number in range(TIMES):
            new = file(f"20260102T{number:06d}-00000000")
            replace(made, summary=new).write(new.path or Path())
            added.append(cpu_s(workspace.extend_index))
        assert len(read_index(workspace.index_path)) == episodes + TIMES
    return {"episodes": episodes, "anew_s": anew, "first_added_s": added[0], "added_s": min(added)}


def cpu_s(step: Callable[[], object]) -> float:
    """CPU seconds of a step."""
    used = time.process_time()
    step()
    return round(time.process_time() - used, 4)


def names(episodes: int) -> list[str]:
    """So many ids of episodes, by time."""
    return [f"20260101T{number // 100:06d}-{number:08x}" for number in range(episodes)]


def fill(workspace: Workspace, episodes: int) -> None:
    """Write one made-up episode under many ids."""
    made = made_up_episode([ActionMode.DEMONSTRATION] * STEPS, 0, image_size=SIZE)
    for number, name in enumerate(names(episodes)):
        header = replace(made.summary.header, seed=number, env_args=workspace.config.env_args())
        named = replace(made, summary=replace(made.summary, id=name, header=header))
        named.write(workspace.episodes_dir / f"{name}.hdf5")


def record_one(workspace: Workspace) -> None:
    """Record one more episode, as a session does."""
    chance = np.random.default_rng(0)
    with Recorder(workspace) as recorder:
        recorder.start(made_up_header())
        for step in made_up_steps([ActionMode.DEMONSTRATION] * STEPS, 1, SIZE):
            recorder.append(step)
        recorder.finish(made_up_observation(chance, SIZE), chance.normal(size=STATE_SIZE), True)


if __name__ == "__main__":
    raise SystemExit(main())
