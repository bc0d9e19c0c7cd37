"""`sidestick generate` makes many demonstrations from few, by repeating them in new scenes."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import tyro
from rich.table import Table

from ...datasets.database import Database
from ...datasets.tables.episode_uses import named_episodes
from ...datasets.workspace import Workspace
from ..generation.attempts import Attempt
from ..generation.correcting_operator import CorrectingOperator
from ..generation.generate import GenerationReport, generate
from ..generation.generating_operator import NOISE, GeneratingOperator
from ..generation.scenes import CELL_M, TriedScene, open_scenes, read_scenes, regions
from ..generation.sources import corrections_of, sources_of
from ..session.environments import require_arm
from .console import PEOPLE, print_json, progress, say, working
from .endings import asked_and_made, say_ending
from .job_options import JobOptions, say_lost
from .numbers import Count, Share
from .subcommand import DONE, FOUND, WorkspacePath

Ids = Annotated[
    tuple[str, ...] | None, tyro.conf.arg(name="from", metavar="ID ...", help_behavior_hint="")
]


@dataclass(frozen=True)
class Generate(JobOptions):
    """Make demonstrations from demonstrations: what was done to an object is done to it elsewhere.

    Only what the simulator calls a success is kept, as an episode of the operator `generated`; it
    never counts as human effort. Scenes that nothing solved are named: show one of those next.
    """

    if_interrupted: ClassVar[str] = (
        "what was recorded is kept; the same command makes as many again, in further scenes"
    )

    workspace: WorkspacePath
    """Folder of the workspace."""
    episodes: Count = 60
    """Number of new episodes."""
    sources: Ids = None
    """The episodes to repeat; unless given, all that succeeded and were not generated."""
    corrections: bool = False
    """Repeat takeovers: the policy's failure happens again elsewhere, and is corrected there."""
    noise: Share = NOISE
    """Standard deviation of the noise on every motion, as a share of full speed."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Generate, and report the yield."""
        workspace = Workspace.open(self.workspace)
        require_arm(workspace.config, "generating demonstrations")
        with working("looking through the episodes"):
            workspace.recover()
        names = None
        if self.sources is not None:
            names = [path.stem for path in named_episodes(workspace, self.sources, None)]
        handlings = sources_of(workspace, names)
        if self.corrections:
            handlings = corrections_of(handlings)
        kind = CorrectingOperator if self.corrections else GeneratingOperator
        engine = self.engine_asked()
        with progress("generated", self.episodes) as made:

            def on_attempt(attempt: Attempt) -> None:
                if attempt.success:
                    made(f"last: seed {attempt.seed}")

            report = generate(
                workspace, self.episodes, handlings, engine, self.noise, on_attempt, kind, say_lost
            )
        if self.json:
            print_json(report.to_json())
        else:
            _show(report, workspace, self.episodes)
        return FOUND if report.stopped or report.lost else DONE


def _show(report: GenerationReport, workspace: Workspace, asked: int) -> None:
    from ..report.generation_map import write_generation  # it loads matplotlib

    scenes = read_scenes(Database(workspace.db_path))
    say(asked_and_made(asked, report.recorded, "episode", "recorded", len(report.lost)))
    say(
        f"{report.yielded:.0%} of {len(report.attempts)} attempts succeeded, repeating "
        f"{report.handlings} handlings of {report.sources} demonstrations"
    )
    failed = report.to_json()["failed_by_stage"]
    if failed:
        say("the others ended at " + ", ".join(f"{stage} ({n})" for stage, n in failed.items()))
        PEOPLE.print(_regions(scenes))
        say(f"a picture of it: {write_generation(scenes, workspace.path)}")
    if report.stopped:
        say(f"stopped: {report.stopped}")
    if left := open_scenes(workspace):
        seeds = ", ".join(str(seed) for seed in left[:5])
        say(f"`sidestick drive` offers the scenes that were not solved first: {seeds}")
    say_ending(f"{report.recorded} episodes", workspace.path, "train" if report.recorded else "")


def _regions(scenes: list[TriedScene]) -> Table:
    """The yield by where the first object stood, with the worst regions first."""
    table = Table("x, cm", "y, cm", "scenes", "solved", title="by place of the first object")
    wide = round(100 * CELL_M)
    for region in regions(scenes):
        low = (wide * part for part in region.cell)
        counts = str(region.scenes), str(region.solved)
        table.add_row(*(f"{at} to {at + wide}" for at in low), *counts)
    return table
