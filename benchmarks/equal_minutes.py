"""This benchmark compares what a policy learns from equal human minutes, spent in several ways.

    python -m benchmarks.equal_minutes FOLDER --task ShelfPick --set 0 --release 0.3

A policy is trained on a few demonstrations. From there the simulated operator spends the same
minutes on further demonstrations, on one arm that she watches and corrects, or on a fleet whose
arms she serves when they call; each way has a copy of the workspace; of one, corrections are
repeated in new scenes. A policy is then trained from scratch on all that each copy holds, and
drives unseen seeds alone. Demonstrating and watching are charged what the ledger models as
attended; the fleet is charged the whole shift. Workspaces and policies stay in FOLDER. Each
measurement is a line of `results/equal_minutes.jsonl`.
"""

import itertools
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from benchmarks.figure import RESULTS
from benchmarks.generated import SEEDS_A_SET, command
from benchmarks.rows import circumstances, keep_row
from benchmarks.success_by_demonstrations import evaluation_seeds
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.threads import limit_threads
from sidestick.policies.statistics.rates import Rate
from sidestick.teleop.evaluation.rollouts import InProcessRollouts
from sidestick.teleop.generation.generating_operator import NAME
from sidestick.teleop.learning.workspace_training import succeeded

ROWS = RESULTS / "equal_minutes.jsonl"
WAYS = ("nothing", "demonstrations", "watched", "watched-generated", "fleet")
GENERATED = "-generated"
"""Ending of the ways after whose minutes `generate --corrections` repeats what was corrected."""
FIRST_SPENT = 500
"""What the minutes are spent on are the seeds from here on, within a set."""
BATCH = 2
"""Episodes after which it is looked at whether the minutes are spent."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    folder: Annotated[Path, tyro.conf.Positional]
    task: str = "ShelfPick"
    """Task."""
    num_items: int | None = None
    """Number of objects; None: the task's own."""
    demonstrations: int = 6
    """Demonstrations to begin with."""
    minutes: float = 3.0
    """Human minutes to spend."""
    count: int = 60
    """Corrections to generate, of the way that does."""
    arms: int = 8
    """Arms of the fleet."""
    set: int = 0
    """Which demonstrations, and which training seed."""
    ways: tuple[str, ...] = WAYS
    """What the minutes are spent on."""
    episodes: int = 100
    """Unseen seeds to evaluate on."""
    release: str | None = None
    """Release whose seeds are driven, see `benchmarks.release`; None: the validation seeds."""


def main() -> None:
    """Spend, train, evaluate, keep a row for each way."""
    options = tyro.cli(Options, description=__doc__)
    limit_threads()
    begun = begin(options)
    for way in options.ways:
        keep_row(ROWS, measured(options, begun, way))


def begin(options: Options) -> Path:
    """The workspace with the first demonstrations, and the policy from them."""
    parts = [options.task, options.num_items, options.demonstrations, f"set{options.set}"]
    path = options.folder / "-".join(str(part) for part in parts if part is not None)
    if not path.exists():
        asked = ["--num-items", options.num_items] if options.num_items else []
        command(
            "drive", path, "--task", options.task, *asked, "--headless", "--driver", "simulated",
            "--first-seed", options.set * SEEDS_A_SET, "--episodes", options.demonstrations,
        )  # fmt: skip
        train(path, options)
    return path


def train(path: Path, options: Options) -> None:
    """A policy from scratch, on all that the workspace holds."""
    how = ("--selection-episodes", 0, "--seed", options.set, "--no-gate")
    command("train", path, *how)


def measured(options: Options, begun: Path, way: str) -> dict[str, Any]:
    """The row of one way to spend the minutes."""
    path = begun
    if way != "nothing":
        path = begun.with_name(f"{begun.name}-{way}-{options.minutes:g}min")
        if not path.exists():
            make(options, begun, path, way)
    workspace = Workspace.open(path)
    policy = max(folder for folder in (path / "policies").iterdir() if folder.name.isdigit())
    seeds = evaluation_seeds(options.release, options.episodes)
    with InProcessRollouts(workspace.config) as rollouts:
        wins = [rollouts(policy, seed) for seed in seeds]
    rate = Rate(sum(wins), len(wins))
    return {
        "task": options.task, "num_items": options.num_items, "way": way, "set": options.set,
        "arms": options.arms if way == "fleet" else 1, "minutes": options.minutes,
        "first_demonstrations": options.demonstrations, **spent(workspace, begun),
        "release": options.release, "seeds": [seeds.start, seeds.stop], "episodes": rate.n,
        "successes": rate.successes, "interval95": [round(end, 3) for end in rate.interval95],
        "per_episode": list(map(bool, wins)), **circumstances(),
    }  # fmt: skip


def make(options: Options, begun: Path, path: Path, way: str) -> None:
    """The workspace of one way, with all that its minutes were spent on, and a policy of it."""
    plain = way.removesuffix(GENERATED)
    spent_in = begun.with_name(f"{begun.name}-{plain}-{options.minutes:g}min")
    if not spent_in.exists():
        shutil.copytree(begun, spent_in)
        spend(options, spent_in, plain)
        train(spent_in, options)
    if way != plain:
        shutil.copytree(spent_in, path)
        how = ("--corrections", "--episodes", options.count, "--workers", 1)
        command("generate", path, *how)
        train(path, options)


def spend(options: Options, path: Path, way: str) -> None:
    """Spend the minutes; demonstrating and watching end with the episodes that exceed them."""
    first = options.set * SEEDS_A_SET + FIRST_SPENT
    if way == "fleet":
        command(
            "fleet", path, "--arms", options.arms, "--headless", "--driver", "simulated",
            "--minutes", options.minutes, "--policy", "0001", "--override", "--first-seed", first,
        )  # fmt: skip
        return
    began = attended_s(path)
    supervised = ["--level", "supervised", "--policy", "0001", "--override"]
    level = supervised if way == "watched" else ["--level", "demonstrate"]
    for batch in itertools.count():
        if attended_s(path) - began >= 60 * options.minutes:
            return
        command(
            "drive", path, "--headless", "--driver", "simulated", *level,
            "--first-seed", first + batch * BATCH, "--episodes", BATCH,
        )  # fmt: skip


def attended_s(path: Path) -> float:
    """The seconds that the ledger says were attended."""
    sessions = json.loads(command("ledger", path, "--json"))["sessions"]
    return float(sum(session["attended_s"] for session in sessions))


def spent(workspace: Workspace, begun: Path) -> dict[str, Any]:
    """What was recorded beyond the first demonstrations."""
    first = {summary.id for summary in Workspace.open(begun).summaries()}
    new = [s for s in workspace.summaries() if s.id not in first]
    more = [s for s in new if s.header.operator != NAME]
    return {
        "attended_s": round(attended_s(workspace.path) - attended_s(begun), 1),
        "recorded": len(more),
        "generated": len(new) - len(more),
        "successful": sum(map(succeeded, more)),
        "human_steps": sum(summary.human_steps for summary in more),
    }


if __name__ == "__main__":
    main()
