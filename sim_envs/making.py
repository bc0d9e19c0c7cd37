"""Build an environment from the short name of a task and keywords."""

from typing import Any

from .environment import ArmEnv
from .spaces import IMAGE_SIZE
from .tasks import task_class


def make_task_env(
    task: str = "ShelfPick",
    renderer: str = "tiny",
    image_size: int = IMAGE_SIZE,
    render_mode: str | None = None,
    **variant: Any,
) -> ArmEnv:
    """An environment of the named task; `variant` are the task's own keywords.

    Raises UnknownName for a task or renderer that does not exist, BadValue for a keyword or a
    value that the task does not take.
    """
    built = task_class(task).with_variant(variant)
    return ArmEnv(built, renderer=renderer, image_size=image_size, render_mode=render_mode)
