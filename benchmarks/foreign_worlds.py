"""This benchmark measures policies that are learnt end to end in somebody else's worlds.

    python -m benchmarks.foreign_worlds panda FOLDER
    python -m benchmarks.foreign_worlds push-t FOLDER

The simulated operator demonstrates by the world's own script, a policy is trained on what
succeeded, and drives unseen seeds alone. It goes on where an earlier run in FOLDER stopped, and
runs by the Python of the environment `gym-worlds` of `make test-peers`. Each measurement is a line
of `results/foreign_worlds.jsonl`.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from benchmarks.generated import command
from benchmarks.rows import circumstances, keep_row
from sidestick.datasets.database import Database
from sidestick.datasets.workspace import Workspace
from sidestick.policies.statistics.rates import Rate

RESULTS = Path(__file__).parent / "results" / "foreign_worlds.jsonl"
WORLDS = {
    "panda": "tests.worlds.panda_pick_and_place:make",
    "push-t": "tests.worlds.push_t_expert:make",
}
RECIPES: dict[str, tuple[str, ...]] = {
    "panda": ("--steps", "3000"),
    "push-t": ("--head", "flow", "--steps", "4000"),
}
"""Of a training; the T may be pushed from many sides, which a head of one answer averages."""
DEMONSTRATIONS = {"panda": 25, "push-t": 40}


@dataclass(frozen=True)
class Options:
    """What to measure."""

    world: Annotated[Literal["panda", "push-t"], tyro.conf.Positional]
    """The world."""
    folder: Annotated[Path, tyro.conf.Positional]
    """Where its workspace is, or comes to be."""
    episodes: int = 50
    """Unseen seeds to evaluate on."""
    train: tuple[str, ...] = field(default=())
    """Further options of `sidestick train`; each folder has one training."""


def main() -> None:
    """Demonstrate, train, evaluate, keep the row."""
    options = tyro.cli(Options, description=__doc__)
    workspace = demonstrated(options)
    if not (workspace.policies_dir / "0001").exists():
        plain = ("--encoder", "small", "--selection-episodes", "0", "--no-gate")
        command("train", workspace.path, *plain, *RECIPES[options.world], *options.train)
    asked = ("--episodes", str(options.episodes), "--workers", "1", "--json")
    found = json.loads(command("evaluate", workspace.path, *asked))
    keep_row(RESULTS, row(options, workspace, found))


def demonstrated(options: Options) -> Workspace:
    """The workspace, with demonstrations of the first seeds."""
    if not options.folder.exists():
        asked = ("--env", WORLDS[options.world], "--headless", "--driver", "simulated")
        command("drive", options.folder, *asked, "--episodes", DEMONSTRATIONS[options.world])
    return Workspace.open(options.folder)


def row(options: Options, workspace: Workspace, found: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a measurement; progress is the mean of the episodes' best, in [0, 1]."""
    shown = [s for s in workspace.summaries() if s.success]
    rate = Rate(found["successes"], found["episodes"])
    episodes = Database(workspace.db_path).evaluations()[-1].payload["per_episode"]
    best = [1.0 if one["success"] else one["progress"] for one in episodes]
    return {
        "world": options.world,
        "demonstrations": len(shown),
        "steps": sum(summary.steps for summary in shown),
        "train": " ".join((*RECIPES[options.world], *options.train)),
        "successes": rate.successes,
        "episodes": rate.n,
        "interval95": list(rate.interval95),
        "progress": round(sum(best) / max(1, len(best)), 3),
        "lost_seeds": found["lost_seeds"],
        "first_seed": found["first_seed"],
        **circumstances(),
    }


if __name__ == "__main__":
    main()
