"""`sidestick review --of predictions` has a policy's plans graded without moving the arm.

`review_predictions` plans at recorded steps, opens the window and gives a `PredictionReport`.
"""

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...datasets.judgements.judgements import Judgements
from ...datasets.judgements.kappa import agreements
from ...datasets.workspace import Workspace
from ...policies.store import PolicyStore
from ...sim_envs.errors import BadValue, SidestickError
from ...sim_envs.worlds.arm_spec import GRIPPER
from ..evaluation.replay import expert_drive
from ..session.environments import require_arm
from ..ui.key_input import press
from .prediction_review import PredictionReview, end_m
from .prediction_window import PredictionWindow
from .predictions import recorded_plans
from .redrawn_views import RedrawnViews
from .review_loop import review_window, run_window

Tick = Callable[[str], object]
COUNT = 100
"""Predictions in one review, unless another number is asked for."""
NEAR_M = 0.02
"""The simulated reviewer accepts a plan that ends within this distance of the expert's."""


@dataclass(frozen=True)
class PredictionReport:
    """The grades of one review, and how well reviewers agree."""

    operator: str
    policy: str
    grades: dict[str, int]
    """accept, reject, correct -> how many."""
    per_minute: float
    """Grades a minute."""
    agreement: list[dict[str, Any]]
    """Cohen's kappa of every two reviewers on what both graded."""

    def to_json(self) -> dict[str, Any]:
        """The fields by name."""
        return {**vars(self)}


def review_predictions(
    workspace: Workspace,
    operator: str,
    policy_id: str | None = None,
    headless: bool = False,
    simulated: bool = False,
    count: int = COUNT,
    planning: Callable[[], AbstractContextManager[Tick]] = lambda: nullcontext(lambda _: None),
) -> PredictionReport:
    """Have at most `count` predictions of a policy graded; the one that drives unless named.

    `planning` is open while plans are made, before the window opens, and gives what is called for
    each. PolicyError without a policy, BadValue for a workspace without episodes.
    """
    if not workspace.episodes():
        raise BadValue("episodes to predict on", "at least one in the workspace", "none")
    store, config = PolicyStore(workspace.policies_dir), workspace.config
    require_arm(config, "grading predictions")
    policy_id = store.choose(policy_id).policy_id
    policy = store.load(policy_id, config)
    with planning() as tick:
        items = recorded_plans(workspace, policy, operator, count, tick=tick)
    reviewer = SimulatedPredictionReviewer() if simulated else None
    with (
        review_window(headless) as (surface, pads),
        contextlib.closing(PredictionReview(workspace, operator, policy_id, items)) as review,
    ):
        views = None if simulated else RedrawnViews(config)
        with contextlib.closing(PredictionWindow(review, pads, views)) as window:
            run_window(window, surface, reviewer or (lambda _: None))
        grades = [judgement.payload["grade"] for judgement in review.writer.said]
        spent = review.clock() - review.review_speed.began
    found = agreements(Judgements(workspace.db_path).all())
    return PredictionReport(
        operator,
        policy_id,
        {grade: grades.count(grade) for grade in ("accept", "reject", "correct")},
        round(60 * len(grades) / max(spent, 1e-9), 1),
        [pair._asdict() for pair in found],
    )


class SimulatedPredictionReviewer:
    """Simulated reviewer that compares the plan with the scripted expert from the restored state.

    A plan that ends near the expert's end with the same grip is accepted, another replaced by the
    expert's actions; one whose state cannot be restored is rejected.
    """

    def __init__(self) -> None:
        self._seen = -1

    def __call__(self, window: PredictionWindow) -> None:
        """Post the key press that grades the prediction shown, once for each."""
        review = window.review
        item = review.item
        if item is None:
            window.leave()
            return
        if review.place == self._seen:
            return
        self._seen = review.place
        try:
            expert = expert_drive(review.restored(item), len(item.plan.actions))
        except SidestickError:
            press("r")
            return
        plan = item.plan.actions
        apart = float(np.linalg.norm(end_m(item, expert) - end_m(item, plan)))
        if apart > NEAR_M or (expert[-1, GRIPPER] > 0) != (plan[-1, GRIPPER] > 0):
            review.correct(expert)
        press("a")
