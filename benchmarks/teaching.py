"""This benchmark compares corrections, practice and help requests with demonstrations, by effort.

    python -m benchmarks.teaching WS --arms corrections practice together --seeds 0 1 2 --out FILE

WS is a workspace with demonstrations by the simulated operator, such as one made by
`sidestick drive WS --task ShelfPick --headless --operator simulated --episodes 110`. Every seed
begins with its own demonstrations, ten by default, and its own training seed:

* demonstrations: only more demonstrations; the other arms are compared with their seconds.
* corrections: rounds of supervised episodes, trained on human steps alone (HG-DAgger). After the
  last one the same data is trained on with every other scheme of class weights: everything alike,
  half interventions (IWR, Sirius); and the control: as many seconds of driving, as demonstrations.
* practice: rounds of unattended attempts, whose successes become data.
* together: rounds of attempts that only find the seeds on which the policy fails; it drives some
  of those on call, and requests help: nobody watches it.

Every policy is evaluated alone on the unseen seeds from 20000. Each row is written to FILE as soon
as it is measured.
"""

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from benchmarks.rows import keep_row, read_rows
from benchmarks.success_by_demonstrations import demonstrations
from sidestick.datasets.frames import Frames
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.torch_setup import limit_threads
from sidestick.policies.perception.keypoint_cache import KeypointCache
from sidestick.policies.statistics.rates import Rate
from sidestick.policies.store import PolicyStore
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.train import train
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.evaluation.seeds import EVALUATION, PRACTICE, SEEDS_PER_ROUND, SUPERVISED
from sidestick.teleop.learning.autonomous_practice import practise
from sidestick.teleop.learning.workspace_training import KEYPOINT_CACHE
from sidestick.teleop.report.ledger import read_ledger
from sidestick.teleop.session.help_requests import HelpRules
from sidestick.teleop.station.headless import RunRules, drive_simulated

SHOWN_APART = 30
"""Offset between the first demonstrations of two seeds."""
SCHEMES = ("plain", "balanced", "corrections")
"""Schemes compared with that of the rounds, human steps alone."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    workspace: Annotated[Path, tyro.conf.Positional]
    out: Path
    """File of JSON lines; rows that it holds already are not measured again."""
    arms: tuple[Literal["demonstrations", "corrections", "practice", "together"], ...] = (
        "demonstrations",
    )
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds; each has demonstrations, scenes and a training seed of its own."""
    demonstrations: int = 10
    """Demonstrations that every arm begins with."""
    counts: tuple[int, ...] = (5, 10, 15, 20, 25, 30, 40)
    """Numbers of demonstrations of the arm `demonstrations`."""
    rounds: int = 3
    supervised: int = 22
    """Supervised episodes in a round."""
    practice: int = 100
    """Unattended attempts in a round."""
    calls: int = 3
    """Help requests that a round of `together` allows, and seeds that it drives on call."""
    episodes: int = 100
    """Unseen seeds to evaluate on."""
    folder: Path | None = None
    """Folder for the workspaces; None: a temporary one."""


class Pupil:
    """One arm with one seed: a workspace of its own, and the human effort spent on it."""

    def __init__(self, options: Options, arm: str, seed: int, folder: Path) -> None:
        self.options, self.arm, self.seed = options, arm, seed
        self.source = Workspace.open(options.workspace)
        self.workspace = Workspace.create(folder / f"{arm}{seed}", self.source.config)
        known, cache = (w.path / KEYPOINT_CACHE for w in (self.source, self.workspace))
        if known.exists():
            shutil.copytree(known, cache, dirs_exist_ok=True)
        self.store = PolicyStore(self.workspace.policies_dir)
        self.rollouts = Rollouts(self.workspace.config, 1)
        self.shown = 0
        self.demonstrated_s = 0.0
        self.show(options.counts[0] if arm == "demonstrations" else options.demonstrations)

    def show(self, count: int) -> None:
        """Add the next `count` of this seed's demonstrations."""
        found = demonstrations(self.source)
        first = self.seed * SHOWN_APART + self.shown
        if count > len(found) - self.shown:
            raise BadValue("workspace", f"{self.shown + count} demonstrations", len(found))
        for place in range(first, first + count):
            summary = found[place % len(found)]
            assert summary.path is not None
            shutil.copy(summary.path, self.workspace.episodes_dir)
            self.demonstrated_s += summary.steps / self.workspace.config.control_hz
        self.shown += count
        self.workspace.rebuild_index()

    def human_s(self) -> dict[str, float]:
        """Human effort until now: driving and watching, s."""
        total = read_ledger(self.workspace).total
        driven = self.demonstrated_s + total.driven_s
        return {"driven_s": round(driven, 1), "watched_s": round(total.watched_s, 1)}

    def learn(self, shares: str = "auto", say: str = "", **facts: Any) -> str:
        """Train on all successes, evaluate, keep the row; the policy's number."""
        done = [s for s in self.workspace.summaries() if s.success and s.complete]
        frames = Frames.read([s.path for s in done if s.path is not None], images=False)
        config = TrainConfig(seed=self.seed, shares=shares, tensorboard=False)
        path, started = self.store.next_path(), time.monotonic()
        cache = KeypointCache(self.workspace.path / KEYPOINT_CACHE)
        train(frames, config, path, cache=cache, progress=False)
        seconds = time.monotonic() - started
        seeds = EVALUATION.seeds(self.options.episodes)
        outcomes = self.rollouts.run(path, seeds)
        rate = Rate(sum(outcome.success for outcome in outcomes), len(outcomes))
        row = {
            "arm": self.arm,
            "seed": self.seed,
            "what": say,
            "shares": shares,
            "successes": rate.successes,
            "episodes": rate.n,
            "interval95": rate.interval95,
            **self.human_s(),
            **facts,
            "data": len(frames.episodes),
            "train_s": round(seconds, 1),
        }
        failed = [[outcome.seed, outcome.stage] for outcome in outcomes if not outcome.success]
        keep_row(self.options.out, {**row, "failed": failed})
        return path.name

    def close(self) -> None:
        """Stop the worker process."""
        self.rollouts.close()


