"""`sidestick drive`: record episodes with an operator."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ...datasets.config import WorkspaceConfig
from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...sim_envs.errors import BadValue, NoDisplay
from ...sim_envs.tasks import task_class
from ..authority import level_named
from ..driving import drive_simulated
from ..session import Outcome
from .console import print_json, progress, say
from .verb import DONE, WorkspacePath

DEMONSTRATION_SEED = 0


@dataclass(frozen=True)
class Drive:
    """Drive the arm and record episodes into a workspace, which is made if it is new."""

    workspace: WorkspacePath
    """Folder of the workspace."""
    task: str | None = None
    """Short name of the task; may be left out for a workspace that exists."""
    level: str = "demonstrate"
    """Who may drive: demonstrate (the human), supervised (the policy, the human corrects)."""
    headless: bool = False
    """No window; needs an operator that is not a person."""
    operator: Literal["person", "simulated"] = "person"
    """Who sits in the seat."""
    episodes: int = 10
    """How many episodes to record."""
    first_seed: int = DEMONSTRATION_SEED
    """Seed of the first episode; the next ones follow."""
    policy: str | None = None
    """Number of the policy that drives; the newest unless given."""
    num_items: int | None = None
    """Fewer items than the task has, for first lessons (new workspaces only)."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Record the episodes."""
        level = level_named(self.level)
        if self.episodes < 1:
            raise BadValue("--episodes", "at least 1", self.episodes)
        if self.operator == "person":
            raise NoDisplay(
                "the window for a person is not built yet; "
                "use --headless --operator simulated for the simulated operator"
            )
        workspace = self.open()
        workspace.recover()
        self._drive(workspace, level)
        return DONE

    def open(self) -> Workspace:
        """Open the workspace, or make it for the task that was asked for."""
        return open_workspace(self.workspace, self.task, self.num_items)

    def _drive(self, workspace: Workspace, level: Level) -> None:
        seeds = range(self.first_seed, self.first_seed + self.episodes)
        tally = {"successes": 0}
        with progress(f"{self.level} {workspace.config.task}", self.episodes) as tick:

            def heard(outcome: Outcome) -> None:
                tally["successes"] += outcome.success
                tick(f"{tally['successes']} succeeded")

            report = drive_simulated(workspace, level, seeds, self.policy, on_outcome=heard)
        if self.json:
            print_json(asdict(report))
        else:
            say(
                f"{report.successes} of {report.episodes} episodes succeeded; "
                f"human {report.human_steps} steps, policy {report.policy_steps} steps, "
                f"{report.takeovers} takeovers"
            )


def open_workspace(path: Path, task: str | None, num_items: int | None = None) -> Workspace:
    """Open a workspace, or make one for `task`; one of another task is refused."""
    if task is None:
        return Workspace.open(path)
    variant = {} if num_items is None else {"num_items": num_items}
    task_class(task).with_variant(variant)  # refuses unknown tasks and keywords
    return Workspace.open_or_create(path, WorkspaceConfig(task=task, env_kwargs=variant))
