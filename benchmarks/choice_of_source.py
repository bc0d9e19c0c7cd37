"""This benchmark measures what choosing the demonstration to repeat is worth to generation.

    python -m benchmarks.choice_of_source WS --scenes 60

WS is a workspace with a few demonstrations. Each scene is tried once with the demonstration that
`sidestick generate` chooses, by likeness and nearness, and once with one that is drawn by chance,
by the same seeds. Nothing is recorded. Each measurement is a line of
`results/choice_of_source.jsonl`.
"""

import itertools
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from benchmarks.figure import RESULTS
from benchmarks.rows import circumstances, keep_row
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.threads import limit_threads
from sidestick.policies.engines.local import LocalEngine
from sidestick.policies.statistics.rates import Rate
from sidestick.teleop.evaluation.seeds import GENERATION
from sidestick.teleop.generation.attempts import Attempt, Attempts
from sidestick.teleop.generation.generating_operator import NOISE, GeneratingOperator
from sidestick.teleop.generation.handling import Handling
from sidestick.teleop.generation.sources import sources_of
from sidestick.teleop.generation.transferred_expert import TransferredExpert

ROWS = RESULTS / "choice_of_source.jsonl"
FIRST_SEED = GENERATION.first + 500_000
"""Scenes that no workspace was generated in."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    workspace: Annotated[Path, tyro.conf.Positional]
    scenes: int = 60
    """Scenes to try."""


class DrawingOperator(GeneratingOperator):
    """Repeats one demonstration in a scene, drawn by chance."""

    def begin(self, seed: int) -> None:
        """Begin with another scene."""
        super().begin(seed)
        names = sorted({handling.source for handling in self._handlings})
        drawn = names[int(self._rng.integers(len(names)))]
        its = [handling for handling in self._handlings if handling.source == drawn]
        self.expert = TransferredExpert(its, self._rng)


KINDS: dict[str, type[GeneratingOperator]] = {
    "chosen": GeneratingOperator,
    "drawn": DrawingOperator,
}


def main() -> None:
    """Try all scenes in both ways, keep the rows."""
    options = tyro.cli(Options, description=__doc__)
    limit_threads()
    workspace = Workspace.open(options.workspace)
    handlings = sources_of(workspace)
    for choice in KINDS:
        keep_row(ROWS, measured(options, workspace, handlings, choice))


def measured(
    options: Options, workspace: Workspace, handlings: list[Handling], choice: str
) -> dict[str, Any]:
    """How the scenes went by one way of choosing."""
    seeds = range(FIRST_SEED, FIRST_SEED + options.scenes)
    attempts: list[Attempt] = []
    with Attempts(workspace.config, KINDS[choice], handlings, NOISE, LocalEngine(1)) as tries:
        for attempt in tries.run(iter(itertools.count(FIRST_SEED))):
            if attempt.tried == 1 and attempt.seed in seeds:
                attempts.append(attempt)
            if len(attempts) == options.scenes:
                break
    rate = Rate(sum(one.success for one in attempts), len(attempts))
    return {
        "task": workspace.config.task,
        "env_kwargs": dict(workspace.config.env_kwargs),
        "demonstrations": len({handling.source for handling in handlings}),
        "choice": choice,
        "seeds": [seeds.start, seeds.stop],
        "episodes": rate.n,
        "successes": rate.successes,
        "interval95": [round(end, 3) for end in rate.interval95],
        "failed_by_stage": dict(Counter(one.stage for one in attempts if not one.success)),
        "per_episode": [one.success for one in attempts],
        **circumstances(),
    }


if __name__ == "__main__":
    main()
