"""What a policy would do at recorded moments, ordered by what grading it is worth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...datasets.episode import Episode
from ...datasets.judgements.judgement_state import not_undone
from ...datasets.judgements.judgements import PREDICTION, Judgements
from ...datasets.workspace import Workspace
from ...policies.base.plan import Plan
from ...policies.policy import LearnedPolicy
from ...sim_envs.cameras import CameraView
from ...sim_envs.errors import DamagedFile
from ...sim_envs.spaces import GRIP, METRES_PER_UNIT, MOVE, Image
from ..evaluation.replay import recorded_view

STRIDE = 12
"""Steps between two moments of an episode that are looked at."""
POOL = 300
"""Moments that are asked about before they are ordered."""
ALIKE_M = 0.025
"""Two moments with the hand, the plan's end and the same goal nearer than this are duplicates."""
UNSURE_M = 0.02
"""A disagreement of this size counts like a novelty of 1."""
CAMERA = "front"
"""The camera in whose picture paths are drawn."""


@dataclass(frozen=True, repr=False)
class RecordedPlan:
    """A recorded moment, what was done, and what the policy would do."""

    episode: str
    step: int
    images: dict[str, Image]
    view: CameraView
    """The front camera as it stood in this episode."""
    hand_m: NDArray[np.float64]
    """[3], where the hand is."""
    closing: bool
    """Whether the gripper has been told to close."""
    goal: int
    plan: Plan
    done: NDArray[np.float32]
    """(h, 7) what was done from here on, at most as long as the plan."""
    executed: int
    """How many actions of the plan would be executed before the next."""
    instruction: str

    @property
    def disagreement_m(self) -> float:
        """How far apart the plan and what was done end, over the part that both have."""
        common = min(len(self.done), len(self.plan.actions))
        apart = self.plan.actions[:common, MOVE].sum(0) - self.done[:common, MOVE].sum(0)
        return float(np.linalg.norm(apart)) * METRES_PER_UNIT

    @property
    def priority(self) -> float:
        """Novelty and disagreement, alike in size."""
        novelty = self.plan.novelty if np.isfinite(self.plan.novelty) else 0.0
        return novelty + min(self.disagreement_m / UNSURE_M, 2.0)

    @property
    def signature(self) -> NDArray[np.float64]:
        """What makes two moments duplicates, [8]: hand, end of the plan, goal, gripper."""
        end = self.hand_m + self.plan.actions[:, MOVE].sum(0) * METRES_PER_UNIT
        return np.array([*self.hand_m, *end, float(self.goal), float(self.closing)])


def recorded_plans(
    workspace: Workspace,
    policy: LearnedPolicy,
    operator: str,
    count: int,
    pool: int = POOL,
    seed: int = 0,
) -> list[RecordedPlan]:
    """At most `count` moments that this operator has not graded, the worthiest first."""
    events = not_undone(Judgements(workspace.db_path).all())
    graded = {(e.episode, e.start) for e in events if e.kind == PREDICTION}
    own = {(e.episode, e.start) for e in events if e.kind == PREDICTION and e.operator == operator}
    rng = np.random.default_rng(seed)
    paths = workspace.episodes()
    found: list[RecordedPlan] = []
    for place in rng.permutation(len(paths)):
        if len(found) >= pool:
            break
        try:
            episode = Episode.read(paths[place])
        except DamagedFile:
            continue
        offset = int(rng.integers(STRIDE))
        moments = [
            step
            for step in range(offset, len(episode), STRIDE)
            if (episode.summary.id, step) not in own
        ]
        found += [recorded_plan(episode, step, policy) for step in moments]
    # what somebody else graded is graded again only where nothing else is left
    found.sort(key=lambda f: ((f.episode, f.step) in graded, -f.priority))
    return list(_without_duplicates(found, count))


def recorded_plan(episode: Episode, step: int, policy: LearnedPolicy) -> RecordedPlan:
    """What the policy would do at one recorded moment."""
    observation = episode.observation(step)
    plan = policy.plan(observation)
    closing = episode.actions[step - 1, GRIP] > 0 if step else False
    return RecordedPlan(
        episode=episode.summary.id,
        step=step,
        images={
            name.removesuffix("_image"): np.asarray(value, np.uint8)
            for name, value in observation.items()
            if name.endswith("_image")
        },
        view=recorded_view(episode, CAMERA),
        hand_m=np.asarray(observation["ee_pos"], np.float64),
        closing=bool(closing),
        goal=int(np.argmax(observation["goal"])),
        plan=plan,
        done=episode.actions[step : step + len(plan.actions)],
        executed=policy.execute,
        instruction=episode.summary.header.instruction,
    )


def _without_duplicates(ordered: Sequence[RecordedPlan], count: int) -> Iterator[RecordedPlan]:
    chosen: list[NDArray[np.float64]] = []
    for one in ordered:
        if len(chosen) >= count:
            return
        mine = one.signature
        if all(np.abs(mine - other).max() > ALIKE_M for other in chosen):
            chosen.append(mine)
            yield one


def plan_to(actions: NDArray[np.float32], offset_m: NDArray[np.float64]) -> NDArray[np.float32]:
    """Actions (h, 7) with their end moved by [3] metres: each takes an equal share of the way."""
    moved = actions.astype(np.float64)
    moved[:, MOVE] += offset_m / METRES_PER_UNIT / len(actions)
    return np.asarray(np.clip(moved, -1.0, 1.0), np.float32)
