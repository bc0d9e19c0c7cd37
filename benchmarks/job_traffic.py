"""This benchmark counts what the jobs of many machines cost the one that gives them out.

    python -m benchmarks.job_traffic [--machines 200] [--cores 8] [--jobs 10000] [--ray]

The machines are made up: a worker is a name, and its job ends after the time that an episode takes
(`--seconds`), or takes its worker with it (`--deaths`). What is real: the crew, the results on the
disk, and the bytes of a job and of what it brings home. CPU is this process' alone, so that other
work does not count. With `--ray` the same number of jobs goes through Ray on this machine, one
actor a core, each doing nothing. It prints JSON.
"""

import heapq
import itertools
import json
import pickle
import random
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tyro

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.finished_jobs import FinishedJobs
from sidestick.policies.engines.crew import Crew
from sidestick.policies.engines.job import Engine, Job, Preparation
from sidestick.policies.engines.memory import cores
from sidestick.policies.engines.ray_engine import LOCAL, RayEngine
from sidestick.teleop.evaluation.rollout_worker import Driven, Rollout
from sidestick.teleop.session.subscriber import EpisodeOutcome


@dataclass(frozen=True)
class Options:
    """What to measure."""

    machines: int = 200
    cores: int = 8
    """Of each machine."""
    jobs: int = 10_000
    seconds: float = 5.0
    """Of an episode: uniform from half of it to one and a half."""
    deaths: float = 0.001
    """Share of the jobs that take their worker with them."""
    seed: int = 0
    ray: bool = False
    """Measure Ray on this machine instead."""


class Died(Exception):
    """The end of a made-up worker."""


class Hours:
    """One thread that ends jobs when their time has come."""

    def __init__(self, options: Options) -> None:
        self._random, self._options = random.Random(options.seed), options
        self._died: set[int] = set()
        self._due: list[tuple[float, int, Future[Any], EpisodeOutcome | None]] = []
        self._number, self._changed = itertools.count(), threading.Condition()
        threading.Thread(target=self._work, daemon=True).start()

    def end(self, made: Future[Any], outcome: EpisodeOutcome) -> None:
        """Let a job end after an episode's time; its worker may die of it, once."""
        seconds = self._options.seconds * self._random.uniform(0.5, 1.5)
        died = outcome.seed not in self._died and self._random.random() < self._options.deaths
        self._died |= {outcome.seed} if died else set()
        entry = (time.monotonic() + seconds, next(self._number), made, None if died else outcome)
        with self._changed:
            heapq.heappush(self._due, entry)
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                while not self._due or self._due[0][0] > now:
                    self._changed.wait(self._due[0][0] - now if self._due else None)
                    now = time.monotonic()
                _, _, made, outcome = heapq.heappop(self._due)
            if outcome is None:
                made.set_exception(Died())
            else:
                made.set_result(Driven(outcome))


class MadeUpWorker:
    """A worker of a made-up machine."""

    lost = (Died,)

    def __init__(self, hours: Hours) -> None:
        self._hours = hours

    def ready(self) -> Future[Any]:
        """Ready at once."""
        done: Future[Any] = Future()
        done.set_result(None)
        return done

    def start(self, job: Job) -> Future[Any]:
        """Begin a job."""
        made: Future[Any] = Future()
        self._hours.end(made, outcome_of(job.arguments[0].seed))
        return made

    def end(self, at_once: bool) -> None:
        """End."""


class MadeUpMachines:
    """Workers on no machine at all."""

    def __init__(self, options: Options) -> None:
        self.workers, self._hours = options.machines * options.cores, Hours(options)

    def open(self) -> None:
        """Connect to nothing."""

    def close(self) -> None:
        """Disconnect from nothing."""

    def share(self, folder: Path, names: Sequence[str], digest: str) -> Path:
        """The folder, which nobody reads."""
        return folder

    def hire(self, preparation: Preparation) -> Any:
        """A made-up worker."""
        return MadeUpWorker(self._hours)


def outcome_of(seed: int) -> EpisodeOutcome:
    """What an episode comes to."""
    return EpisodeOutcome(seed, True, 165, 0, 165, 0, "place", 1.0)


def jobs(count: int) -> list[Job]:
    """Rollouts of one policy."""
    config, digest = WorkspaceConfig("ShelfPick"), "0" * 64
    rollouts = (Rollout(config, digest, "0001", seed) for seed in range(count))
    return [Job(f"seed {each.seed}", outcome_of, (each,)) for each in rollouts]


def nothing() -> None:
    """Prepare a worker that needs nothing."""


def traffic(engine: Engine, given: list[Job], folder: Path | None) -> dict[str, float]:
    """Seconds and CPU-seconds of this process for these jobs, kept in a folder if there is one."""
    kept = None if folder is None else FinishedJobs(folder, {"policy": "0" * 64})
    with Crew(engine, Preparation(nothing)) as crew:
        crew.size()
        started, cpu, made = time.monotonic(), time.process_time(), 0
        for driven in crew.made(given):
            made += 1
            if kept is not None:
                kept.add(driven.outcome.seed, asdict(driven.outcome))
        spent = time.process_time() - cpu
        return {
            "jobs": made,
            "seconds": round(time.monotonic() - started, 2),
            "cpu_ms_a_job": round(1000 * spent / made, 3),
        }


def main() -> None:
    """Measure and print JSON."""
    options = tyro.cli(Options, description=__doc__)
    given = jobs(options.jobs)
    if options.ray:
        empty = [Job(job.name, abs, (-1,)) for job in given]
        print(json.dumps({"ray": traffic(RayEngine(LOCAL, cores()), empty, None)}))
        return
    driven = Driven(outcome_of(0))
    with tempfile.TemporaryDirectory() as folder:
        found = {
            "options": asdict(options),
            "workers": options.machines * options.cores,
            "ideal_s": options.jobs * options.seconds / (options.machines * options.cores),
            "bytes_out": len(pickle.dumps(given[0].arguments)),
            "bytes_home": len(pickle.dumps(driven)),
            "given_out": traffic(MadeUpMachines(options), given, None),
            "kept_too": traffic(MadeUpMachines(options), given, Path(folder)),
        }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
