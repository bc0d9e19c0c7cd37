"""`sidestick quickstart` runs the whole loop headless, with a simulated operator."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import tyro

from ..evaluation.rollouts import Rollouts
from ..quickstart import Quickstart, QuickstartConfig
from .console import PEOPLE, say
from .numbers import Workers
from .subcommand import DONE, Device


@dataclass(frozen=True)
class QuickstartVerb:
    """Drive, record, learn, take over, correct, practise and report, with a simulated operator.

    It can be interrupted; run again, it goes on where it stopped.
    """

    if_interrupted: ClassVar[str] = "the same command goes on where it stopped"

    workspace: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="WS")] = Path(
        "runs/demo"
    )
    """Folder of the workspace."""
    task: str = "ShelfPick"
    """Short name of the task."""
    fast: bool = False
    """Run every stage small, in under three minutes; the figures mean nothing then."""
    workers: Workers = 2
    """Processes that evaluate and practise at the same time."""
    device: Device = "auto"
    """What networks run on."""

    def run(self) -> int:
        """Run every stage that is not done yet."""
        course = QuickstartConfig.fast(self.task) if self.fast else QuickstartConfig(self.task)
        started = time.monotonic()
        with Rollouts(course.config(), self.workers) as rollouts:
            quickstart = Quickstart(self.workspace, course, rollouts)
            for stage in quickstart.stages():
                with PEOPLE.status(stage.title):
                    line = stage.run()
                minutes = (time.monotonic() - started) / 60
                say(f"{minutes:5.1f} min  {stage.title}: {line}")
        return DONE
