"""`CandidateEvaluation` measures a candidate against the active policy, for the gate.

The learner calls it with both policies' folders and the held-out episodes; it gives losses on
those, and success on the gate's seeds.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ...datasets.workspace import Workspace
from ...policies.perception.keypoint_cache import KeypointCache
from ...policies.policy import LearnedPolicy
from ...policies.store import load_for
from ...policies.training.class_weights import DEMONSTRATION, INTERVENTION
from ...policies.training.from_episodes import training_data
from ...policies.training.run import held_out_loss
from ...policies.training.window_data import TrainingData
from ..evaluation.seeds import GATE
from .acceptance_gate import AcceptanceCriteria, GateEvidence, HeldOutLosses, is_decided
from .candidate_store import decision_of
from .update_schedule import comparable
from .workspace_training import KEYPOINT_CACHE, judged_frames, succeeded

Drives = Callable[[Path, int], bool]
"""Whether the policy in a folder solves a seed, driving alone."""


class CandidateEvaluation:
    """Compares candidates of one workspace with its active policy."""

    def __init__(self, workspace: Workspace, rules: AcceptanceCriteria, drives: Drives) -> None:
        self.workspace, self.rules, self.drives = workspace, rules, drives

    def evaluate(
        self, candidate: Path, present: Path | None, held: Iterable[str]
    ) -> tuple[GateEvidence, dict[str, Any]]:
        """The evidence for the gate, and the details that its event keeps, as JSON."""
        if present is None:
            return GateEvidence(alone=True), {}
        config = self.workspace.config
        one = load_for(candidate, config)
        other = load_for(present, config)
        trained = (policy.config.provenance.episodes for policy in (one, other))
        episodes = frozenset(comparable(held, *trained))
        corrections, demonstrations = self._losses(one, other, episodes)
        pairs, solved = self._pairs(candidate, present)
        return GateEvidence(corrections, demonstrations, pairs), {
            "held_out_episodes": sorted(episodes),
            "solved": solved,
        }

    def _losses(
        self, one: LearnedPolicy, other: LearnedPolicy, episodes: frozenset[str]
    ) -> tuple[HeldOutLosses | None, HeldOutLosses | None]:
        """Losses on the corrections, and on the demonstrations, of some episodes."""
        if not episodes:
            return None, None
        data = [episode_data(self.workspace, policy, episodes) for policy in (one, other)]
        found: list[HeldOutLosses | None] = []
        for label in (INTERVENTION, DEMONSTRATION):
            steps = [part.take(part.classes == label) for part in data if label in part.classes]
            if len(steps) < len(data):
                found.append(None)
                continue
            errors = [
                held_out_loss(policy, part)
                for policy, part in zip((one, other), steps, strict=True)
            ]
            found.append(HeldOutLosses(errors[0], errors[1], len(steps[0])))
        return found[0], found[1]

    def _pairs(
        self, candidate: Path, present: Path
    ) -> tuple[list[tuple[bool, bool]], dict[str, bool]]:
        """Success of both on the same seeds, until it is decided; and the candidate's by seed.

        Seeds that the active policy drove as a candidate are not driven again.
        """
        known = (decision_of(present) or {}).get("solved", {})
        pairs: list[tuple[bool, bool]] = []
        solved: dict[str, bool] = {}
        while not is_decided(pairs, self.rules):
            seed = GATE.first + len(pairs)
            solved[str(seed)] = self.drives(candidate, seed)
            remembered = known.get(str(seed))
            other = self.drives(present, seed) if remembered is None else bool(remembered)
            pairs.append((solved[str(seed)], other))
        return pairs, solved


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
