"""`compared_losses` measures a candidate and the present policy on held-out episodes.

The gate's ruling calls it: a candidate must not have forgotten what people showed earlier.
"""

from pathlib import Path

from ...datasets.workspace import Workspace
from ...policies.loaded_policy import load_for
from ...policies.perception.keypoint_cache import KeypointCache
from ...policies.policy import LearnedPolicy
from ...policies.training.class_weights import DEMONSTRATION, INTERVENTION
from ...policies.training.from_episodes import training_data
from ...policies.training.run import held_out_loss
from ...policies.training.window_data import TrainingData
from .acceptance_gate import HeldOutLosses
from .update_schedule import comparable, held_out
from .workspace_training import KEYPOINT_CACHE, judged_frames, judged_summaries, succeeded

KINDS = {"corrections": INTERVENTION, "demonstrations": DEMONSTRATION}
"""The human steps that are compared, each kind by itself."""


def compared_losses(
    workspace: Workspace, candidate: Path, present: Path
) -> tuple[list[HeldOutLosses], list[str]]:
    """Losses of the policies in both folders on each kind of steps that there are, and the
    held-out episodes that both were trained on, or neither was."""
    policies = [load_for(folder, workspace.config) for folder in (candidate, present)]
    here = [policy for policy in policies if isinstance(policy, LearnedPolicy)]
    if len(here) < len(policies):  # somebody's server has the networks of one: only driving tells
        return [], []
    trained = (policy.config.provenance.episodes for policy in policies)
    held = held_out([summary.id for summary in judged_summaries(workspace)])
    episodes = comparable(held, *trained)
    if not episodes:
        return [], []
    data = [episode_data(workspace, policy, frozenset(episodes)) for policy in here]
    losses = []
    for kind, label in KINDS.items():
        steps = [part.take(part.classes == label) for part in data if label in part.classes]
        if len(steps) == len(data):
            errors = [held_out_loss(p, part) for p, part in zip(here, steps, strict=True)]
            losses.append(HeldOutLosses(kind, errors[0], errors[1], len(steps[0])))
    return losses, sorted(episodes)


def episode_data(
    workspace: Workspace, policy: LearnedPolicy, episodes: frozenset[str]
) -> TrainingData:
    """Training windows of some episodes, as a policy sees them; PolicyError if none succeeded.

    Steps that people judged bad are left out.
    """
    made = policy.config.training.get("config", {})
    images = policy.network.vision.name != "keypoints"
    frames, _ = judged_frames(workspace, succeeded, images, episodes)
    return training_data(
        frames,
        policy.network.vision,
        policy.chunk,
        str(made.get("idle", "bridge")),
        KeypointCache(workspace.path / KEYPOINT_CACHE),
        history=policy.config.history,
        stride=policy.execute,
    )
