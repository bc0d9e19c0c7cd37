"""This module records short episodes of real environments, with random actions, for tests."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.step import ActionMode, Driver
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs import make_task_env
from tests.synthetic import made_up_header, made_up_step


def simulated_workspace(
    path: Path, task: str, seeds: Sequence[int], steps: int, reseats: Sequence[int], size: int
) -> Workspace:
    """A workspace with an episode of each seed, re-seated before these ticks, pictures of `size`.

    They count as successes, which they are not.
    """
    made = Workspace.create(path, WorkspaceConfig(task, image_size=size))
    with closing(make_task_env(task, image_size=size)) as env:
        for number, seed in enumerate(seeds):
            rng, rows = np.random.default_rng(seed), []
            seen, _ = env.reset(seed=seed)
            for tick in range(steps):
                state, reseat = env.state(), tick in reseats
                if reseat:
                    env.reseat()
                step = made_up_step(rng, Driver.HUMAN, ActionMode.DEMONSTRATION, tick / 20, size)
                rows.append(replace(step, observation=seen, state=state, reseat=reseat))
                seen, *_ = env.step(rows[-1].action)
            header = replace(
                made_up_header(task, seed),
                instruction=env.instruction,
                goal=env.task.goal_names[env.task.goal],
                goal_names=env.task.goal_names,
                stages=env.task.stages,
            )
            stem = f"20250101T00000{number}-0000000{number}"
            episode = Episode.of_steps(
                header, rows, True, final_observation=seen, final_state=env.state(), episode_id=stem
            )
            episode.write(made.episodes_dir / f"{stem}.hdf5")
    return made
