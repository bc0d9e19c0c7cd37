"""`sidestick quickstart` runs the whole loop headless, with a simulated operator."""

import shlex
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import tyro

from ...sim_envs.errors import BadValue
from ..evaluation.rollouts import Rollouts
from ..quickstart_config import QuickstartConfig
from .console import loading, say, working
from .job_options import JobOptions
from .subcommand import DONE, Device


@dataclass(frozen=True)
class QuickstartVerb(JobOptions):
    """Drive, generate, learn, take over, correct and report, with a simulated operator.

    It can be interrupted; run again, it goes on where it stopped.
    """

    if_interrupted: ClassVar[str] = "the same command goes on where it stopped"

    workspace: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="WS")] = Path(
        "runs/demo"
    )
    """Folder of the workspace."""
    task: str = "ShelfPick"
    """Short name of the task."""
    full: bool = False
    """Run the long curve: ten demonstrations, three rounds of corrections and a round of practice,
    nothing generated; about 12 minutes on two cores."""
    fast: bool = False
    """Run every stage small, in under three minutes; the figures mean nothing then."""
    device: Device = "auto"
    """What networks run on."""

    def run(self) -> int:
        """Run every stage that is not done yet."""
        with loading():
            from ..quickstart import Quickstart

        course = self._course()
        started = time.monotonic()
        with Rollouts(course.config(), self.engine_asked()) as rollouts:
            quickstart = Quickstart(self.workspace, course, rollouts, self.command())
            stages = list(quickstart.stages())
            say(f"{len(stages)} stages: " + "; ".join(stage.title for stage in stages))
            for stage in stages:
                with working(stage.title):
                    line = stage.run()
                minutes = (time.monotonic() - started) / 60
                say(f"{minutes:5.1f} min  {stage.title}: {line}")
            for figure in quickstart.figures():
                say(figure)
        where = shlex.quote(str(self.workspace))
        say(f"next: `sidestick drive {where} --level supervised` to drive beside the policy")
        return DONE

    def _course(self) -> QuickstartConfig:
        if self.full and self.fast:
            raise BadValue("--full, --fast", "one of them", "both")
        chosen = QuickstartConfig
        if self.full:
            return chosen.full(self.task)
        return chosen.fast(self.task) if self.fast else chosen(self.task)

    def command(self) -> str:
        """The command line that makes this workspace."""
        words = ["sidestick", "quickstart", str(self.workspace)]
        words += [] if self.task == QuickstartVerb.task else ["--task", self.task]
        return shlex.join([*words, *(f"--{way}" for way in ("full", "fast") if getattr(self, way))])
