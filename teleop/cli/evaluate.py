"""`sidestick evaluate`: how often a policy succeeds without help."""

from dataclasses import dataclass

from ...datasets.workspace import Workspace
from ...sim_envs.errors import BadValue
from ..evaluate import FIRST_SEED, evaluate
from ..rollouts import Rollouts
from ..session import Outcome
from .console import print_json, progress, say
from .verb import DONE, WorkspacePath


@dataclass(frozen=True)
class Evaluate:
    """Let a policy drive alone on fixed seeds; print its success rate with a 95 % interval."""

    workspace: WorkspacePath
    """Folder of the workspace."""
    policy: str | None = None
    """Number of the policy; the newest unless given."""
    episodes: int = 100
    """How many episodes, one for each seed."""
    first_seed: int = FIRST_SEED
    """Seed of the first episode."""
    workers: int = 2
    """Processes that drive at the same time; it does not change the result."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Drive, count, store, report."""
        for option, value in (("--episodes", self.episodes), ("--workers", self.workers)):
            if value < 1:
                raise BadValue(option, "at least 1", value)
        workspace = Workspace.open(self.workspace)
        tally = {"successes": 0}
        with (
            Rollouts(workspace.config, self.workers) as rollouts,
            progress(f"evaluate {workspace.config.task}", self.episodes) as tick,
        ):

            def heard(outcome: Outcome) -> None:
                tally["successes"] += outcome.success
                tick(f"{tally['successes']} succeeded")

            report = evaluate(
                workspace, rollouts, self.policy, self.episodes, self.first_seed, heard
            )
        if self.json:
            print_json(report.to_json())
        else:
            say(f"policy {report.policy} on {report.task}: {report.rate}")
        return DONE
