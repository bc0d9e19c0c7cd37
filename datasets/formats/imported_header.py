"""`header_of` makes the header of another tool's episode.

Where the task is one of ours, its names of goals and stages are used; else there are only numbers.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import OUR_RENDERER, UNKNOWN_RENDERER, WorkspaceConfig
from ..schema import OBS
from ..step import EpisodeHeader, Level
from ..summary import NO_SEED

WHOLE = ("whole",)
"""Stages of an episode whose tool knows none."""
ONE_GOAL = ("goal",)
"""Goal of an episode whose tool knows none: the same for every instruction."""
NO_SEEDS = "seed: not recorded, so that these episodes are not simulated again"
NAMELESS_STAGES = "stages: recorded without their names, called by number"


def header_of(
    task: str,
    instruction: str,
    env_args: Mapping[str, Any],
    started: float,
    rows: Mapping[str, NDArray[Any]],
    filled_in: list[str],
    seed: int = NO_SEED,
    of_world: tuple[tuple[str, ...], tuple[str, ...]] | None = None,
) -> EpisodeHeader:
    """The header of an episode with these columns [T, ...]; `filled_in` gets what was assumed.

    `of_world` are the names of goals and stages of another world than ours.
    """
    known_goals, known_stages = of_world or _names_of(task)
    goals = rows[f"{OBS}goal"]
    names = known_goals
    if len(known_goals) != goals.shape[1]:
        names = tuple(map(str, range(goals.shape[1]))) if goals.shape[1] > 1 else ONE_GOAL
    if seed == NO_SEED and NO_SEEDS not in filled_in:
        filled_in.append(NO_SEEDS)
    last = int(rows["stage"].max(initial=0))
    stages = known_stages if last < len(known_stages) else WHOLE
    if last >= len(stages):
        stages = tuple(map(str, range(last + 1)))
        if NAMELESS_STAGES not in filled_in:
            filled_in.append(NAMELESS_STAGES)
    return EpisodeHeader(
        task=task,
        instruction=instruction,
        goal=names[int(np.argmax(goals[0]))],
        seed=seed,
        operator="imported",
        level=_level(rows),
        stages=stages,
        goal_names=names,
        env_args=env_args,
        started=started,
    )


def described(env_args: Mapping[str, Any], config: WorkspaceConfig) -> dict[str, Any]:
    """Another tool's description of its environment, with what our episodes say of theirs."""
    kwargs = env_args.get("env_kwargs")
    known = {"renderer": config.renderer, "image_size": config.image_size}
    return {**env_args, "env_kwargs": {**(kwargs if isinstance(kwargs, Mapping) else {}), **known}}


def renderer_of(task: str, given: object, filled_in: list[str]) -> str:
    """The renderer of the pictures: as recorded, ours for a task of ours, else unknown."""
    if given:
        return str(given)
    if not _names_of(task)[0]:
        return UNKNOWN_RENDERER
    note = f"renderer: not recorded, taken as {OUR_RENDERER}"
    filled_in += [note] if note not in filled_in else []
    return OUR_RENDERER


def stages_of(task: str) -> tuple[str, ...]:
    """The names of a task's stages; empty for another's task."""
    return _names_of(task)[1]


def _level(rows: Mapping[str, NDArray[Any]]) -> int:
    """The level at the first step; a strange one is left to the check of the episode."""
    first = int(rows["level"][0])
    return first if first in tuple(Level) else Level.DEMONSTRATE


def _names_of(task: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of goals and stages of a task of ours; empty for another's."""
    from ...sim_envs.tasks import TASKS  # it loads the physics, which readers of files do without

    known = TASKS.get(str(task))
    return (known.goal_names, known.stages) if known else ((), ())
