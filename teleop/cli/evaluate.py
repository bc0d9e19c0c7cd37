"""`sidestick evaluate` measures how often a policy succeeds without help."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from rich.table import Table
from tyro.conf import arg

from ...datasets.workspace import Workspace
from ...policies.policy_choice import NAMED
from ...policies.store import PolicyStore
from ..evaluation.evaluate import EvaluationReport, evaluate, policy_to_evaluate, varied
from ..evaluation.rollout_video import write_rollout_videos
from ..evaluation.rollouts import Rollouts
from ..evaluation.seeds import EVALUATION, check_reserved, recorded_seeds
from ..evaluation.takeover_prediction import workspace_takeover_prediction
from ..session.subscriber import EpisodeOutcome
from .chosen_policy import choice_json, take_policy
from .console import PEOPLE, print_json, progress, say, working
from .endings import asked_and_made, say_ending
from .job_options import OPTIONS, JobOptions, say_lost, seed_range
from .numbers import Count, Limit, Seed
from .subcommand import DONE, FOUND, Device, WorkspacePath
from .unused_options import refuse_unused

OF_DRIVES = (
    "episodes", "first_seed", "seeds", "release", "variation", "out", "most_videos", *OPTIONS
)  # fmt: skip
"""Options that mean nothing where nothing is driven."""


@dataclass(frozen=True)
class Evaluate(JobOptions):
    """Let a policy drive alone on fixed seeds; print its success rate with a 95 % interval.

    The result and the stage that each episode reached are kept in the workspace's database. A seed
    that was driven before, by the same policy and program, is not driven again.
    """

    if_interrupted: ClassVar[str] = "the same command goes on with the seeds that are left"

    workspace: WorkspacePath
    """Folder of the workspace."""
    policy: Annotated[str | None, arg(help_behavior_hint="(default: the one that drives)")] = None
    """Number of the policy, such as 0003; see `sidestick policies`. With --novelty, all."""
    episodes: Count = 100
    """Number of episodes, one for each seed."""
    first_seed: Seed = EVALUATION.first
    """Seed of the first episode; the same seeds give the same scenes to every policy."""
    release: bool = False
    """The seeds are those of a release, for its final figures; without this they are refused."""
    seeds: Annotated[str | None, arg(metavar="A:B", help_behavior_hint="")] = None
    """Drive the seeds from A on and below B, as a part of a larger evaluation on many machines."""
    variation: Annotated[
        Literal["none", "mild", "strong"] | None,
        arg(help_behavior_hint="(default: as in the workspace)"),
    ] = None
    """Domain randomization of cameras, light, colours, shapes and clutter, by seed."""
    out: Annotated[Path | None, arg(help_behavior_hint="(default: no videos)")] = None
    """Write videos of failures into this folder."""
    most_videos: Limit = 5
    """With --out, the most that are written."""
    novelty: Annotated[
        bool,
        arg(
            help="Drive nothing: report how well the policy's novelty score warned of the "
            "takeovers in the recorded sessions (AUROC: 1 always, 0.5 by chance)."
        ),
    ] = False
    """Report how well novelty predicted takeovers instead."""
    device: Device = "cpu"
    """What networks run on."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Drive, count, store, report."""
        if self.novelty:
            refuse_unused(self, "with --novelty", OF_DRIVES)
        if self.out is None:
            refuse_unused(self, "without --out", ("most_videos",))
        seeds = self._seeds()
        check_reserved(seeds, self.release)
        workspace = Workspace.open(self.workspace)
        if self.novelty:
            return self._report_novelty(workspace)
        choice = take_policy(workspace, self.policy)
        seen = seen_seeds(workspace, seeds)
        if seen:
            say(f"not unseen: {len(seen)} of the {len(seeds)} seeds have recorded episodes")
        report = self._drive(workspace, choice.policy_id, seeds)
        films = self._film(workspace, report)
        if self.json:
            found = {**report.to_json(), **choice_json(choice)}
            facts = {"seen_seeds": seen, "videos": [str(path) for path in films]}
            print_json({**found, **facts})
            return FOUND if report.lost else DONE
        PEOPLE.print(_table(report))
        say(asked_and_made(len(seeds), report.rate.n, "episode", "driven", len(report.lost)))
        if report.unanswered:
            say(f"on {report.unanswered} ticks the policy gave no answer, and the arm rested")
        for path in films:
            say(f"filmed {path}")
        result = f"policy {report.policy} on {report.task}: {report.rate}"
        say_ending(result, self.workspace, "report")
        return FOUND if report.lost else DONE

    def _seeds(self) -> range:
        """The seeds that are asked for, by --seeds or by the other two options."""
        if self.seeds is None:
            return range(self.first_seed, self.first_seed + self.episodes)
        refuse_unused(self, "with --seeds", ("episodes", "first_seed"))
        return seed_range(self.seeds)

    def _drive(self, workspace: Workspace, chosen: str, seeds: range) -> EvaluationReport:
        policy, tally = policy_to_evaluate(workspace, chosen), {"successes": 0}
        config = varied(workspace.config, self.variation)
        with (
            Rollouts(config, self.engine_asked(), self.device, workspace.outcomes_dir) as rollouts,
            progress(f"evaluate {workspace.config.task}", len(seeds)) as tick,
        ):

            def on_outcome(outcome: EpisodeOutcome) -> None:
                tally["successes"] += outcome.success
                tick(f"{tally['successes']} succeeded")

            return evaluate(
                workspace, rollouts, policy, len(seeds), seeds.start, on_outcome, self.release,
                on_lost=say_lost,
            )  # fmt: skip

    def _film(self, workspace: Workspace, report: EvaluationReport) -> list[Path]:
        if self.out is None:
            return []
        failed = [outcome.seed for outcome in report.outcomes if not outcome.success]
        policy = PolicyStore(workspace.policies_dir).path(report.policy)
        config = varied(workspace.config, self.variation)
        seeds = failed[: self.most_videos]
        with progress("filming", len(seeds)) as tick:
            return write_rollout_videos(config, policy, seeds, self.out, on_film=tick)

    def _report_novelty(self, workspace: Workspace) -> int:
        with working("how well novelty warned"):
            found = workspace_takeover_prediction(workspace, self.policy)
        which = ", ".join(found.policies)
        why = "all that an operator watched" if self.policy is None else NAMED
        say(f"policy {which}: {why}")
        if self.json:
            print_json(found.to_json())
        else:
            low, high = found.interval95
            say(
                f"novelty warns of a takeover within a second: AUROC {found.auroc:.2f} "
                f"[{low:.2f}-{high:.2f}], {found.before_takeover} of {found.ticks} ticks "
                f"in {found.episodes} episodes"
            )
        return DONE


def seen_seeds(workspace: Workspace, asked: range) -> list[int]:
    """Those of the seeds of which the workspace has an episode, so that it may be learnt from."""
    return sorted(seed for seed in recorded_seeds(workspace) if seed in asked)


def _table(report: EvaluationReport) -> Table:
    """For each stage, how many episodes reached it and how many ended in it."""
    table = Table("stage", "came so far", "got no farther", box=None)
    for stage, rate in report.reached.items():
        table.add_row(stage, str(rate), str(report.ended_in[stage] or ""))
    return table
