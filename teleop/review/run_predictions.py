"""`sidestick review --of predictions`: a policy's plans graded without moving the arm."""

import contextlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...datasets.judgements.judgements import Judgements
from ...datasets.judgements.kappa import agreements
from ...datasets.workspace import Workspace
from ...policies.store import PolicyStore
from ...sim_envs.errors import BadValue, SidestickError
from ...sim_envs.spaces import GRIP
from ..evaluation.replay import expert_drive
from ..ui.key_input import press
from .prediction_review import PredictionReview, end_m
from .prediction_window import PredictionWindow
from .predictions import recorded_plans
from .review_loop import review_window, run_window

COUNT = 100
"""Predictions in a sitting, unless more are asked for."""
NEAR_M = 0.02
"""The simulated grader accepts a plan that ends this near to where it would go."""


@dataclass(frozen=True)
class PredictionReport:
    """What a sitting came to."""

    operator: str
    policy: str
    grades: dict[str, int]
    """accept, reject, correct -> how many."""
    per_minute: float
    agreement: list[dict[str, Any]]
    """Cohen's kappa of every two graders on what both graded."""

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {**vars(self)}


def review_predictions(
    workspace: Workspace,
    operator: str,
    policy_id: str | None = None,
    headless: bool = False,
    simulated: bool = False,
    count: int = COUNT,
) -> PredictionReport:
    """Grade at most `count` predictions of a policy, the newest unless given.

    PolicyError without a policy, BadValue for a workspace without episodes.
    """
    if not workspace.episodes():
        raise BadValue("episodes to predict on", "at least one in the workspace", "none")
    store, config = PolicyStore(workspace.policies_dir), workspace.config
    policy_id = policy_id or store.latest()
    policy = store.load(policy_id, config)
    items = recorded_plans(workspace, policy, operator, count)
    grader = SimulatedPredictionReviewer() if simulated else None
    with (
        review_window(headless) as (surface, pads),
        contextlib.closing(PredictionReview(workspace, operator, policy_id, items)) as grading,
    ):
        run_window(PredictionWindow(grading, pads), surface, grader or (lambda _: None))
        said = [judgement.payload["grade"] for judgement in grading.writer.said]
        spent = grading.clock() - grading.grading_speed.began
    found = agreements(Judgements(workspace.db_path).all())
    return PredictionReport(
        operator,
        policy_id,
        {grade: said.count(grade) for grade in ("accept", "reject", "correct")},
        round(60 * len(said) / max(spent, 1e-9), 1),
        [pair._asdict() for pair in found],
    )


class SimulatedPredictionReviewer:
    """Drives the job from the restored state, and compares the plan with its own way.

    A plan that ends near its own way, with the same grip, is accepted; another is replaced by
    what it drove; one whose state cannot be restored is rejected.
    """

    def __init__(self) -> None:
        self._seen = -1

    def __call__(self, page: PredictionWindow) -> None:
        """Grade what is shown."""
        grading = page.grading
        item = grading.item
        if item is None:
            page.leave()
            return
        if grading.place == self._seen:
            return
        self._seen = grading.place
        try:
            own = expert_drive(grading.restored(item), len(item.plan.actions))
        except SidestickError:
            press("r")
            return
        plan = item.plan.actions
        apart = float(np.linalg.norm(end_m(item, own) - end_m(item, plan)))
        if apart > NEAR_M or (own[-1, GRIP] > 0) != (plan[-1, GRIP] > 0):
            grading.correct(own)
        press("a")
