"""This package holds the tasks, one file each; a new task is a new file and a line here."""

from ..errors import PlugInError, UnknownName
from ..plug_ins import Group, is_plug_in, plug_in, plug_ins, require_own_names
from .shelf_pick import ShelfPick
from .sort_clothes import SortClothes
from .sort_recycling import SortRecycling
from .task import Status, Task

TASKS: dict[str, type[Task]] = {task.name: task for task in (ShelfPick, SortRecycling, SortClothes)}

__all__ = ["TASKS", "Status", "Task", "stages_of", "task_class", "task_names"]


def task_names() -> tuple[str, ...]:
    """The names of all tasks: built in, and plug-ins."""
    require_own_names(Group.TASKS, TASKS)
    return (*TASKS, *plug_ins(Group.TASKS))


def stages_of(name: str) -> tuple[str, ...]:
    """The stages of a task; none where nobody knows it, as that of another world."""
    return task_class(name).stages if name in task_names() else ()


def task_class(name: str) -> type[Task]:
    """The task of a short name; raises UnknownName with the names that exist.

    PlugInError for a plug-in that is none, or cannot be imported.
    """
    if name in TASKS:
        return TASKS[name]
    if not is_plug_in(Group.TASKS, name):
        raise UnknownName("task", name, task_names())
    kind = plug_in(Group.TASKS, name)
    if not (isinstance(kind, type) and issubclass(kind, Task)) or kind.name != name:
        raise PlugInError(
            f"plug-in {name!r} ({Group.TASKS.value}) is no Task of that name: {kind!r}"
        )
    return kind
