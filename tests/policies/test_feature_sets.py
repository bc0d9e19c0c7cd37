"""These tests check that the feature set follows from the task's own description."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from sidestick.policies.perception.network import Perception, PerceptionConfig
from sidestick.policies.task_features.feature_sets import AUTO, feature_set
from sidestick.policies.task_features.features import GoalItem
from sidestick.policies.task_features.pointed_object import GRIPS, PointedObject
from sidestick.policies.vision.keypoints import KeypointVision
from sidestick.sim_envs.cameras import Camera
from sidestick.sim_envs.errors import BadValue, UnknownName
from sidestick.sim_envs.furniture import Bin
from sidestick.sim_envs.task_description import ObjectClass
from sidestick.sim_envs.tasks import TASKS
from sidestick.sim_envs.tasks.sort_recycling import SortRecycling

LEFT = Bin("left box", (0.40, 0.30), (0.10, 0.10), 0.05, (0.5, 0.5, 0.5))
RIGHT = Bin("right box", (0.40, -0.30), (0.10, 0.10), 0.05, (0.5, 0.5, 0.5))


@dataclass
class SortTools(SortRecycling):
    """A task from outside: its boxes come before its objects in the labelled pictures."""

    name: ClassVar[str] = "SortTools"
    goal_names: ClassVar[tuple[str, ...]] = ("hammer", "screw")
    labels: ClassVar[tuple[str, ...]] = (
        "background", "left box", "right box", "screw", "hammer", "robot",
    )  # fmt: skip
    objects: ClassVar[tuple[ObjectClass, ...]] = (
        ObjectClass("hammer", 0, LEFT),
        ObjectClass("screw", 1, RIGHT),
    )


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(TASKS, SortTools.name, SortTools)
    return SortTools.name


def seen(label: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Keypoints (1, 2, K, 6) of one object in the middle of the front picture, and observations."""
    keypoints = np.zeros((1, 2, len(SortTools.labels), 6), np.float32)
    keypoints[0, 0, SortTools.labels.index(label)] = (0.0, 0.0, np.log1p(20), 0.05, 0.0, 0.0)
    return keypoints, {
        "ee_pos": np.array([[0.40, 0.0, 0.25]], np.float32),
        "ee_quat": np.array([[1.0, 0.0, 0.0, 0.0]], np.float32),
        "gripper_qpos": np.full((1, 2), 0.04, np.float32),
        "goal": np.ones((1, 2), np.float32),
    }


@pytest.mark.parametrize("label", ["hammer", "screw"])
def test_a_sorting_task_of_ones_own_is_read_by_its_own_description(tools: str, label: str) -> None:
    """Its boxes are seen like its objects, but only what an instruction names is pointed at."""
    config = PerceptionConfig(tools, "tiny", SortTools.labels, SortTools.goal_names, channels=4)
    vision = KeypointVision(Perception(config))
    assert vision.augmentation is not None
    assert vision.chooser is not None
    assert vision.chooser.tokens.labels == ("left box", "right box", "screw", "hammer")
    keypoints, given = seen(label)
    scene = vision.chooser.tokens(keypoints, given)
    chosen = vision.chooser.choose(scene, given)
    found = vision.layout(keypoints, {**given, **chosen, GRIPS: scene.grips_m})
    read = dict(zip(vision.names, found[0], strict=True))
    assert read["is_one"] == read[label] == 1.0


def test_a_task_without_a_description_is_read_by_its_goal_alone() -> None:
    """A policy of a task that is not registered here can still be loaded."""
    assert feature_set(AUTO, "Unheard").name == GoalItem.name
    with pytest.raises(UnknownName, match="ShelfPick"):
        feature_set(PointedObject.name, "Unheard")


@pytest.mark.parametrize("name", ["next-litter", "next-garment", "next-object"])
def test_policies_whose_rules_were_written_by_hand_are_refused_with_what_to_do(name: str) -> None:
    """The rules of earlier versions are gone."""
    with pytest.raises(BadValue, match="sidestick train"):
        feature_set(name, "SortRecycling")


def test_a_pointed_object_needs_a_fixed_camera_and_a_wrist_camera(
    tools: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BadValue for two fixed cameras, since places are triangulated from front and wrist."""
    plan: dict[str, Camera] = SortTools.camera_plan
    monkeypatch.setattr(SortTools, "camera_plan", {**plan, "wrist": plan["front"]})
    with pytest.raises(BadValue, match="recorded cameras of SortTools"):
        feature_set(PointedObject.name, tools)
