"""Rollouts: a policy drives alone on seeds, in worker processes or in this one.

Evaluation, comparison, selection of checkpoints, practice and the gate call `Rollouts.run`; the
background learner calls `InProcessRollouts`. Workers end with the process that started them.
"""

import functools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ...datasets.config import WorkspaceConfig
from ...datasets.recorder import Recorder
from ...datasets.workspace import Workspace
from ...policies.base.device import CPU, use_device
from ...policies.base.torch_setup import few_threads, limit_threads
from ...policies.base.worker_pool import WorkerPool
from ...policies.policy import CONFIG, load_policy
from ...policies.store import load_for
from ...sim_envs.making import make_world
from ...sim_envs.worlds.contract import Capability, TaskWorld
from ..session.environments import environment_json, workspace_env
from ..session.open_session import unattended_session
from ..session.policy_runner import PolicyRunner
from ..session.recording import DeferredRecording
from ..session.subscriber import EpisodeOutcome

KEPT = 3
"""Policies kept in memory: those that the gate compares."""


class InProcessRollouts:
    """Drives in this process; keeps the environment and the last policies loaded."""

    def __init__(self, config: WorkspaceConfig) -> None:
        self._config = config
        self._env: TaskWorld | None = None
        self._runners: dict[tuple[Path, int], PolicyRunner] = {}

    def __call__(self, policy: Path, seed: int) -> bool:
        """Whether the policy in a folder solves a seed."""
        self._env = self._env or workspace_env(self._config)
        session = unattended_session(self._env, self._runner(policy), policy.name)
        with few_threads():
            return session.run_episode(seed).success

    def _runner(self, policy: Path) -> PolicyRunner:
        """The policy that is in the folder now: candidates follow one another in one folder."""
        key = (policy, (policy / CONFIG).stat().st_mtime_ns)
        if key not in self._runners:
            loaded = load_for(policy, self._config)
            self._runners = dict([*self._runners.items()][1 - KEPT :])
            self._runners[key] = PolicyRunner(loaded, loaded.actions)
        return self._runners[key]

    def close(self) -> None:
        """End the environment."""
        if self._env is not None:
            self._env.close()
            self._env = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


OnOutcome = Callable[[EpisodeOutcome], object]


@dataclass(frozen=True)
class RolloutJob:
    """One episode for a worker."""

    environment: str
    """JSON of make_world()'s keywords."""
    policy: Path
    """Folder of the policy that drives."""
    seed: int
    record_into: Path | None = None
    """Workspace that gets the episode if it ends in success."""
    keep_failure: bool = False
    """Record it even if it fails, for people to look at."""


class Rollouts:
    """A pool of worker processes, each of which keeps its environment and policy loaded."""

    def __init__(self, config: WorkspaceConfig, workers: int = 2, device: str = CPU) -> None:
        """`device` is what the workers' policies run on, see `policies.base.device`."""
        self.config = config
        self._environment = environment_json(config)
        self._pool = WorkerPool(workers, _begin, device)

    def run(
        self,
        policy: Path,
        seeds: Iterable[int],
        record_into: Path | None = None,
        on_outcome: OnOutcome = lambda _: None,
        keep_failures: int = 0,
    ) -> list[EpisodeOutcome]:
        """Drive one episode for every seed, in any order; the outcomes, in the order of seeds.

        Successes are recorded into `record_into`, and of the first `keep_failures` also failures.
        """
        jobs = [
            RolloutJob(
                self._environment, policy.resolve(), seed, record_into, place < keep_failures
            )
            for place, seed in enumerate(seeds)
        ]
        futures = [self._pool.submit(_run, job) for job in jobs]
        for outcome in self._pool.results(futures):
            on_outcome(outcome)
        return [future.result() for future in futures]

    def solves(self, policy: Path, seed: int) -> bool:
        """Whether the policy in a folder solves a seed."""
        (outcome,) = self.run(policy, [seed])
        return outcome.success

    def close(self) -> None:
        """End the workers."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._pool.__exit__(kind)


def _begin(device: str) -> None:
    """Prepare a worker: one thread, and its device."""
    use_device(device)
    limit_threads()


@functools.cache
def _environment(keywords: str) -> TaskWorld:
    world = make_world(**json.loads(keywords))
    world.require(Capability.VERDICT, "counting successes without a person")
    return world


@functools.lru_cache(maxsize=KEPT)
def _runner(policy: Path, stamp: int, task: str, renderer: str) -> PolicyRunner:
    loaded = load_policy(policy, task, renderer)
    return PolicyRunner(loaded, loaded.actions)


@functools.lru_cache(maxsize=1)
def _recorder(workspace: Path) -> Recorder:
    return Recorder(Workspace.open(workspace), lock=False)


def _run(job: RolloutJob) -> EpisodeOutcome:
    """Drive one episode in this worker."""
    env = _environment(job.environment)
    stamp = (job.policy / CONFIG).stat().st_mtime_ns
    runner = _runner(job.policy, stamp, env.world_spec.task, env.renderer_name)
    subscribers = []
    if job.record_into is not None:
        recorder = _recorder(job.record_into)
        subscribers.append(DeferredRecording(recorder, job.keep_failure))
    session = unattended_session(env, runner, job.policy.name, subscribers)
    outcome = session.run_episode(job.seed)
    if job.record_into is not None:
        _recorder(job.record_into).wait()
    return outcome
