"""A `Pupil` is one arm of `benchmarks.teaching` with one seed: its data, policies and effort."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from benchmarks.release import release_seeds
from benchmarks.rows import circumstances, keep_row
from benchmarks.success_by_demonstrations import demonstrations, own_set
from sidestick.datasets.database import Database
from sidestick.datasets.effort_counts import effort_of_episode
from sidestick.datasets.episode import Episode
from sidestick.datasets.frames import Frames
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.engines.local import LocalEngine
from sidestick.policies.perception.keypoint_cache import KeypointCache
from sidestick.policies.statistics.rates import Rate
from sidestick.policies.store import PolicyStore
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.train import train
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.evaluation.seeds import EVALUATION, PEOPLE
from sidestick.teleop.learning.workspace_training import KEYPOINT_CACHE
from sidestick.teleop.report.cost import EffortCost
from sidestick.teleop.report.ledger import read_ledger
from sidestick.teleop.session.human_effort import kind_of_level
from sidestick.teleop.station.headless import drive_simulated

FURTHER = 10_000
"""First scene of the demonstrations that are recorded where a seed's own do not suffice."""
Arm = Literal["demonstrations", "corrections", "practice", "together"]
Scheme = Literal["plain", "balanced", "corrections"]


@dataclass(frozen=True)
class Options:
    """What to measure."""

    workspace: Annotated[Path, tyro.conf.Positional]
    out: Path
    """File of JSON lines; rows that it holds already are not measured again."""
    arms: tuple[Arm, ...] = ("demonstrations",)
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds; each has demonstrations, scenes and a training seed of its own."""
    reserved: int = 55
    """Demonstrations of WS that each seed has for itself: seed k has those from k * reserved on."""
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
    schemes: tuple[Scheme, ...] = ("plain", "balanced", "corrections")
    """Schemes compared with that of the rounds of `corrections`, human steps alone; may be none."""
    episodes: int = 100
    """Unseen seeds to evaluate on."""
    evaluation_first: int = EVALUATION.first
    """The first of them, unless `release` is given."""
    release: str | None = None
    """Release whose seeds are driven instead."""
    folder: Path | None = None
    """Folder for the workspaces; None: a temporary one."""


class Pupil:
    """One arm with one seed: a workspace of its own, whose ledger has all human effort."""

    def __init__(self, options: Options, arm: str, seed: int, folder: Path) -> None:
        self.options, self.arm, self.seed, self.folder = options, arm, seed, folder
        self.source = Workspace.open(options.workspace)
        self.own = own_set(demonstrations(self.source), seed, options.reserved)
        self.workspace = Workspace.create(folder / f"{arm}{seed}", self.source.config)
        known, cache = (w.path / KEYPOINT_CACHE for w in (self.source, self.workspace))
        if known.exists():
            shutil.copytree(known, cache, dirs_exist_ok=True)
        self.store = PolicyStore(self.workspace.policies_dir)
        self.rollouts = Rollouts(self.workspace.config, LocalEngine(1))
        self.shown = 0

    def show(self, count: int) -> None:
        """Add the next `count` of this seed's demonstrations; record more where it has no more."""
        while count:
            if self.shown < len(self.own):
                path = self.own[self.shown].path
                assert path is not None
                shutil.copy(path, self.workspace.episodes_dir)
                counts = effort_of_episode(Episode.read(path, images=False))
                entry = counts.entry(kind_of_level(Level.DEMONSTRATE), 0, None)
                Database(self.workspace.db_path).add_effort(entry)
            else:
                first = PEOPLE.first + FURTHER + 1000 * self.seed + self.shown
                drive_simulated(self.workspace, Level.DEMONSTRATE, [first])
            self.shown, count = self.shown + 1, count - 1
        self.workspace.rebuild_index()

    @property
    def cost(self) -> EffortCost:
        """Human effort until now."""
        return read_ledger(self.workspace).total

    def human_s(self) -> dict[str, float]:
        """Human effort until now: driving, watching, and modelled attention, s."""
        cost = self.cost
        spent = (cost.driven_s, cost.watched_s, cost.attended_s)
        names = ("driven_s", "watched_s", "attended_s")
        return {name: round(value, 1) for name, value in zip(names, spent, strict=True)}

    def learn(self, shares: str = "auto", say: str = "", **facts: Any) -> str:
        """Train on all successes, evaluate, keep the row; the policy's number."""
        done = [s for s in self.workspace.summaries() if s.success and s.complete]
        frames = Frames.read([s.path for s in done if s.path is not None], images=False)
        config = TrainConfig(seed=self.seed, shares=shares, tensorboard=False)
        path, started = self.store.next_path(), time.monotonic()
        cache = KeypointCache(self.workspace.path / KEYPOINT_CACHE)
        train(frames, config, path, cache=cache, progress=False)
        seconds = time.monotonic() - started
        seeds = evaluation_seeds(self.options)
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
            "release": self.options.release,
            "seeds": [seeds.start, seeds.stop],
            **self.human_s(),
            "demonstrations": self.shown,
            **facts,
            "data": len(frames.episodes),
            "train_s": round(seconds, 1),
            **circumstances(),
        }
        failed = [[outcome.seed, outcome.stage] for outcome in outcomes if not outcome.success]
        keep_row(self.options.out, {**row, "failed": failed})
        return path.name

    def close(self) -> None:
        """Stop the worker process."""
        self.rollouts.close()


def evaluation_seeds(options: Options) -> range:
    """Seeds to evaluate on; BadValue where something is learnt from one of them."""
    if options.release is not None:
        return release_seeds(options.release, options.episodes)
    first = options.evaluation_first
    if first not in EVALUATION or first + options.episodes - 1 not in EVALUATION:
        last = EVALUATION.first + (EVALUATION.count or 0) - options.episodes
        raise BadValue("--evaluation-first", f"{EVALUATION.first} to {last}", first)
    return range(first, first + options.episodes)
