"""This benchmark lets two workers drive the same seeds by each engine on this machine, in turn.

    python -m benchmarks.engines WORKSPACE POLICY --episodes 60 --rounds 2

Counted is what comes after the start, from the `FIRST`th outcome to the last but `LAST`, so that
all workers are busy: wall time, and CPU time by kind of process, a control step. It prints JSON.
"""

import json
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from benchmarks.rewinding import below
from benchmarks.rows import circumstances
from sidestick.datasets.workspace import Workspace
from sidestick.policies.engines.job import Engine
from sidestick.policies.engines.local import LocalEngine
from sidestick.policies.engines.ray_engine import LOCAL, RayEngine
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.evaluation.seeds import EVALUATION
from sidestick.teleop.session.subscriber import EpisodeOutcome

FIRST, LAST = 6, 2
"""Outcomes at the beginning and at the end that are left out."""
KINDS = r"ray::|raylet|gcs_server|log_monitor|dashboard|runtime_env|monitor\.py|spawn_main"
"""What tells processes apart, in their command lines."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    workspace: Annotated[Path, tyro.conf.Positional]
    policy: Annotated[str, tyro.conf.Positional]
    episodes: int = 60
    rounds: int = 2
    """How often each engine drives them."""
    workers: int = 2


@dataclass(frozen=True)
class Look:
    """What had been computed at one moment."""

    wall_s: float
    steps: int
    cpu_ms: Counter[str]
    """By kind of process; a clock tick is 10 ms or so."""

    @classmethod
    def now(cls, steps: int) -> "Look":
        """Look at this process and all below it."""
        spent = Counter({"this process": round(1000 * time.process_time())})
        for folder, numbers in below():
            try:
                found = re.search(KINDS, (folder / "cmdline").read_text())
            except OSError:  # it ended meanwhile
                continue
            kind = found.group() if found else "others"
            spent[kind] += 10 * (int(numbers[11]) + int(numbers[12]))
        return cls(time.perf_counter(), steps, spent)


def driven(workspace: Workspace, options: Options, engine: Engine) -> dict[str, Any]:
    """Drive by one engine; what a step costs."""
    looks, steps = list[Look](), 0

    def on_outcome(outcome: EpisodeOutcome) -> None:
        nonlocal steps
        steps += outcome.steps
        looks.append(Look.now(steps))

    seeds = range(EVALUATION.first, EVALUATION.first + options.episodes)
    with Rollouts(workspace.config, engine) as rollouts:
        rollouts.run(workspace.policies_dir / options.policy, seeds, on_outcome=on_outcome)
    first, last = looks[FIRST - 1], looks[-1 - LAST]
    many = last.steps - first.steps
    kinds = {kind: ms - first.cpu_ms[kind] for kind, ms in last.cpu_ms.items()}
    return {
        "wall_ms_a_step": round(1000 * (last.wall_s - first.wall_s) / many, 3),
        "cpu_ms_a_step": round(sum(kinds.values()) / many, 3),
        "cpu_ms_a_step_by_kind": {k: round(ms / many, 3) for k, ms in kinds.items() if ms},
    }


def measure(options: Options) -> dict[str, Any]:
    """All rounds, and the ratio of Ray's wall time to the local one."""
    workspace, rounds = Workspace.open(options.workspace), list[dict[str, Any]]()
    for _ in range(options.rounds):
        local = driven(workspace, options, LocalEngine(options.workers))
        ray = driven(workspace, options, RayEngine(LOCAL, options.workers))
        ratios = {
            name: round(ray[f"{name}_ms_a_step"] / local[f"{name}_ms_a_step"], 3)
            for name in ("wall", "cpu")
        }
        rounds.append({"local": local, "ray": ray, "ray_over_local": ratios})
    return {"rounds": rounds, **circumstances()}


if __name__ == "__main__":
    print(json.dumps(measure(tyro.cli(Options, description=__doc__))))
