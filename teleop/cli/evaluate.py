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
from .console import PEOPLE, print_json, progress, say
from .numbers import Count, Limit, Seed, Workers
from .subcommand import DONE, Device, WorkspacePath
from .unused_options import refuse_unused

OF_DRIVES = (
    "episodes", "first_seed", "release", "workers", "variation", "videos", "most_videos"
)  # fmt: skip
"""Options that mean nothing where nothing is driven."""


@dataclass(frozen=True)
class Evaluate:
    """Let a policy drive alone on fixed seeds; print its success rate with a 95 % interval.

    The result and the stage that each episode reached are kept in the workspace's database.
    """

    if_interrupted: ClassVar[str] = "nothing is stored; the same command begins again"

    workspace: WorkspacePath
    """Folder of the workspace."""
    policy: Annotated[str | None, arg(help_behavior_hint="(default: the one that drives)")] = None
    """Number of the policy, such as 0003; see `sidestick policies`. With --novelty all unless
    given."""
    episodes: Count = 100
    """Number of episodes, one for each seed."""
    first_seed: Seed = EVALUATION.first
    """Seed of the first episode; the same seeds give the same scenes to every policy."""
    release: bool = False
    """The seeds are those of a release, for its final figures; without this they are refused."""
    workers: Workers = 2
    """Processes that drive at the same time; it does not change the result."""
    variation: Annotated[
        Literal["none", "mild", "strong"] | None,
        arg(help_behavior_hint="(default: as in the workspace)"),
    ] = None
    """Domain randomization of cameras, light, colours, shapes and clutter, by seed."""
    videos: Annotated[Path | None, arg(help_behavior_hint="(default: no videos)")] = None
    """Write videos of failures into this folder."""
    most_videos: Limit = 5
    """With --videos, the most that are written."""
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
        if self.videos is None:
            refuse_unused(self, "without --videos", ("most_videos",))
        check_reserved(range(self.first_seed, self.first_seed + self.episodes), self.release)
        workspace = Workspace.open(self.workspace)
        if self.novelty:
            return self._report_novelty(workspace)
        choice = take_policy(workspace, self.policy)
        seen = seen_seeds(workspace, self.first_seed, self.episodes)
        if seen:
            say(f"not unseen: {len(seen)} of the {self.episodes} seeds have recorded episodes")
        report = self._drive(workspace, choice.policy_id)
        films = self._film(workspace, report)
        if self.json:
            found = {**report.to_json(), **choice_json(choice)}
            facts = {"seen_seeds": seen, "videos": [str(path) for path in films]}
            print_json({**found, **facts})
            return DONE
        say(f"policy {report.policy} on {report.task}: {report.rate}")
        PEOPLE.print(_table(report))
        for path in films:
            say(f"filmed {path}")
        return DONE

    def _drive(self, workspace: Workspace, chosen: str) -> EvaluationReport:
        policy, tally = policy_to_evaluate(workspace, chosen), {"successes": 0}
        with (
            Rollouts(
                varied(workspace.config, self.variation), self.workers, self.device
            ) as rollouts,
            progress(f"evaluate {workspace.config.task}", self.episodes) as tick,
        ):

            def on_outcome(outcome: EpisodeOutcome) -> None:
                tally["successes"] += outcome.success
                tick(f"{tally['successes']} succeeded")

            seeds = (self.episodes, self.first_seed)
            return evaluate(workspace, rollouts, policy, *seeds, on_outcome, self.release)

    def _film(self, workspace: Workspace, report: EvaluationReport) -> list[Path]:
        if self.videos is None:
            return []
        failed = [outcome.seed for outcome in report.outcomes if not outcome.success]
        policy = PolicyStore(workspace.policies_dir).path(report.policy)
        config = varied(workspace.config, self.variation)
        return write_rollout_videos(config, policy, failed[: self.most_videos], self.videos)

    def _report_novelty(self, workspace: Workspace) -> int:
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


def seen_seeds(workspace: Workspace, first_seed: int, episodes: int) -> list[int]:
    """Those of the seeds of which the workspace has an episode, so that it may be learnt from."""
    asked = range(first_seed, first_seed + episodes)
    return sorted(seed for seed in recorded_seeds(workspace) if seed in asked)


def _table(report: EvaluationReport) -> Table:
    """For each stage, how many episodes reached it and how many ended in it."""
    table = Table("stage", "came so far", "got no farther", box=None)
    for stage, rate in report.reached.items():
        table.add_row(stage, str(rate), str(report.ended_in[stage] or ""))
    return table
