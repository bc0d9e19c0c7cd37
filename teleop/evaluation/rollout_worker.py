"""What a worker does for a rollout: one policy, one environment, one seed.

The environment and the last policies stay loaded; a recorded episode goes home as bytes.
"""

import functools
import json
import platform
import tempfile
from dataclasses import dataclass

from ...datasets.config import WorkspaceConfig
from ...datasets.recorder import Recorder
from ...datasets.workspace import Workspace
from ...policies.base.device import use_device
from ...policies.base.threads import limit_threads
from ...policies.engines.job import JobFailed
from ...policies.engines.shared_files import Shared, unpacked
from ...policies.loaded_policy import load_any
from ...sim_envs.errors import SidestickError, WorldFailed
from ...sim_envs.making import make_world
from ...sim_envs.worlds.contract import Capability, TaskWorld
from ..session.environments import environment_json, require_spec
from ..session.open_session import unattended_session
from ..session.policy_runner import PolicyRunner
from ..session.recording import DeferredRecording
from ..session.subscriber import EpisodeOutcome, Subscriber
from .outcome_store import code

KEPT = 3
"""Policies kept in memory: those that the gate compares."""


@dataclass(frozen=True)
class Rollout:
    """One episode for a worker."""

    config: WorkspaceConfig
    digest: str
    """Of the policy's files."""
    policy_name: str
    """Name of the policy's folder, for the header of a recording."""
    seed: int
    record: bool = False
    """Record the episode if it ends in success."""
    keep_failure: bool = False
    """Record it even if it fails, for people to look at."""


@dataclass(frozen=True)
class Driven:
    """What comes home of a rollout."""

    outcome: EpisodeOutcome
    files: tuple[tuple[str, bytes], ...] = ()
    """Name and content of the recorded episode's file."""


def begin(device: str, program: str) -> None:
    """Prepare a worker: one thread, and its device; SidestickError for another `program`."""
    if code() != program:
        raise SidestickError(
            f"{platform.node()}: another version of Sidestick or of what it computes with than the "
            "one that asks; its outcomes would be others, so install the same everywhere"
        )
    use_device(device)
    limit_threads()


def drive(job: Rollout, policy: Shared) -> Driven:
    """Drive one episode in this worker; JobFailed where its world fails in the middle of it.

    A world that cannot be made raises what it raises: no other seed could be driven either.
    """
    env = _environment(environment_json(job.config))
    require_spec(job.config, env)
    runner = _runner(job.digest, policy, env)
    try:
        return _driven(job, env, runner)
    except WorldFailed as error:
        raise JobFailed(f"seed {job.seed}: {error}") from error


def _driven(job: Rollout, env: TaskWorld, runner: PolicyRunner) -> Driven:
    if not job.record:
        session = unattended_session(env, runner, job.policy_name)
        return Driven(session.run_episode(job.seed))
    with tempfile.TemporaryDirectory(prefix="sidestick-") as folder:
        workspace = Workspace.create(folder, job.config)
        with Recorder(workspace) as recorder:
            recording: list[Subscriber] = [DeferredRecording(recorder, job.keep_failure)]
            session = unattended_session(env, runner, job.policy_name, recording)
            outcome = session.run_episode(job.seed)
            paths = recorder.wait()
        return Driven(outcome, tuple((path.name, path.read_bytes()) for path in paths))


_runners: dict[tuple[str, str, str], PolicyRunner] = {}
"""The last `KEPT`, by digest, task and renderer."""


def _runner(digest: str, policy: Shared, env: TaskWorld) -> PolicyRunner:
    key = (digest, env.world_spec.task, env.renderer_name)
    if key not in _runners:
        with unpacked(policy) as folder:
            loaded = load_any(folder, *key[1:])
        for oldest in [*_runners][: len(_runners) - KEPT + 1]:
            del _runners[oldest]
        _runners[key] = PolicyRunner(loaded, loaded.actions)
    return _runners[key]


@functools.cache
def _environment(keywords: str) -> TaskWorld:
    world = make_world(**json.loads(keywords))
    world.require(Capability.VERDICT, "counting successes without a person")
    return world
