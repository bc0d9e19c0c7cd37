"""These tests check end-to-end vision that learns of an object what is done with it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sidestick.datasets.frames import Frames
from sidestick.policies.next_step.demonstrated import next_places
from sidestick.policies.policy import load_policy
from sidestick.policies.task_features.grasp_labels import next_grasps
from sidestick.policies.task_features.hand_frame import rotation, turned
from sidestick.policies.training.train import train
from sidestick.policies.vision.heatmap_encoder import GraspPointingConfig
from sidestick.policies.vision.object_pointing import OUTPUTS, ObjectPointing
from sidestick.sim_envs.rotations import STRAIGHT_DOWN_RAD, tilted_quat
from tests.policies.test_grasp_pointing import SHORT
from tests.policies.test_next_step import BOX, HOME, LEFT, carried, frames
from tests.synthetic import made_up_episode

DOWN = tilted_quat(STRAIGHT_DOWN_RAD, 0.3)


def with_hands(given):
    given.observations["ee_quat"] = np.tile(np.float32(DOWN), (len(given), 1))
    return given


def test_the_gripper_alone_says_where_things_are_taken_and_let_go_of() -> None:
    """From the opening before to the opening after; unknown while it lifts."""
    given, _ = carried((HOME, LEFT, -1, None), (LEFT, BOX, 1, 0), (BOX, HOME, -1, None))
    shown = next_places(with_hands(given))
    assert np.allclose(shown.grasp_m[:8], LEFT, atol=1e-6)
    assert np.allclose(shown.release_m[:8], BOX, atol=1e-6)
    assert np.isnan(shown.grasp_m[8:]).all()
    assert shown.held.tolist()[:4] == [0.0] * 4
    assert np.isnan(shown.held[4])
    assert shown.held.tolist()[5:] == [1.0] * 3 + [0.0] * 4
    assert not shown.failed.any()


@pytest.mark.parametrize("drop", [[0.5, 0.1, 0.1], [0.4, 0.2, 0.05]], ids=["dropped", "missed"])
def test_what_is_taken_again_was_not_brought_to_its_place(drop: list[float]) -> None:
    """Its place is where it is let go of at last."""
    given, _ = carried(
        (HOME, LEFT, -1, None),
        (LEFT, drop, 1, 0),
        (drop, drop, -1, None),
        (drop, BOX, 1, 0),
        (BOX, HOME, -1, None),
    )
    shown = next_places(with_hands(given))
    assert shown.failed.tolist() == [True] * 8 + [False] * 12
    assert np.allclose(shown.release_m[:16], BOX, atol=1e-6)
    assert np.isnan(shown.held[4:8]).all()


def test_an_episode_without_a_grasp_says_nothing() -> None:
    """All is unknown, and nothing has failed."""
    shown = next_places(with_hands(frames([-1.0, -1.0])))
    assert np.isnan(shown.grasp_m).all()
    assert not shown.failed.any()


@pytest.mark.parametrize("turn", [0.0, 0.5])
def test_features_are_those_of_what_is_pointed_at(turn: float) -> None:
    """The way to a place that both cameras show, the heading and the release, from the hand."""
    vision = ObjectPointing(GraspPointingConfig(8, channels=4, task="SortRecycling", frozen=True))
    place, hand_m = np.array([0.5, 0.05, 0.03]), np.array([[0.45, 0.0, 0.2]])
    quat = tilted_quat(STRAIGHT_DOWN_RAD, turn)[None]
    from_hand = rotation(quat)[0].T @ (place - hand_m[0])
    front, wrist = vision.rig.front.picture(place), vision.rig.wrist.picture(from_hand)
    peaks = np.array([[[*(front * 0.9), 0.9], [*(wrist * 0.8), 0.8]]])
    found = np.zeros((1, OUTPUTS))
    found[0, :3], found[0, 3], found[0, 4], found[0, 5:] = (0.4, -0.3, 0.1), -5.0, 0.03, (0.6, 0.8)
    columns = {"ee_pos": hand_m, "ee_quat": quat, "gripper_qpos": np.full((1, 2), 0.04)}
    read = dict(zip(vision.names, vision._features(peaks, found, columns)[0], strict=True))
    angle = np.arctan2(*rotation(quat)[0, [1, 0], 0])
    to = turned(np.array([[read["to_x"], read["to_y"]]]), np.array([angle]))[0]
    assert np.allclose(hand_m[0, :2] + to, place[:2], atol=3e-3)
    assert read["to_z"] == pytest.approx(place[2] - hand_m[0, 2], abs=3e-3)
    release = turned(np.array([[read["release_x"], read["release_y"]]]), np.array([angle]))[0]
    assert np.allclose(hand_m[0, :2] + release, (0.4, -0.3), atol=1e-6)
    assert (read["wrist_along"], read["wrist_askew"]) == pytest.approx((0.6, 0.8))
    assert (read["is_one"], read["held"]) == (1.0, 0.0)
    found[0, 3] = 5.0
    held = dict(zip(vision.names, vision._features(peaks, found, columns)[0], strict=True))
    assert held["held"] == 1.0
    assert [held[f"to_{axis}"] for axis in "xyz"] == [0.0, 0.0, 0.0]
    blank = vision._features(np.zeros((1, 2, 3)), np.zeros((1, OUTPUTS)), columns)[0]
    assert dict(zip(vision.names, blank, strict=True))["is_one"] == 0.0


def sorting(seed: int):
    """An episode of SortRecycling's shapes in which the gripper closes and opens again."""
    episode = made_up_episode((-1,) * 12, seed=seed, image_size=96, episode_id=str(seed))
    header = replace(episode.summary.header, task="SortRecycling")
    episode = replace(episode, summary=replace(episode.summary, header=header))
    episode.actions[:, 6] = [-1] * 5 + [1] * 4 + [-1] * 3
    episode.observations["ee_quat"][:] = np.float32(DOWN)
    return episode


def test_marks_say_what_is_done_and_training_makes_one_policy(tmp_path) -> None:
    """Encoders, then a head in the hand's frame; it loads and plans the same."""
    given = Frames([sorting(seed) for seed in range(3)])
    result = train(given, SHORT, tmp_path, progress=False)
    vision = result.policy.network.vision
    assert isinstance(vision, ObjectPointing)
    assert vision.config.frozen
    assert vision.augmentation is not None
    marks = vision.marks(given, "SortRecycling")
    assert marks.shape == (len(given), 6, 2)
    assert np.allclose(marks[0, 4, 0], next_grasps(given)[0, 2])
    observation = {key: c[0] for key, c in {**given.observations, **given.images}.items()}
    again = load_policy(tmp_path, "SortRecycling", "tiny")
    assert np.array_equal(result.policy.plan(observation).actions, again.plan(observation).actions)
    assert torch.equal(
        vision.get_buffer("lowest_m").half(), again.network.vision.get_buffer("lowest_m").half()
    )
