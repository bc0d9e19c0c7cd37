"""`recorded_plans` finds the recorded steps at which a policy's plan most needs a reviewer's grade.

`review_predictions` calls it with a workspace and a policy, and gets plans ordered by novelty and
by disagreement with what was done.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...datasets.episode import Episode
from ...datasets.judgements.exclusion import used_files
from ...datasets.judgements.judgement import PREDICTION
from ...datasets.judgements.judgement_state import not_undone
from ...datasets.judgements.judgements import Judgements
from ...datasets.workspace import Workspace
from ...policies.base.plan import Plan, Policy
from ...sim_envs.cameras import CameraView
from ...sim_envs.errors import DamagedFile
from ...sim_envs.spaces import FRONT, Image
from ...sim_envs.worlds.arm_spec import ARM_ACTION, GRIPPER
from ..evaluation.replay import recorded_view

STRIDE = 12
"""Steps between two candidates of an episode."""
POOL = 300
"""Candidates that the policy plans for before they are ordered."""
ALIKE_M = 0.025
"""Steps of one goal are duplicates if end effector and end of the plan differ by less than this."""
UNSURE_M = 0.02
"""A disagreement of this size adds as much priority as a novelty of 1."""
CAMERA = FRONT
"""The camera in whose picture paths are drawn."""


@dataclass(frozen=True, repr=False)
class RecordedPlan:
    """A recorded step, what was done from there, and what the policy would do."""

    episode: str
    step: int
    images: dict[str, Image]
    view: CameraView
    """The front camera with its pose in this episode."""
    ee_m: NDArray[np.float64]
    """[3] position of the end effector, base frame."""
    closing: bool
    """Whether the last action commanded the gripper to close."""
    goal: int
    """Index of the named object class."""
    plan: Plan
    done: NDArray[np.float32]
    """(h, A) the recorded actions from this step on, at most as many as the plan has."""
    executed: int
    """How many actions of the plan would be executed before the next plan."""
    instruction: str
    seed: int
    """Of the scene; negative where it was not made here."""
    state: NDArray[np.float64]
    """[S] ArmEnv.state() of this step."""

    @property
    def disagreement_m(self) -> float:
        """Distance between the ends of plan and recorded actions, over the steps that both have."""
        common = min(len(self.done), len(self.plan.actions))
        apart = self.plan.actions[:common] - self.done[:common]
        return float(np.linalg.norm(ARM_ACTION.displacements(apart).sum(0)))

    @property
    def priority(self) -> float:
        """Novelty plus disagreement in units of `UNSURE_M`, at most 2."""
        novelty = self.plan.novelty if np.isfinite(self.plan.novelty) else 0.0
        return novelty + min(self.disagreement_m / UNSURE_M, 2.0)

    @property
    def signature(self) -> NDArray[np.float64]:
        """[8] end effector, end of the plan, goal, gripper; alike in all, steps are duplicates."""
        end = self.ee_m + ARM_ACTION.displacements(self.plan.actions).sum(0)
        return np.array([*self.ee_m, *end, float(self.goal), float(self.closing)])


def recorded_plans(
    workspace: Workspace,
    policy: Policy,
    operator: str,
    count: int,
    pool: int = POOL,
    seed: int = 0,
    tick: Callable[[str], object] = lambda _: None,
) -> list[RecordedPlan]:
    """At most `count` plans that this operator has not graded, by priority, without duplicates.

    `tick` is called with the episode's id for each of at most `pool` plans that are made.
    """
    events = not_undone(Judgements(workspace.db_path).all())
    graded = {(e.episode, e.start) for e in events if e.kind == PREDICTION}
    own = {(e.episode, e.start) for e in events if e.kind == PREDICTION and e.operator == operator}
    rng = np.random.default_rng(seed)
    paths = used_files(workspace)
    found: list[RecordedPlan] = []
    for place in rng.permutation(len(paths)):
        if len(found) >= pool:
            break
        try:
            episode = Episode.read(paths[place])
        except DamagedFile:
            continue
        offset = int(rng.integers(STRIDE))
        steps = [
            step
            for step in range(offset, len(episode), STRIDE)
            if (episode.summary.id, step) not in own
        ]
        for step in steps:
            found.append(recorded_plan(episode, step, policy))
            tick(episode.summary.id)
    # plans that another person graded are graded again only where nothing else is left
    found.sort(key=lambda p: ((p.episode, p.step) in graded, -p.priority))
    return list(_without_duplicates(found, count))


def recorded_plan(episode: Episode, step: int, policy: Policy) -> RecordedPlan:
    """The policy's plan at one recorded step, with what was done."""
    observation = episode.observation(step)
    plan = policy.plan(observation)
    closing = episode.actions[step - 1, GRIPPER] > 0 if step else False
    return RecordedPlan(
        episode=episode.summary.id,
        step=step,
        images={
            name.removesuffix("_image"): np.asarray(value, np.uint8)
            for name, value in observation.items()
            if name.endswith("_image")
        },
        view=recorded_view(episode, CAMERA),
        ee_m=np.asarray(observation["ee_pos"], np.float64),
        closing=bool(closing),
        goal=int(np.argmax(observation["goal"])),
        plan=plan,
        done=episode.actions[step : step + len(plan.actions)],
        executed=policy.execute,
        instruction=episode.summary.header.instruction,
        seed=episode.summary.header.seed,
        state=episode.states[step],
    )


def _without_duplicates(ordered: Sequence[RecordedPlan], count: int) -> Iterator[RecordedPlan]:
    chosen: list[NDArray[np.float64]] = []
    for candidate in ordered:
        if len(chosen) >= count:
            return
        signature = candidate.signature
        if all(np.abs(signature - other).max() > ALIKE_M for other in chosen):
            chosen.append(signature)
            yield candidate


def plan_to(actions: NDArray[np.float32], offset_m: NDArray[np.float64]) -> NDArray[np.float32]:
    """Actions (h, A) with their end moved by `offset_m` [3], spread equally over all of them."""
    moved = actions.astype(np.float64)
    moved[:, ARM_ACTION.move] += offset_m / ARM_ACTION.metres_per_unit / len(actions)
    return np.asarray(np.clip(moved, -1.0, 1.0), np.float32)
