"""`train_on_workspace` trains a policy on a workspace's episodes and chooses its checkpoint.

`sidestick train` and the quickstart call it; the learner uses its parts: the episodes as people
judge them, perception finetuned on clicks, and checkpoints scored by letting them drive.
"""

import itertools
import tempfile
import time
from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from pathlib import Path

from ...datasets.frames import Frames
from ...datasets.judgements.judgement_state import TrainingSelection
from ...datasets.judgements.judgements import Judgements
from ...datasets.summary import EpisodeSummary
from ...datasets.workspace import Workspace
from ...policies.base.plan import Policy
from ...policies.base.provenance import Provenance
from ...policies.perception.keypoint_cache import KeypointCache
from ...policies.policy import LearnedPolicy
from ...policies.training.accepted_predictions import AcceptedPrediction
from ...policies.training.config import TrainConfig
from ...policies.training.progress import counted
from ...policies.training.run import TrainResult
from ...policies.training.train import train
from ...sim_envs.errors import PolicyError
from ..evaluation.lost_seeds import LostSeeds, warn
from ..evaluation.rollouts import Rollouts
from ..evaluation.seeds import SELECTION
from .training_folder import training_folder
from .workspace_perception import own_perception

KEYPOINT_CACHE = "cache"
"""Folder in the workspace: keypoints that perception found in each episode."""
Chooses = Callable[[EpisodeSummary], bool]


def succeeded(summary: EpisodeSummary) -> bool:
    """Whether an episode is complete and succeeded, so that its steps may be trained on."""
    return summary.success and summary.complete


def train_on_workspace(
    workspace: Workspace,
    config: TrainConfig,
    rollouts: Rollouts | None = None,
    selection_episodes: int = 20,
    provenance: Provenance | None = None,
    chooses: Chooses = succeeded,
    progress: bool = True,
) -> TrainResult:
    """Train from the base on the chosen episodes, and publish the policy under the next number.

    An interrupted training goes on when it is begun again with the same configuration;
    WorkspaceError where it is running already. People's judgements come first: an episode judged
    a failure is left out, one judged a success is in, and steps that were trimmed or marked bad
    are masked. Predictions that were accepted or corrected are examples of their own.
    """
    started = time.monotonic()
    frames, examples = judged_frames(workspace, chooses, config.needs_images, progress=progress)
    reading = {"reading": time.monotonic() - started}
    drive = None if rollouts is None else selection(rollouts, selection_episodes, progress)
    with training_folder(workspace, config) as folder:
        result = train(
            frames,
            config,
            folder.path,
            drive,
            provenance=provenance,
            perception=own_perception(workspace),
            cache=KeypointCache(workspace.path / KEYPOINT_CACHE),
            progress=progress,
            examples=examples,
        )
        return replace(result, path=folder.publish(), parts={**reading, **result.parts})


def judged_summaries(workspace: Workspace, chooses: Chooses = succeeded) -> list[EpisodeSummary]:
    """The chosen episodes as people judge them, oldest first."""
    summaries = workspace.summaries()
    choice = TrainingSelection.of(Judgements(workspace.db_path), summaries)
    return [s for s in summaries if choice.includes(s, chooses(s))]


def judged_frames(
    workspace: Workspace,
    chooses: Chooses = succeeded,
    images: bool = False,
    only: Container[str] | None = None,
    progress: bool = False,
) -> tuple[Frames, list[AcceptedPrediction]]:
    """The chosen episodes as people judge them, and the predictions they accepted.

    Episodes that only gave predictions are read too, with all of their own steps masked. With
    `only`, no other episode is read, whatever people say of it.
    """
    summaries = [s for s in workspace.summaries() if only is None or s.id in only]
    choice = TrainingSelection.of(Judgements(workspace.db_path), summaries)
    chosen = [s for s in summaries if choice.includes(s, chooses(s))]
    if not chosen:
        raise PolicyError(_nothing_to_learn(workspace, summaries, choice))
    examples = [AcceptedPrediction(*given) for given in choice.examples()]
    hidden = {example.episode for example in examples} - {s.id for s in chosen}
    read = [s for s in summaries if s in chosen or s.id in hidden]
    paths = [s.path for s in read if s.path is not None]
    with counted("reading episodes", len(paths), progress, passing=True) as seen:
        frames = Frames.read(paths, images, seen=seen)
    choice.mask(frames, hidden)
    return frames, examples


def _nothing_to_learn(
    workspace: Workspace, summaries: Sequence[EpisodeSummary], choice: TrainingSelection
) -> str:
    """Why no episode is chosen, and what to do about it."""
    out = sum(summary.id in choice.excluded for summary in summaries)
    known = [s for s in summaries if s.id not in choice.excluded and s.id not in choice.success]
    unknown = sum(not summary.success_known for summary in known)
    reasons, ways = [f"{len(summaries)} episodes"] if summaries else ["none at all"], list[str]()
    if unknown:
        reasons.append(f"of {unknown} nobody recorded whether they succeeded")
        ways.append("`sidestick import ... --judge-successful` if they were kept since they did")
    if out:
        reasons.append(f"{out} are excluded")
        ways.append("`sidestick episodes WS --include` to take that back")
    if summaries:
        ways.insert(0, "`sidestick review` to judge them")
    ways.append("`sidestick drive` to record some")
    return (
        f"{workspace.path}: no successful episode to learn from ({', '.join(reasons)}); "
        f"{', '.join(ways)}"
    )


def selection(
    rollouts: Rollouts, episodes: int, progress: bool = False
) -> Callable[[Policy], float]:
    """A function that lets a policy drive the selection seeds and gives its success rate.

    With `progress` it shows how many it has driven.
    """

    def score(policy: Policy) -> float:
        assert isinstance(policy, LearnedPolicy)
        with tempfile.TemporaryDirectory() as folder:
            candidate = Path(folder) / "candidate"
            policy.save(candidate)
            with counted("trying this checkpoint", episodes, progress) as driven:
                done = itertools.count(1)
                seeds = SELECTION.seeds(episodes)
                outcomes = rollouts.run(
                    candidate,
                    seeds,
                    on_outcome=lambda outcome: driven(next(done)),
                    lost=LostSeeds(seeds, warn),
                )
        return sum(outcome.success for outcome in outcomes) / len(outcomes)

    return score
