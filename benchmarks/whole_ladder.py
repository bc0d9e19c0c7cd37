"""This benchmark runs the ladder with the simulated operator, up to autonomous and down again.

    python -m benchmarks.whole_ladder /tmp/ladder [--demonstrations 40] [--plot ladder.png]

ShelfPick with few items: demonstrations, a policy, and then every episode at the policy's
authorised level; where evidence does not suffice, it practises and a new policy is trained and
evaluated. Once it is autonomous, noise is added to its weights, and the sequential test has to
demote it within 10 episodes. It prints JSON.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.provenance import Provenance
from sidestick.policies.base.threads import limit_threads
from sidestick.policies.engines.local import LocalEngine
from sidestick.policies.policy import LearnedPolicy
from sidestick.policies.store import PolicyStore
from sidestick.policies.training.config import TrainConfig
from sidestick.teleop.autonomy.ladder import ChangeReason, LevelChange
from sidestick.teleop.autonomy.ladder_plot import plot_ladder
from sidestick.teleop.autonomy.ladder_store import LadderStore
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.learning.active_policy import load_runner
from sidestick.teleop.learning.autonomous_practice import practise
from sidestick.teleop.learning.workspace_training import train_on_workspace
from sidestick.teleop.report.ledger import read_ledger
from sidestick.teleop.session.help_requests import HelpRules
from sidestick.teleop.session.levels import name
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.station.headless import RunRules, drive_simulated

DEMONSTRATION_SEED, FIRST_SEED, PRACTICE_SEED = 0, 500_000, 600_000
PATIENCE = 100
"""Episodes at one level after which the policy practises and is trained again."""
MUST_FALL_WITHIN = 10


@dataclass
class Climb:
    """One workspace's promotion to autonomous and demotion."""

    workspace: Workspace
    practice: int
    """Attempts in a round of practice."""
    steps: int | None = None
    """Updates of a training; None: by the number of windows."""
    say: Callable[[str], object] = lambda _: None
    seed: int = FIRST_SEED
    rounds: int = 0
    changes: list[LevelChange] = field(default_factory=list)
    driven: Counter[str] = field(default_factory=Counter)
    """Episodes by level."""

    def __post_init__(self) -> None:
        self.ladder_store = LadderStore(self.workspace)
        self.store = PolicyStore(self.workspace.policies_dir)

    def demonstrate(self, episodes: int) -> None:
        """Record the first episodes, driven by the operator alone."""
        seeds = range(DEMONSTRATION_SEED, DEMONSTRATION_SEED + episodes)
        drive_simulated(self.workspace, Level.DEMONSTRATE, seeds)
        self.driven["demonstrate"] += episodes

    def learn(self, parent: str | None = None) -> None:
        """Train a policy on all successes so far."""
        kind = "demonstrations" if parent is None else "practice"
        provenance = Provenance(parent=parent, round=self.rounds, kind=kind)
        training = TrainConfig(steps=self.steps)
        result = train_on_workspace(self.workspace, training, provenance=provenance, progress=False)
        self.say(f"policy {result.path.name} from {kind}")

    def improve(self) -> None:
        """Practise and train a new policy."""
        self.rounds += 1
        first = PRACTICE_SEED + 1000 * self.rounds
        seeds, policy = range(first, first + self.practice), self.store.choose().policy_id
        with Rollouts(self.workspace.config, LocalEngine(1)) as rollouts:
            outcomes = practise(self.workspace, rollouts, policy, seeds, self.rounds)
        solved = sum(outcome.success for outcome in outcomes)
        self.say(f"practice: {solved} of {len(outcomes)}")
        self.learn(policy)

    def climb(self, most_rounds: int) -> bool:
        """Drive until the policy is autonomous; False where it never gets there."""
        here = 0
        while (level := self.ladder_store.authorise(None)) is not Level.AUTONOMOUS:
            before = len(self.changes)
            self.drive(level)
            here = 0 if len(self.changes) > before else here + 1
            if here >= PATIENCE:
                if self.rounds == most_rounds:
                    return False
                self.improve()
                here = 0
        return True

    def drive(self, level: Level, runner: PolicyRunner | None = None) -> None:
        """Drive one episode at a level."""
        rules = RunRules(HelpRules(budget=1), ladder=True, on_change=self._add_change)
        drive_simulated(self.workspace, level, [self.seed], rules=rules, runner=runner)
        self.seed += 1
        self.driven[name(level)] += 1

    def fall(self, noise: float) -> int | None:
        """Perturb the policy's weights; the number of episodes until it is demoted, or None."""
        runner = load_runner(self.workspace, self.store.choose().policy_id)
        assert isinstance(runner.policy, LearnedPolicy)
        spoil(runner.policy, noise)
        for episode in range(1, 2 * MUST_FALL_WITHIN + 1):
            self.drive(Level.AUTONOMOUS, runner)
            if self.changes and self.changes[-1].why is ChangeReason.DEMOTED:
                return episode
        return None

    def _add_change(self, change: LevelChange) -> None:
        self.changes.append(change)
        self.say(f"{change.why.value}: {name(change.after)}; {change.evidence}")


def spoil(policy: LearnedPolicy, noise: float) -> None:
    """Add noise to the head's weights, in units of each tensor's standard deviation."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weights in policy.network.head.parameters():
            if weights.numel() > 1:
                kick = torch.randn(weights.shape, generator=generator)
                weights += noise * weights.std() * kick


def run(climb: Climb, demonstrations: int, most_rounds: int, noise: float) -> dict[str, Any]:
    """Promote and demote a policy; the report as JSON."""
    climb.demonstrate(demonstrations)
    climb.learn()
    arrived = climb.climb(most_rounds)
    fell = climb.fall(noise) if arrived else None
    ladder = climb.ladder_store.ladder()
    return {
        "autonomous": arrived,
        "demoted_after": fell,
        "level": name(ladder.level),
        "episodes": dict(climb.driven),
        "rounds_of_practice": climb.rounds,
        "changes": [
            f"{entry.policy} {entry.why.value} {name(entry.before)} -> {name(entry.after)}: "
            f"{entry.evidence}"
            for entry in ladder.entries
            if isinstance(entry, LevelChange)
        ],
        "human": read_ledger(climb.workspace).to_json()["total"],
    }


def main() -> int:
    """Run it and print JSON; exit with 1 where the policy is not promoted and demoted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--demonstrations", type=int, default=40)
    parser.add_argument("--items", type=int, default=2)
    parser.add_argument("--practice", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--noise", type=float, default=1.0)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    limit_threads()
    config = WorkspaceConfig("ShelfPick", env_kwargs={"num_items": options.items})
    workspace = Workspace.create(options.workspace, config)

    def say(words: str) -> None:
        print(words, file=sys.stderr, flush=True)

    climb = Climb(workspace, options.practice, options.steps, say)
    report = run(climb, options.demonstrations, options.rounds, options.noise)
    if options.plot:
        plot_ladder(climb.ladder_store.ladder(), options.plot)
    print(json.dumps(report, indent=1))
    fell = report["demoted_after"]
    return 0 if fell is not None and fell <= MUST_FALL_WITHIN else 1


if __name__ == "__main__":
    sys.exit(main())
