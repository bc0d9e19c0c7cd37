"""This benchmark counts what an evaluated episode costs, part by part, and what a worker needs.

    python -m benchmarks.evaluation_cost WORKSPACE POLICY [--episodes 20]

One worker's work is done in this process, timed by CPU: its start (imports, policy, first world),
then the episodes, and in them physics, inverse kinematics, pictures and networks. It prints JSON.
"""

import json
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from unittest import mock

import tyro

from benchmarks.rows import circumstances
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.device import CPU
from sidestick.policies.engines.shared_files import digest_of
from sidestick.policies.policy import LearnedPolicy
from sidestick.policies.policy_config import files_of
from sidestick.sim_envs import kinematics
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.world import World
from sidestick.teleop.evaluation.outcome_store import code
from sidestick.teleop.evaluation.rollout_worker import Rollout, begin, drive
from sidestick.teleop.evaluation.seeds import EVALUATION

MIB = 2**20
PARTS: dict[str, tuple[Any, str]] = {
    "physics": (World, "step"),
    "inverse kinematics": (kinematics, "inverse"),
    "pictures": (ArmEnv, "picture"),
    "networks": (LearnedPolicy, "plan"),
    "reset": (ArmEnv, "reset"),
}
"""What is timed: physics and inverse kinematics of a reset are in both."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    workspace: Annotated[Path, tyro.conf.Positional]
    policy: Annotated[str, tyro.conf.Positional]
    episodes: int = 20


@contextmanager
def timed(spent: dict[str, float]) -> Iterator[None]:
    """Add the CPU-seconds of each part to `spent`, meanwhile."""

    def wrapped(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            started = time.process_time()
            try:
                return function(*given, **named)
            finally:
                spent[name] += time.process_time() - started

        return call

    patches = [
        mock.patch.object(owner, method, wrapped(name, getattr(owner, method)))
        for name, (owner, method) in PARTS.items()
    ]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        mock.patch.stopall()


def main() -> None:
    """Measure and print JSON."""
    options = tyro.cli(Options, description=__doc__)
    workspace = Workspace.open(options.workspace)
    folder = workspace.policies_dir / options.policy
    begin(CPU, code())
    files = files_of(folder)
    digest = digest_of(folder, files)

    def episode(seed: int) -> int:
        job = Rollout(workspace.config, digest, options.policy, seed)
        return drive(job, folder).outcome.steps

    seeds = EVALUATION.seeds(options.episodes + 1)
    episode(seeds[0])
    start = time.process_time()
    steps = sum(map(episode, seeds[1:]))
    whole, spent = time.process_time() - start, dict.fromkeys(PARTS, 0.0)
    with timed(spent):
        for seed in seeds[1:]:
            episode(seed)
    count = options.episodes
    found = {
        "start_and_first_episode_s": round(start, 2),
        "cpu_s_an_episode": round(whole / count, 3),
        "steps_an_episode": steps / count,
        "parts_s_an_episode": {name: round(s / count, 3) for name, s in spent.items()},
        "policy_mib": round(sum((folder / name).stat().st_size for name in files) / MIB, 2),
        "highest_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps({**found, **circumstances()}, indent=1))


if __name__ == "__main__":
    main()
