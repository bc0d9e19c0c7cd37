"""`sidestick sweep` trains policies with several heads and seeds, and counts what each solves."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from rich.table import Table
from tyro.conf import arg

from ...datasets.workspace import Workspace
from ...policies.engines.memory import training_mib
from ..evaluation.rollouts import Rollouts
from ..evaluation.seeds import EVALUATION, check_reserved
from ..learning.sweep import SweepReport, sweep
from .chosen_policy import shown
from .console import PEOPLE, print_json, progress, say, working
from .job_options import JobOptions, say_lost
from .numbers import Count, Seed
from .recorded_run import keep_with_policy
from .subcommand import DONE, FOUND, Device, WorkspacePath
from .train import Train


@dataclass(frozen=True)
class Sweep(JobOptions):
    """Train policies with several heads and seeds, one a worker; count what each solves alone.

    As many train at the same time as the memory allows, the others wait. All drive the same scenes.
    They are published and drive unasked only after the gate. A training that was finished, on the
    same episodes and judgements, is not done again.
    """

    if_interrupted: ClassVar[str] = "what was trained and driven is kept; the same command goes on"

    workspace: WorkspacePath
    """Folder of the workspace."""
    head: tuple[str, ...] = ("bc",)
    """Kinds of policy; see `sidestick train`."""
    seed: tuple[Seed, ...] = (0, 1, 2)
    """Seeds of the trainings of each kind."""
    vision: Annotated[
        str | None, arg(help_behavior_hint="(default: keypoints where there is perception)")
    ] = None
    """How the policies see; see `sidestick train`."""
    steps: Annotated[Count | None, arg(help_behavior_hint="(default: as recommended)")] = None
    """Training steps."""
    episodes: Count = 50
    """Scenes that every policy drives."""
    first_seed: Seed = EVALUATION.first
    """Seed of the first scene."""
    device: Device = "cpu"
    """What networks are trained on; they drive on the CPU."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Train, drive, and show the table."""
        check_reserved(range(self.first_seed, self.first_seed + self.episodes))
        workspace = Workspace.open(self.workspace)
        with working("looking through the episodes"):
            workspace.recover()
        trainings = self._trainings()
        configs = [training.config(workspace) for training in trainings]
        engine = self.engine_asked(training_mib(len(workspace.episodes())))
        with (
            Rollouts(workspace.config, engine, kept_in=workspace.outcomes_dir) as rollouts,
            progress("sweep", 2 * len(configs)) as tick,
        ):
            found = sweep(
                workspace, configs, rollouts, self.episodes, self.first_seed, tick, say_lost,
                self.device,
            )  # fmt: skip
        for row in found.rows:
            made = next(t for t in trainings if (t.head, t.seed) == (row.head, row.seed))
            keep_with_policy(workspace.policies_dir / row.policy, "train", made)
        if self.json:
            print_json(found.to_json())
        else:
            PEOPLE.print(_table(found))
            say(f"next: sidestick policies {shown(workspace)} --gate ID, so that one may drive")
        return FOUND if found.lost else DONE

    def _trainings(self) -> list[Train]:
        """The trainings as `sidestick train` would make them, each once."""
        return [
            Train(
                workspace=self.workspace, head=head, vision=self.vision, steps=self.steps, seed=seed
            )
            for head in dict.fromkeys(self.head)
            for seed in dict.fromkeys(self.seed)
        ]


def _table(found: SweepReport) -> Table:
    """A line for each head, the best first."""
    table = Table("head", "seed: policy, solved", "all seeds", box=None)
    for head, rows, rate in found.by_head():
        each = "; ".join(f"{r.seed}: {r.policy}, {r.successes}/{r.episodes}" for r in rows)
        table.add_row(head, each, str(rate))
    return table
