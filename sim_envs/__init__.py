"""This package simulates an arm, its cameras and tasks in PyBullet, as Gymnasium environments.

Importing it registers `sidestick/<task>-v0` for every task. What draws and moves them is loaded
with the first environment, or with `make_task_env`.
"""

from typing import TYPE_CHECKING, Any

import gymnasium

from .tasks import TASKS

if TYPE_CHECKING:
    from .making import make_task_env

__all__ = ["make_task_env"]

for _task in TASKS.values():
    gymnasium.register(
        f"sidestick/{_task.name}-v0",
        entry_point="sidestick.sim_envs.making:make_task_env",
        kwargs={"task": _task.name},
        max_episode_steps=_task().max_steps,
    )


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .making import make_task_env

    return make_task_env
