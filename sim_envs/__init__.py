"""This package simulates an arm, its cameras and tasks in PyBullet, as Gymnasium environments.

Importing it registers `sidestick/<task>-v0` for every task.
"""

import gymnasium

from .making import make_task_env
from .tasks import TASKS

__all__ = ["make_task_env"]

for _task in TASKS.values():
    gymnasium.register(
        f"sidestick/{_task.name}-v0",
        entry_point="sidestick.sim_envs.making:make_task_env",
        kwargs={"task": _task.name},
        max_episode_steps=_task().max_steps,
    )
