"""`sidestick tasks` lists the tasks and their variants."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rich.table import Table

from ...sim_envs.plug_ins import Group, broken, origin, plug_ins
from ...sim_envs.tasks import TASKS, task_class, task_names
from ...sim_envs.tasks.task import Task
from ..report.contact_sheet import write_contact_sheet, write_variation_sheet
from .console import PEOPLE, complain, print_json, say
from .subcommand import DONE, NOTHING_LOST


@dataclass(frozen=True)
class Tasks:
    """List the tasks, with the keywords of their variants."""

    if_interrupted: ClassVar[str] = NOTHING_LOST

    pictures: Path | None = None
    """Write a contact sheet of every task, and one of their variations, into this folder."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Print the list; draw the contact sheets."""
        complain_of_broken()
        if self.pictures is not None:
            for name in TASKS:
                say(f"wrote {write_contact_sheet(name, self.pictures)}")
            say(f"wrote {write_variation_sheet(self.pictures)}")
        if self.json:
            print_json([_described(name, task) for name, task in usable_tasks().items()])
            return DONE
        table = Table("task", "what", "variants", "stages", "from")
        for name, task in usable_tasks().items():
            stages = " > ".join(task.stages)
            table.add_row(name, task.summary, _keywords(task), stages, _origin(name))
        for name in plug_ins(Group.WORLDS):
            table.add_row(name, "a world: drive WS --env NAME", "", "", origin(Group.WORLDS, name))
        PEOPLE.print(table)
        return DONE


def usable_tasks() -> dict[str, type[Task]]:
    """All tasks, built in and plug-ins, without those that cannot be imported."""
    bad = broken(Group.TASKS)
    return {name: task_class(name) for name in task_names() if name not in bad}


def complain_of_broken() -> None:
    """Say which plug-ins of any kind cannot be had, and why."""
    for group in Group:
        for reason in broken(group).values():
            complain(reason)


def _described(name: str, task: type[Task]) -> dict[str, Any]:
    """A task for programs."""
    return {
        "task": name,
        "summary": task.summary,
        "variants": task.variants(),
        "choices": task.choices(),
        "stages": list(task.stages),
        "goals": list(task.goal_names),
        "max_steps": task().max_steps,
        **({} if name in TASKS else {"from": _origin(name)}),
    }


def _origin(name: str) -> str:
    return "" if name in TASKS else origin(Group.TASKS, name)


def _keywords(task: type[Task]) -> str:
    """A line for each keyword: its default, and its other values."""
    others = {
        key: [w for w in words if w != task.variants()[key]]
        for key, words in task.choices().items()
    }
    return "\n".join(
        f"{key}={value}" + "".join(f" | {word}" for word in others.get(key, []))
        for key, value in task.variants().items()
    )
