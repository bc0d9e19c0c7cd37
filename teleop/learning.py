"""A policy from a workspace's episodes, with its checkpoint chosen by letting it drive."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..datasets.frames import Frames
from ..datasets.summary import EpisodeSummary
from ..datasets.workspace import Workspace
from ..policies.keypoint_cache import KeypointCache
from ..policies.policy import LearnedPolicy, Policy
from ..policies.provenance import Provenance
from ..policies.store import PolicyStore
from ..policies.train import train
from ..policies.train_config import TrainConfig
from ..policies.training import TrainResult
from ..sim_envs.errors import PolicyError
from .rollouts import Rollouts

SELECTION_SEED = 300_000
"""Seeds on which checkpoints are compared; apart from those of evaluation and practice."""
KEYPOINT_CACHE = "cache"
"""Folder beside the policies: what perception saw in each episode."""
Chooses = Callable[[EpisodeSummary], bool]


def succeeded(summary: EpisodeSummary) -> bool:
    """Learn from episodes that ended well; how is in the label of each of their steps."""
    return summary.success and summary.complete


def learn(
    workspace: Workspace,
    config: TrainConfig,
    rollouts: Rollouts | None = None,
    selection_episodes: int = 20,
    provenance: Provenance | None = None,
    chooses: Chooses = succeeded,
    progress: bool = True,
) -> TrainResult:
    """Train from the base on the chosen episodes into the workspace's next policy folder."""
    chosen = [summary for summary in workspace.summaries() if chooses(summary)]
    paths = [summary.path for summary in chosen if summary.path is not None]
    if not paths:
        raise PolicyError(
            f"{workspace.path}: no successful episode to learn from; "
            "record some with `sidestick drive`"
        )
    frames = Frames.read(paths, images=config.vision == "end-to-end")
    drive = None if rollouts is None else selection(rollouts, selection_episodes)
    return train(
        frames,
        config,
        PolicyStore(workspace.policies_dir).next_path(),
        drive,
        provenance=provenance,
        cache=KeypointCache(workspace.path / KEYPOINT_CACHE),
        progress=progress,
    )


def selection(rollouts: Rollouts, episodes: int) -> Callable[[Policy], float]:
    """A function that lets a policy drive on the selection seeds and gives its success rate."""

    def score(policy: Policy) -> float:
        assert isinstance(policy, LearnedPolicy)
        with tempfile.TemporaryDirectory() as folder:
            candidate = Path(folder) / "candidate"
            policy.save(candidate)
            seeds = range(SELECTION_SEED, SELECTION_SEED + episodes)
            outcomes = rollouts.run(candidate, seeds)
        return sum(outcome.success for outcome in outcomes) / episodes

    return score


def seeded(config: TrainConfig, seed: int) -> TrainConfig:
    """The same training from another seed."""
    return replace(config, seed=seed)
