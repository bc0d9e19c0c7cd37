"""`sidestick practice`: unattended episodes whose successes become data."""

from dataclasses import dataclass

from ...datasets.database import Database
from ...datasets.workspace import Workspace
from ...policies.provenance import Provenance
from ...policies.store import PolicyStore
from ...policies.train_config import TrainConfig
from ...sim_envs.errors import BadValue
from ..learning import learn
from ..practice import FIRST_SEED, KIND, SEEDS_PER_ROUND, practise
from ..rollouts import Rollouts
from .console import print_json, progress, say
from .verb import DONE, WorkspacePath


@dataclass(frozen=True)
class Practice:
    """The newest policy attempts the task alone; successes become data and it is refitted."""

    workspace: WorkspacePath
    """Folder of the workspace."""
    rounds: int = 1
    """How often to practise and refit."""
    episodes: int = 100
    """Attempts in each round, on fresh seeds."""
    workers: int = 2
    """Processes that drive at the same time."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Practise, refit, again."""
        for option, value in (("--rounds", self.rounds), ("--episodes", self.episodes)):
            if value < 1:
                raise BadValue(option, "at least 1", value)
        workspace = Workspace.open(self.workspace)
        workspace.recover()
        with Rollouts(workspace.config, self.workers) as rollouts:
            rounds = [self._round(workspace, rollouts) for _ in range(self.rounds)]
        if self.json:
            print_json({"rounds": rounds})
        return DONE

    def _round(self, workspace: Workspace, rollouts: Rollouts) -> dict[str, object]:
        store = PolicyStore(workspace.policies_dir)
        policy = store.latest()
        number = 1 + max((e.round for e in Database(workspace.db_path).efforts()), default=0)
        first = FIRST_SEED + number * SEEDS_PER_ROUND
        with progress(f"round {number}: {policy} practises", self.episodes) as tick:
            seeds = range(first, first + self.episodes)
            outcomes = practise(workspace, rollouts, policy, seeds, number, lambda _: tick(""))
        solved = sum(outcome.success for outcome in outcomes)
        provenance = Provenance(parent=policy, round=number, kind=KIND)
        result = learn(workspace, TrainConfig(), rollouts, provenance=provenance)
        say(f"round {number}: {solved} of {self.episodes} succeeded; policy {result.path.name}")
        return {"round": number, "successes": solved, "policy": result.path.name}
