"""These functions choose the items that take a network: a policy's predictions, and clicks.

They reuse what the review windows choose; a reviewer of those sees the same.
"""

from collections.abc import Iterable

from ....datasets.recorded_spec import BUILT_IN
from ....datasets.workspace import Workspace
from ....policies.store import PolicyStore
from ....sim_envs.errors import SidestickError
from ...learning.workspace_perception import own_perception, unclicked_perception
from ...review.click_review import choose_pictures
from ...review.predictions import RecordedPlan, recorded_plans
from .image_items import (
    PlannedFrom,
    click_item,
    judged_clicks,
    judged_predictions,
    path_is_seen,
    prediction_item,
)
from .items import Item, ItemKind
from .stock import Maker

PREDICTIONS, POOL, CLICKS = 60, 120, 60
DESK_NAME = "judging desk"
"""In whose name predictions are chosen: those that nobody has graded come first."""


def network_makers(workspace: Workspace) -> dict[ItemKind, Maker]:
    """What makes the items of kinds that take a network, where this workspace can have them."""
    if workspace.config.spec != BUILT_IN:
        return {}
    return {
        ItemKind.PREDICTION: lambda: prediction_items(workspace),
        ItemKind.CLICK: lambda: click_items(workspace),
    }


def prediction_items(workspace: Workspace) -> list[Item]:
    """What was judged before, then what the policy that drives would do, by worth."""
    store = PolicyStore(workspace.policies_dir)
    try:
        policy_id = store.choose(None).policy_id
    except SidestickError:
        return judged_predictions(workspace)
    policy = store.load(policy_id, workspace.config)
    plans = recorded_plans(workspace, policy, DESK_NAME, POOL, POOL)
    fresh = (prediction_item(_begin(p), p.plan, policy_id, p.executed) for p in plans)
    seen = [item for item in fresh if path_is_seen(item)][:PREDICTIONS]
    return _each_once([*judged_predictions(workspace), *seen])


def click_items(workspace: Workspace) -> list[Item]:
    """What was clicked before, then pictures in which the named item is least certain."""
    perception = own_perception(workspace) or unclicked_perception(workspace)
    pictures = choose_pictures(workspace, perception, CLICKS)
    fresh = [
        click_item(one.episode, one.step, one.camera, one.item, int(one.image.shape[0]))
        for one in pictures
    ]
    return _each_once([*judged_clicks(workspace), *fresh])


def _begin(plan: RecordedPlan) -> PlannedFrom:
    return PlannedFrom(
        plan.episode, plan.step, plan.instruction, plan.view, plan.ee_m, plan.closing
    )


def _each_once(items: Iterable[Item]) -> list[Item]:
    """The items, of each key the first."""
    found: dict[str, Item] = {}
    for item in items:
        found.setdefault(item.key, item)
    return list(found.values())
