"""These functions make items about one recorded picture: a plan that is drawn in it, or a click.

Those that were answered before are made again from the answers, so that a second judge, an expert
and whoever gets a known one find them after the server was started anew.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....datasets.episode import Episode
from ....datasets.judgements.exclusion import used_episodes
from ....datasets.judgements.judgement import CLICK, CORRECT, PREDICTION, Judgement
from ....datasets.judgements.judgement_state import not_undone
from ....datasets.judgements.judgements import Judgements
from ....datasets.workspace import Workspace
from ....policies.base.plan import Plan
from ....sim_envs.cameras import CameraView
from ....sim_envs.spaces import FRONT
from ....sim_envs.worlds.arm_spec import EE_POS, GRIPPER
from ...evaluation.replay import recorded_view
from ...ui.plan_path import drawn_path
from .items import Item, ItemKind


class PlannedFrom(NamedTuple):
    """Where a plan begins."""

    episode: str
    step: int
    instruction: str
    view: CameraView
    """The front camera."""
    ee_m: NDArray[np.float64]
    """[3] position of the end effector."""
    closing: bool
    """Whether the gripper closes or is closed."""


def prediction_item(where: PlannedFrom, plan: Plan, policy: str, executed: int) -> Item:
    """Would this plan do it?"""
    path = drawn_path(where.view, where.ee_m, where.closing, plan, 0)
    actions = np.clip(plan.actions, -1, 1).astype(float).round(5).tolist()
    more: dict[str, Any] = {"policy": policy, "actions": actions, "executed": executed}
    shown = {"path": path.points.round(4).tolist(), "grips": list(path.grips)}
    key = f"{ItemKind.PREDICTION}:{where.episode}:{where.step}"
    question = f"Would this path do it: {where.instruction}?"
    return Item(
        key, ItemKind.PREDICTION, question, where.episode, where.step, more=more, shown=shown
    )


def path_is_seen(item: Item) -> bool:
    """Whether most of a plan lies in the picture: of another nobody could say what it does."""
    points = item.shown["path"]
    inside = sum(max(abs(x), abs(y)) <= 1.0 for x, y in points)
    return bool(inside > len(points) / 2)


def click_item(episode: str, step: int, camera: str, name: str, side: int) -> Item:
    """Where is the item of this name, in a picture of `side` pixels?"""
    key, more = f"{ItemKind.CLICK}:{episode}:{step}", {"camera": camera, "item": name}
    question = f"Click the middle of the {name}."
    return Item(key, ItemKind.CLICK, question, episode, step, more=more, shown={"side": side})


def judged_predictions(workspace: Workspace) -> list[Item]:
    """The plans that were accepted or rejected before."""
    graded = [e for e in _judged(workspace, PREDICTION) if e.payload["grade"] != CORRECT]
    paths = {summary.id: summary.path for summary in used_episodes(workspace)}
    found: list[Item] = []
    for name in dict.fromkeys(event.episode for event in graded):
        path = paths.get(name)
        if path is not None:
            of_episode = [event for event in graded if event.episode == name]
            found += _judged_plans(Episode.read(path, images=False), of_episode)
    return found


def judged_clicks(workspace: Workspace) -> list[Item]:
    """The pictures that were clicked before."""
    known, side = {s.id: s.steps for s in used_episodes(workspace)}, workspace.config.image_size
    return [
        click_item(e.episode, e.start, e.payload["camera"], e.payload["item"], side)
        for e in _judged(workspace, CLICK)
        if e.start is not None and e.start < known.get(e.episode, 0)
    ]


def _judged(workspace: Workspace, kind: str) -> list[Judgement]:
    """The last judgement of each step, of one kind."""
    events = [e for e in not_undone(Judgements(workspace.db_path).all()) if e.kind == kind]
    return list({(event.episode, event.start): event for event in events}.values())


def _judged_plans(episode: Episode, graded: Sequence[Judgement]) -> Iterable[Item]:
    view, header = recorded_view(episode, FRONT), episode.summary.header
    for event in graded:
        step = event.start
        if step is None or step >= len(episode):
            continue
        actions = np.asarray(event.payload["actions"], np.float32)
        closing = bool(step and episode.actions[step - 1, GRIPPER] > 0)
        ee_m = np.asarray(episode.observations[EE_POS][step], np.float64)
        where = PlannedFrom(episode.summary.id, step, header.instruction, view, ee_m, closing)
        plan = Plan(actions, np.zeros_like(actions), float("nan"))
        policy, executed = str(event.payload.get("policy", "")), event.payload.get("executed", 1)
        yield prediction_item(where, plan, policy, executed)
