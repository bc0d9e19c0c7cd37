"""This benchmark measures what imagined windows, retries and steadiness are worth to a policy.

    python -m benchmarks.pointed_object WS POLICIES --episodes 40
    python -m benchmarks.pointed_object WS POLICIES --without augmentation retries

WS is a workspace of any task; a policy is trained on its successful episodes
into the folder POLICIES, or found there, and evaluated alone in this process, on validation seeds
or on those of a release.
Each measurement is a line of `results/pointed_object.jsonl`.
"""

import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal
from unittest.mock import patch

import tyro

from benchmarks.rows import circumstances, keep_row
from benchmarks.success_by_demonstrations import evaluation_seeds
from sidestick.datasets.frames import Frames
from sidestick.datasets.summary import EpisodeSummary
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.threads import limit_threads
from sidestick.policies.perception.keypoint_cache import KeypointCache
from sidestick.policies.policy_config import CONFIG
from sidestick.policies.statistics.rates import Rate
from sidestick.policies.task_features import retry_perturbation
from sidestick.policies.task_features.augmentation import Augmentation
from sidestick.policies.task_features.retry_perturbation import RetryPerturbation
from sidestick.policies.task_features.steady_features import SteadyFeatures
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.train import train
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.evaluation.rollouts import InProcessRollouts
from sidestick.teleop.learning.workspace_training import KEYPOINT_CACHE, succeeded

RESULTS = Path(__file__).parent / "results" / "pointed_object.jsonl"
Part = Literal["augmentation", "retries", "deeper", "steady"]


@dataclass(frozen=True)
class Options:
    """What to measure."""

    workspace: Annotated[Path, tyro.conf.Positional]
    policies: Annotated[Path, tyro.conf.Positional]
    """Folder of the trained policies; one that is there is not trained again."""
    without: tuple[Part, ...] = ()
    """Parts to leave out."""
    count: int | None = None
    """Train on so many of the successful episodes, the first; None: on all."""
    episodes: int = 40
    """Unseen seeds to evaluate on."""
    release: str | None = None
    """Release whose seeds are driven, see `benchmarks.release`; None: the validation seeds."""
    seed: int = 0
    """Training seed."""
    vision: str = "keypoints"
    """Kind of vision: keypoints or end-to-end."""


def main() -> None:
    """Train, evaluate, keep the row."""
    options = tyro.cli(Options, description=__doc__)
    limit_threads()
    workspace = Workspace.open(options.workspace)
    found = [summary for summary in workspace.summaries() if succeeded(summary)]
    if not found:
        raise BadValue(str(options.workspace), "a workspace with successful episodes", "none")
    shown = found[: options.count]
    seeds = evaluation_seeds(options.release, options.episodes)
    with ExitStack() as stack:
        if "augmentation" in options.without:
            stack.enter_context(patch.object(Augmentation, "augment", _plain))
        if "retries" in options.without:
            stack.enter_context(patch.object(RetryPerturbation, "__call__", _unmoved))
        if "steady" in options.without:
            stack.enter_context(patch.object(SteadyFeatures, "__call__", _unmoved))
        if "deeper" in options.without:
            stack.enter_context(patch.object(retry_perturbation, "DEEPER_M", 0.0))
        folder, seconds = trained(options, workspace, shown)
        with InProcessRollouts(workspace.config) as rollouts:
            wins = [rollouts(folder, seed) for seed in seeds]
    keep_row(RESULTS, row(options, workspace, shown, wins, seconds, seeds))


def trained(
    options: Options, workspace: Workspace, shown: Sequence[EpisodeSummary]
) -> tuple[Path, float | None]:
    """The folder of the policy, and the CPU-seconds of its training; None if it was there."""
    how = "" if "augmentation" not in options.without else "-plain"
    name = f"{workspace.path.name}-{len(shown)}-{options.vision}-{options.seed}{how}"
    folder = options.policies / name
    if (folder / CONFIG).exists():
        return folder, None
    images = options.vision != "keypoints"
    frames = Frames.read([s.path for s in shown if s.path is not None], images=images)
    config = replace(TrainConfig.recommended(options.vision), seed=options.seed, tensorboard=False)
    cache = KeypointCache(workspace.path / KEYPOINT_CACHE)
    began = time.process_time()
    with tempfile.TemporaryDirectory(dir=_made(options.policies)) as work:
        train(frames, config, Path(work) / name, cache=cache)
        (Path(work) / name).rename(folder)
    return folder, time.process_time() - began


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def row(
    options: Options,
    workspace: Workspace,
    shown: Sequence[EpisodeSummary],
    wins: Sequence[bool],
    seconds: float | None,
    seeds: range,
) -> dict[str, Any]:
    """The measurement as a line of the results."""
    rate = Rate(sum(wins), len(wins))
    generated = sum(s.header.operator == "generated" for s in shown)
    return {
        "task": workspace.config.task,
        "env_kwargs": dict(workspace.config.env_kwargs),
        "vision": options.vision,
        "without": list(options.without),
        "demonstrations": len(shown) - generated,
        "generated": generated,
        "training_seed": options.seed,
        "training_cpu_s": None if seconds is None else round(seconds, 1),
        "release": options.release,
        "seeds": [seeds.start, seeds.stop],
        "episodes": rate.n,
        "successes": rate.successes,
        "interval95": [round(end, 3) for end in rate.interval95],
        "per_episode": list(map(bool, wins)),
        **circumstances(),
    }


def _plain(_: Augmentation, features: Any, actions: Any, mask: Any, __: Any) -> tuple[Any, ...]:
    return features, actions, mask


def _unmoved(_: RetryPerturbation | SteadyFeatures, features: Any, __: Any) -> Any:
    return features


if __name__ == "__main__":
    main()
