"""This benchmark measures policies from few demonstrations and what was generated from them.

    python -m benchmarks.generated FOLDER --task ShelfPick --demonstrations 1 --count 60
    python -m benchmarks.generated FOLDER --task SortClothes --num-items 1 --set 2 --release 0.3

It goes the way of a user: the simulated operator demonstrates, `sidestick generate` repeats that in
new scenes, a policy is trained on both and drives unseen seeds alone. A set has demonstrations and
a training seed of its own; all sets generate in the same scenes. Workspaces and policies stay in
FOLDER, where another call with another count or noise finds them. Each measurement is a line of
`results/generated.jsonl`.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from benchmarks import pointed_object
from benchmarks.rows import keep_row, read_rows
from benchmarks.success_by_demonstrations import evaluation_seeds
from sidestick.datasets.summary import EpisodeSummary
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.threads import limit_threads
from sidestick.teleop.evaluation.rollouts import InProcessRollouts
from sidestick.teleop.generation.generating_operator import NOISE
from sidestick.teleop.learning.workspace_training import succeeded

RESULTS = Path(__file__).parent / "results" / "generated.jsonl"
SEEDS_A_SET = 1000
"""The demonstrations of set k are those of seeds from k times this."""
MADE = "generation.json"
"""File in a workspace with what `generate` reported, and its CPU-seconds."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    folder: Annotated[Path, tyro.conf.Positional]
    task: str = "ShelfPick"
    """Task."""
    num_items: int | None = None
    """Number of objects; None: the task's own."""
    variation: str | None = None
    """Domain randomization, in demonstrations and evaluation alike; None: none."""
    operator: str = "simulated"
    """Who demonstrates: simulated or clumsy."""
    demonstrations: int = 3
    """Successful demonstrations to begin with."""
    count: int = 60
    """Generated episodes to train on; 0: none."""
    set: int = 0
    """Which demonstrations, and which training seed."""
    noise: float = NOISE
    """Noise of generation, a share of full speed."""
    vision: str = "keypoints"
    """Kind of vision: keypoints or end-to-end."""
    episodes: int = 100
    """Unseen seeds to evaluate on."""
    release: str | None = None
    """Release whose seeds are driven, see `benchmarks.release`; None: the validation seeds."""


def main() -> None:
    """Demonstrate, generate, train, evaluate, keep the row."""
    options = tyro.cli(Options, description=__doc__)
    limit_threads()
    workspace = demonstrated(options)
    generate(options, workspace)
    shown = chosen(options, workspace)
    seeds = evaluation_seeds(options.release, options.episodes)
    trained = pointed_object.Options(
        workspace.path, options.folder / "policies",
        release=options.release, seed=options.set, vision=options.vision,
    )  # fmt: skip
    folder, seconds = pointed_object.trained(trained, workspace, shown)
    with InProcessRollouts(workspace.config) as rollouts:
        wins = [rollouts(folder, seed) for seed in seeds]
    made = pointed_object.row(trained, workspace, shown, wins, seconds, seeds)
    keep_row(RESULTS, {**cost(options, workspace), **made})


def demonstrated(options: Options) -> Workspace:
    """The workspace of these options, with as many successful demonstrations as they ask for."""
    parts = [options.task, options.num_items, options.variation, options.operator]
    parts += [options.demonstrations, f"noise{options.noise:g}", f"set{options.set}"]
    path = options.folder / "-".join(str(part) for part in parts if part is not None)
    if not path.exists():
        asked = ["--task", options.task, "--headless", "--driver", options.operator]
        asked += ["--first-seed", str(options.set * SEEDS_A_SET)]
        asked += ["--num-items", str(options.num_items)] if options.num_items else []
        asked += ["--variation", options.variation] if options.variation else []
        command("drive", path, *asked, "--episodes", str(options.demonstrations))
    return Workspace.open(path)


def generate(options: Options, workspace: Workspace) -> None:
    """Generate what the workspace lacks, and keep the report."""
    lacks = options.count - len(_generated(workspace))
    if lacks <= 0:
        return
    began = os.times().children_user
    found = command(
        "generate", workspace.path, "--episodes", str(lacks), "--noise", str(options.noise),
        "--workers", "1", "--json",
    )  # fmt: skip
    made = {**json.loads(found), "cpu_s": round(os.times().children_user - began, 1)}
    with (workspace.path / MADE).open("a") as file:
        file.write(json.dumps(made) + "\n")


def command(verb: str, *words: object) -> str:
    """What a verb of the command line prints on standard output; it may end with FOUND, 1."""
    asked = [sys.executable, "-m", "sidestick.teleop.cli.main", verb, *map(str, words)]
    done = subprocess.run(asked, stdout=subprocess.PIPE, text=True)
    if done.returncode > 1:
        raise SystemExit(done.returncode)
    return done.stdout


def chosen(options: Options, workspace: Workspace) -> list[EpisodeSummary]:
    """The successful demonstrations, and the first generated episodes."""
    made = _generated(workspace)[: options.count]
    return [s for s in _successes(workspace) if s.header.operator != "generated"] + made


def _generated(workspace: Workspace) -> list[EpisodeSummary]:
    return [s for s in _successes(workspace) if s.header.operator == "generated"]


def _successes(workspace: Workspace) -> list[EpisodeSummary]:
    return [summary for summary in workspace.summaries() if succeeded(summary)]


def cost(options: Options, workspace: Workspace) -> dict[str, Any]:
    """What the demonstrations cost the operator and the generation the computer."""
    reports = read_rows(workspace.path / MADE)
    effort = json.loads(command("ledger", workspace.path, "--json"))["sessions"]
    return {
        "operator": options.operator,
        "set": options.set,
        "driven_s": round(sum(one["driven_s"] for one in effort), 1),
        "attended_s": round(sum(one["attended_s"] for one in effort), 1),
        "noise": options.noise,
        "attempts": sum(report["attempts"] for report in reports),
        "recorded": sum(report["recorded"] for report in reports),
        "generation_cpu_s": round(sum(report["cpu_s"] for report in reports), 1),
    }


if __name__ == "__main__":
    main()
