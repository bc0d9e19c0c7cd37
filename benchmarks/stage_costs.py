"""This benchmark counts the CPU and the disk that an episode costs in each stage of the loop.

    python -m benchmarks.stage_costs FOLDER [--episodes 2 8]

Each stage is the command that a person gives, with all processes that it starts. It runs with the
first and with the second number of episodes; the difference is what an episode costs, the rest is
the start. Training runs once, on all episodes. It prints JSON, and each stage as it ends.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from benchmarks.rows import circumstances
from sidestick.datasets.workspace import Workspace

SIDESTICK = (sys.executable, "-m", "sidestick.teleop.cli.main")
MIB = 2**20


@dataclass(frozen=True)
class Options:
    """What to measure."""

    folder: Annotated[Path, tyro.conf.Positional]
    """A new folder."""
    episodes: tuple[int, int] = (2, 8)


def cpu_s(*words: str) -> float:
    """Run a verb; CPU-seconds of its process and of all that it waited for."""
    before = os.times()
    subprocess.run([*SIDESTICK, *words], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    print(time.strftime("%X"), round(spent, 2), *words, file=sys.stderr, flush=True)
    return spent


def verb(stage: str, folder: str, episodes: int, first_seed: int) -> tuple[str, ...]:
    """The command of a stage."""
    simulated = ("--headless", "--driver", "simulated", "--level", "demonstrate")
    return {
        "drive": ("drive", folder, "--task", "ShelfPick", *simulated, "--episodes", str(episodes)),
        "generate": ("generate", folder, "--episodes", str(episodes), "--workers", "1"),
        "evaluate": (
            *("evaluate", folder, "--policy", "0001", "--episodes", str(episodes)),
            *("--first-seed", str(first_seed), "--workers", "1"),
        ),
    }[stage]


def main() -> None:
    """Measure and print JSON."""
    options = tyro.cli(Options, description=__doc__)
    folder, (few, many) = str(options.folder), options.episodes
    found: dict[str, Any] = {}

    def measure(stage: str) -> None:
        low = cpu_s(*verb(stage, folder, few, 20_000))
        high = cpu_s(*verb(stage, folder, many, 20_000 + few))
        each = (high - low) / (many - few)
        found[stage] = {"s_an_episode": round(each, 2), "start_s": round(low - few * each, 2)}

    measure("drive")
    measure("generate")
    workspace = Workspace.open(folder)
    episodes = workspace.summaries()
    found["check"] = {"s_an_episode": round(cpu_s("check", folder) / len(episodes), 3)}
    trained = cpu_s("train", folder, "--no-gate", "--selection-episodes", "0", "--workers", "1")
    found["train"] = {"s_an_episode": round(trained / len(episodes), 2), "s": round(trained, 1)}
    measure("evaluate")
    steps = sum(summary.steps for summary in episodes)
    size = sum(path.stat().st_size for path in workspace.episodes())
    found |= {
        "episodes": len(episodes),
        "steps_an_episode": round(steps / len(episodes), 1),
        "mib_an_episode": round(size / len(episodes) / MIB, 3),
        "bytes_a_step": round(size / steps),
    }
    print(json.dumps({**found, **circumstances()}, indent=1))


if __name__ == "__main__":
    main()
