"""`seeds_to_drive` chooses the scenes of a session: those on which something failed come first."""

from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ..evaluation.seeds import PEOPLE, Seeds, check_reserved
from ..generation.scenes import open_scenes
from .console import say


def check_first_seed(first_seed: int | None, episodes: int) -> None:
    """BadValue where one of the seeds from a given one on is a release's."""
    if first_seed is not None:
        check_reserved(range(first_seed, first_seed + episodes))


def seeds_to_drive(
    workspace: Workspace, level: Level, first_seed: int | None, fresh: bool
) -> Seeds:
    """The seeds of a session at a level: from `first_seed` on where it is given.

    Else failures come first, unless `fresh` ones are asked for: those of practice at supervised
    and on-call, those of `sidestick generate` at demonstrate.
    """
    if first_seed is not None:
        return Seeds(first_seed)
    from ..learning.autonomous_practice import ASKS, open_failures  # it loads PyTorch

    used = [summary.header.seed for summary in workspace.summaries()]
    unused = max((seed for seed in used if seed in PEOPLE), default=-1) + 1
    if fresh:
        return Seeds(unused)
    if level is Level.DEMONSTRATE:
        seeds = Seeds(unused, open_scenes(workspace), "generation failed here")
        who = "the scenes that `sidestick generate` did not solve"
    elif level in ASKS:
        seeds = Seeds(unused, open_failures(workspace))
        who = "the seeds on which practice failed"
    else:
        return Seeds(unused)
    if seeds.failures:
        count = len(seeds.failures)
        say(f"first {who}, {count} so far unsolved (--fresh passes them over)")
    return seeds