def demonstrated(pupil: Pupil) -> None:
    """More and more demonstrations."""
    for count in pupil.options.counts:
        if count > pupil.shown:
            pupil.show(count - pupil.shown)
        pupil.learn(say=f"{pupil.shown} demonstrations")


def corrections(pupil: Pupil) -> None:
    """Rounds of supervised episodes; the same data under every scheme; and the control."""
    options = pupil.options
    policy = pupil.learn(say="demonstrations")
    alone = (pupil.demonstrated_s, pupil.shown)
    for number in range(1, options.rounds + 1):
        first = scenes(SUPERVISED.first, pupil.seed, number)
        seeds = range(first, first + options.supervised)
        report = drive_simulated(pupil.workspace, Level.SUPERVISED, seeds, policy, number)
        facts = {
            "takeovers": report.takeovers,
            "human_share": report.human_steps / (report.human_steps + report.policy_steps),
            "helped_successes": report.successes,
        }
        policy = pupil.learn(say=f"round {number}", **facts)
    for shares in SCHEMES:
        pupil.learn(shares, say="the same data")
    spent = pupil.human_s()
    total = read_ledger(pupil.workspace).total
    for path in pupil.workspace.episodes_dir.glob("*.hdf5"):
        path.unlink()
    pupil.demonstrated_s, pupil.shown = 0.0, 0
    pupil.show(alone[1])
    while pupil.demonstrated_s < alone[0] + total.driven_s:
        pupil.show(1)
    pupil.learn(say="control", control_s=pupil.demonstrated_s, instead_of=spent)


def practice(pupil: Pupil) -> None:
    """Rounds of unattended attempts."""
    policy = pupil.learn(say="demonstrations")
    for number in range(1, pupil.options.rounds + 1):
        solved, failed = attempt(pupil, policy, number)
        policy = pupil.learn("practice", say=f"round {number}", solved=solved, unsolved=len(failed))


def together(pupil: Pupil) -> None:
    """Rounds of unattended attempts, and help with some of those that failed, on call."""
    options = pupil.options
    policy = pupil.learn(say="demonstrations")
    for number in range(1, options.rounds + 1):
        solved, failed = attempt(pupil, policy, number)
        rules = RunRules(HelpRules(budget=options.calls))
        asked = drive_simulated(
            pupil.workspace, Level.ON_CALL, failed[: options.calls], policy, number, rules=rules
        )
        policy = pupil.learn(
            say=f"round {number}",
            solved=solved,
            unsolved=len(failed),
            takeovers=asked.takeovers,
            helped_successes=asked.successes,
        )


def attempt(pupil: Pupil, policy: str, number: int) -> tuple[int, list[int]]:
    """A round of practice: the number of successes, and the seeds that failed."""
    first = scenes(PRACTICE.first, pupil.seed, number)
    seeds = range(first, first + pupil.options.practice)
    outcomes = practise(pupil.workspace, pupil.rollouts, policy, seeds, number)
    failed = [outcome.seed for outcome in outcomes if not outcome.success]
    return len(outcomes) - len(failed), failed


def scenes(base: int, seed: int, number: int) -> int:
    """The first seed of a round; no two rounds share one."""
    return base + SEEDS_PER_ROUND * number + 1000 * seed


ARMS = {
    "demonstrations": demonstrated,
    "corrections": corrections,
    "practice": practice,
    "together": together,
}


def knows(out: Path, arm: str, seed: int) -> bool:
    """Whether an arm was measured completely before."""
    rows = read_rows(out)
    return any(r["arm"] == arm and r["seed"] == seed and r.get("last") for r in rows)


def measure(options: Options, folder: Path) -> None:
    """Measure every arm with every seed."""
    for seed in options.seeds:
        for arm in options.arms:
            if knows(options.out, arm, seed):
                continue
            pupil = Pupil(options, arm, seed, folder)
            try:
                ARMS[arm](pupil)
            finally:
                pupil.close()
            keep_row(options.out, {"arm": arm, "seed": seed, "last": True})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the rows."""
    options = tyro.cli(Options, description=__doc__, args=arguments)
    limit_threads()
    if options.folder is not None:
        measure(options, options.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(options, Path(folder))


if __name__ == "__main__":
    main()
