"""`sidestick tasks`: what can be done."""

from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from ...sim_envs.tasks import TASKS
from ..contact_sheet import write_contact_sheet
from .console import PEOPLE, print_json, say
from .verb import DONE


@dataclass(frozen=True)
class Tasks:
    """List the tasks, with the keywords that make their variants."""

    pictures: Path | None = None
    """Write a contact sheet of every task into this folder."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Print the list; draw the contact sheets."""
        if self.pictures is not None:
            for name in TASKS:
                say(f"wrote {write_contact_sheet(name, self.pictures)}")
        if self.json:
            print_json(
                [
                    {
                        "task": name,
                        "summary": task.summary,
                        "variants": task.variants(),
                        "stages": list(task.stages),
                        "goals": list(task.goal_names),
                        "max_steps": task.max_steps,
                    }
                    for name, task in TASKS.items()
                ]
            )
            return DONE
        table = Table("task", "what", "variants", "stages")
        for name, task in TASKS.items():
            variants = ", ".join(f"{key}={value}" for key, value in task.variants().items())
            table.add_row(name, task.summary, variants, " > ".join(task.stages))
        PEOPLE.print(table)
        return DONE
