"""These functions make the items that take a network: a policy's predictions, and clicks.

They reuse what the review windows choose; a reviewer of those sees the same.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....datasets.recorded_spec import BUILT_IN
from ....datasets.workspace import Workspace
from ....policies.store import PolicyStore
from ....sim_envs.errors import SidestickError
from ...learning.workspace_perception import own_perception, unclicked_perception
from ...review.click_review import choose_pictures
from ...review.predictions import RecordedPlan, recorded_plans
from ...ui.plan_path import drawn_path
from .items import Item, ItemKind
from .stock import Maker

PREDICTIONS, POOL, CLICKS = 60, 120, 60
DESK_NAME = "judging desk"
"""In whose name predictions are chosen: those that nobody has graded come first."""


def network_makers(workspace: Workspace) -> dict[ItemKind, Maker]:
    """What makes the items of kinds that take a network, where this workspace can have them."""
    if workspace.config.spec != BUILT_IN:
        return {}
    makers: dict[ItemKind, Maker] = {ItemKind.CLICK: lambda: click_items(workspace)}
    try:
        policy_id = PolicyStore(workspace.policies_dir).choose(None).policy_id
    except SidestickError:
        return makers
    return {ItemKind.PREDICTION: lambda: prediction_items(workspace, policy_id), **makers}


def prediction_items(workspace: Workspace, policy_id: str) -> list[Item]:
    """What a policy would do at recorded steps, the most worth grading first."""
    policy = PolicyStore(workspace.policies_dir).load(policy_id, workspace.config)
    plans = recorded_plans(workspace, policy, DESK_NAME, PREDICTIONS, POOL)
    return [_prediction(plan, policy_id) for plan in plans]


def _prediction(plan: RecordedPlan, policy_id: str) -> Item:
    path = drawn_path(plan.view, plan.ee_m, plan.closing, plan.plan, 0)
    actions = np.clip(plan.plan.actions, -1, 1).astype(float).round(5).tolist()
    more: dict[str, Any] = {"policy": policy_id, "actions": actions, "executed": plan.executed}
    shown = {"path": _points(path.points), "grips": list(path.grips)}
    question = f"Would this path do it: {plan.instruction}?"
    key = f"{ItemKind.PREDICTION}:{plan.episode}:{plan.step}"
    return Item(
        key, ItemKind.PREDICTION, question, plan.episode, plan.step, more=more, shown=shown,
        priority=plan.priority,
    )  # fmt: skip


def click_items(workspace: Workspace) -> list[Item]:
    """Pictures in which the named item is to be clicked, the least certain first."""
    perception = own_perception(workspace) or unclicked_perception(workspace)
    return [
        Item(
            f"{ItemKind.CLICK}:{picture.episode}:{picture.step}",
            ItemKind.CLICK,
            f"Click the middle of the {picture.item}.",
            picture.episode,
            picture.step,
            more={"camera": picture.camera, "item": picture.item},
            shown={"side": int(picture.image.shape[0])},
        )
        for picture in choose_pictures(workspace, perception, CLICKS)
    ]


def _points(points: NDArray[np.float64]) -> list[list[float]]:
    found: list[list[float]] = points.round(4).tolist()
    return found
