"""`sidestick tasks` lists the tasks and their variants."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.table import Table

from ...sim_envs.tasks import TASKS
from ...sim_envs.tasks.task import Task
from ..report.contact_sheet import write_contact_sheet, write_variation_sheet
from .console import PEOPLE, print_json, say
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
        if self.pictures is not None:
            for name in TASKS:
                say(f"wrote {write_contact_sheet(name, self.pictures)}")
            say(f"wrote {write_variation_sheet(self.pictures)}")
        if self.json:
            print_json(
                [
                    {
                        "task": name,
                        "summary": task.summary,
                        "variants": task.variants(),
                        "choices": task.choices(),
                        "stages": list(task.stages),
                        "goals": list(task.goal_names),
                        "max_steps": task().max_steps,
                    }
                    for name, task in TASKS.items()
                ]
            )
            return DONE
        table = Table("task", "what", "variants", "stages")
        for name, task in TASKS.items():
            table.add_row(name, task.summary, _keywords(task), " > ".join(task.stages))
        PEOPLE.print(table)
        return DONE


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
