"""This package holds the tasks, one file each; a new task is a new file and a line here."""

from ..errors import UnknownName
from .shelf_pick import ShelfPick
from .sort_clothes import SortClothes
from .sort_recycling import SortRecycling
from .task import Status, Task

TASKS: dict[str, type[Task]] = {task.name: task for task in (ShelfPick, SortRecycling, SortClothes)}

__all__ = ["TASKS", "Status", "Task", "task_class"]


def task_class(name: str) -> type[Task]:
    """The task of a short name; raises UnknownName with the names that exist."""
    if name not in TASKS:
        raise UnknownName("task", name, TASKS)
    return TASKS[name]
