"""`sidestick tasks` lists the tasks, their variants, and what each cannot do."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rich.table import Table

from ...sim_envs.plug_ins import Group, broken, origin, plug_ins
from ...sim_envs.tasks import TASKS, task_class, task_names
from ...sim_envs.tasks.task import Task
from .capabilities import refused, task_capabilities, world_capabilities
from .console import PEOPLE, complain, print_json, progress, say
from .subcommand import DONE, NOTHING_LOST

WORLD = "a world: drive WS --env NAME"


@dataclass(frozen=True)
class Tasks:
    """List the tasks and worlds, with the keywords of their variants and what they lack."""

    if_interrupted: ClassVar[str] = NOTHING_LOST

    out: Path | None = None
    """Write a contact sheet of every task, and one of their variations, into this folder."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Print the list; draw the contact sheets."""
        complain_of_broken()
        if self.out is not None:
            from ..report.contact_sheet import write_contact_sheet, write_variation_sheet

            with progress("drawing", len(TASKS) + 1, passing=True) as drawn:
                for name in TASKS:
                    say(f"wrote {write_contact_sheet(name, self.out)}")
                    drawn(name)
                say(f"wrote {write_variation_sheet(self.out)}")
                drawn("variations")
        if self.json:
            tasks = [_described(name, task) for name, task in usable_tasks().items()]
            print_json([*tasks, *map(_described_world, usable_worlds())])
            return DONE
        table = Table("task", "what", "variants", "stages", "from")
        for name, task in usable_tasks().items():
            stages = " > ".join(task.stages)
            table.add_row(name, task.summary, _keywords(task), stages, _origin(name))
        for name in usable_worlds():
            table.add_row(name, WORLD, "", "", origin(Group.WORLDS, name))
        PEOPLE.print(table)
        for line in _lacking():
            say(line)
        return DONE


def usable_tasks() -> dict[str, type[Task]]:
    """All tasks, built in and plug-ins, without those that cannot be imported."""
    bad = broken(Group.TASKS)
    return {name: task_class(name) for name in task_names() if name not in bad}


def usable_worlds() -> list[str]:
    """The plug-ins' worlds, without those that cannot be imported."""
    bad = broken(Group.WORLDS)
    return [name for name in plug_ins(Group.WORLDS) if name not in bad]


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
        "capabilities": task_capabilities(name),
        "refused": refused(task_capabilities(name)),
        **({} if name in TASKS else {"from": _origin(name)}),
    }


def _described_world(name: str) -> dict[str, Any]:
    """A world for programs; None for what `sidestick doctor` alone finds out, as it makes one."""
    declared = world_capabilities(name)
    return {
        "task": None,
        "world": name,
        "capabilities": declared,
        "refused": None if declared is None else refused(declared),
        "from": origin(Group.WORLDS, name),
    }


def _lacking() -> Iterator[str]:
    """A line for each task or world that lacks something, and what that refuses."""
    known = {name: task_capabilities(name) for name in usable_tasks()}
    for name, declared in [*known.items(), *((w, world_capabilities(w)) for w in usable_worlds())]:
        if declared is None:
            yield f"{name} is made by a function: `sidestick doctor {name}` says what it lacks"
        elif without := refused(declared):
            yield f"{name} lacks {'; '.join(without)}"


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
