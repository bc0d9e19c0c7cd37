"""Predictions and clicks are judged without a screen, on episodes recorded in the simulator."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pygame
import pytest
from PIL import Image

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.judgements.judgement import CLICK, PREDICTION
from sidestick.datasets.judgements.judgement_state import TrainingSelection
from sidestick.datasets.judgements.judgements import Judgements
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.perception.click_finetuning import (
    Click,
    clicked_class,
    finetune_on_clicks,
    pixel_error,
)
from sidestick.policies.perception.network import Perception
from sidestick.sim_envs import make_task_env
from sidestick.sim_envs.errors import BadValue
from sidestick.sim_envs.spaces import METRES_PER_UNIT
from sidestick.teleop.devices.gamepads import Gamepads
from sidestick.teleop.evaluation.replay import RestoredMoment, expert_drive
from sidestick.teleop.learning.workspace_perception import own_perception
from sidestick.teleop.learning.workspace_training import judged_frames
from sidestick.teleop.review.click_review import learn_clicks, review_clicks, stored_clicks
from sidestick.teleop.review.prediction_review import DRAG_M, PredictionReview, end_m
from sidestick.teleop.review.prediction_window import PredictionWindow
from sidestick.teleop.review.predictions import plan_to, recorded_plan, recorded_plans
from sidestick.teleop.review.redrawn_views import SIDE_PX, RedrawnViews
from sidestick.teleop.review.review_loop import run_window
from sidestick.teleop.review.run_predictions import SimulatedPredictionReviewer
from sidestick.teleop.station.headless import drive_simulated
from sidestick.teleop.ui.key_input import press
from sidestick.teleop.ui.layout import review_layout
from sidestick.teleop.ui.palette import SKY
from tests.straight_policy import Straight
from tests.synthetic import made_up_episode


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two demonstrations of the simulated operator."""
    config = WorkspaceConfig("ShelfPick", env_kwargs={"num_items": 1})
    workspace = Workspace.create(tmp_path_factory.mktemp("recorded") / "ws", config)
    drive_simulated(workspace, Level.DEMONSTRATE, range(2))
    return workspace


@pytest.fixture
def workspace(recorded: Workspace) -> Iterator[Workspace]:
    """The same episodes without judgements."""
    recorded.db_path.unlink(missing_ok=True)
    yield recorded
    recorded.db_path.unlink(missing_ok=True)


def recorded_review(
    workspace: Workspace, count: int = 5, operator: str = "ada"
) -> PredictionReview:
    items = recorded_plans(workspace, Straight(), operator, count)  # type: ignore[arg-type]
    return PredictionReview(workspace, operator, "0001", items)


def keys(window: PredictionWindow, *names: str) -> None:
    for name in names:
        press(name)
        for event in pygame.event.get():
            window.handle(event)


def test_plans_come_by_priority_without_duplicates(workspace: Workspace) -> None:
    """Ordered by novelty and disagreement, no two alike; graded ones do not come again."""
    items = recorded_plans(workspace, Straight(), "ada", 8)  # type: ignore[arg-type]
    priorities = [item.priority for item in items]
    assert priorities == sorted(priorities, reverse=True)
    for place, item in enumerate(items):
        for other in items[:place]:
            assert np.abs(item.signature - other.signature).max() > 0.02
    review = recorded_review(workspace, 1)
    first = review.item
    review.writer.judge.say(
        first.episode, PREDICTION, first.step, grade="accept", actions=[[0.0] * 7]
    )
    again = recorded_plans(workspace, Straight(), "ada", 8)  # type: ignore[arg-type]
    assert (first.episode, first.step) not in {(f.episode, f.step) for f in again}


def test_moments_are_drawn_again_from_their_state(workspace: Workspace) -> None:
    """The large picture shows what the recorded one does; a scene from elsewhere has none."""
    item = recorded_plans(workspace, Straight(), "ada", 1)[0]  # type: ignore[arg-type]
    views = RedrawnViews(workspace.config)
    try:
        deadline = time.monotonic() + 60
        while (picture := views.picture(item, "front")) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert picture is not None
        assert picture.shape == (SIDE_PX, SIDE_PX, 3)
        small = Image.fromarray(picture).resize(
            item.images["front"].shape[:2], Image.Resampling.BOX
        )
        apart = np.abs(np.asarray(small, float) - item.images["front"].astype(float)).mean()
        assert apart < 6.0
        assert views.picture(replace(item, seed=-1, step=0), "front") is None
    finally:
        views.close()
    assert views.picture(item, "front") is not None  # what has come stays


def test_dragging_moves_the_end_by_what_was_asked() -> None:
    """The shift is spread over the actions, which stay in [-1, 1]."""
    plan = Straight().plan({"ee_pos": np.zeros(3)})
    moved = plan_to(plan.actions, np.array([0.0, 0.03, -0.015]))
    shift = (moved - plan.actions)[:, :3].sum(0) * METRES_PER_UNIT
    np.testing.assert_allclose(shift, [0.0, 0.03, -0.015], atol=1e-6)
    assert np.abs(plan_to(plan.actions, np.array([5.0, 0.0, 0.0]))).max() <= 1.0


def test_accept_reject_and_correct_each_with_a_key(workspace: Workspace, quiet_sdl: None) -> None:
    """Moved plans are corrections, and training uses the grades that were not undone."""
    surface = pygame.display.set_mode((1280, 800))
    review = recorded_review(workspace)
    window = PredictionWindow(review, Gamepads())
    first = review.item
    end = end_m(first, review.proposal)
    keys(window, "a", "r", "left", "left", "g")
    third = review.item
    moved = end_m(third, review.proposal) - end_m(third, third.plan.actions)
    np.testing.assert_allclose(moved, [0.0, 2 * DRAG_M, 0.0], atol=1e-6)
    window.draw(surface)
    keys(window, "a", "c", "u")
    grades = [event.payload["grade"] for event in review.writer.said]
    assert grades == ["accept", "reject", "correct"]
    assert review.place == 3
    events = Judgements(workspace.db_path).all()
    np.testing.assert_allclose(
        end_m(first, np.array(events[0].payload["actions"], np.float32)), end, atol=1e-3
    )
    frames, examples = judged_frames(workspace)
    assert len(examples) == 2
    assert {e.episode for e in examples} <= {summary.id for summary in frames.episodes}
    assert (
        len(TrainingSelection.of(Judgements(workspace.db_path), workspace.summaries()).predictions)
        == 3
    )
    review.close()


def test_a_correction_is_driven_from_the_very_state(workspace: Workspace, quiet_sdl: None) -> None:
    """The restored state is the recorded one, and the driven actions replace the plan."""
    episode = Episode.read(workspace.episodes()[0], images=False)
    restored = RestoredMoment(episode, 17)
    np.testing.assert_array_equal(restored.env.state(), episode.states[17])
    own = expert_drive(restored, 6)
    assert own.shape == (6, 7)
    restored.env.close()
    with pytest.raises(BadValue, match="step"):
        RestoredMoment(episode, 10_000)
    review = recorded_review(workspace, 1)
    window = PredictionWindow(review, Gamepads())
    keys(window, "d")
    assert review.drive is not None
    for _ in range(40):
        review.pass_time(0.05, np.array([0.0, 1.0, 0.0]))
    assert review.drive is None
    assert review.plan_edit.driven is not None
    assert review.plan_edit.driven.shape == (16, 7)
    assert (review.plan_edit.driven[:, 1] > 0.5).all()
    window.draw(pygame.display.set_mode((1280, 800)))
    keys(window, "a")
    assert review.writer.said[0].payload["grade"] == "correct"
    review.close()


def test_a_simulated_reviewer_grades_predictions(workspace: Workspace, quiet_sdl: None) -> None:
    """A plan that ends elsewhere than the expert's is corrected by the expert's actions."""
    review = recorded_review(workspace, 4, "simulated")
    run_window(
        PredictionWindow(review, Gamepads()),
        pygame.display.set_mode((1280, 800)),
        SimulatedPredictionReviewer(),
    )
    grades = [event.payload["grade"] for event in review.writer.said]
    assert len(grades) == len(review.items)
    assert "correct" in grades
    review.close()


def test_recorded_plans_have_the_recorded_actions(workspace: Workspace) -> None:
    """The blue path is made of the recorded actions."""
    episode = Episode.read(workspace.episodes()[0])
    item = recorded_plan(episode, len(episode) - 3, Straight())  # type: ignore[arg-type]
    np.testing.assert_array_equal(item.done, episode.actions[-3:])
    assert item.disagreement_m >= 0


def test_paths_are_drawn_by_the_camera_of_their_episode(
    workspace: Workspace, quiet_sdl: None
) -> None:
    """Domain randomization moves the front camera; the recorded path is projected by that pose."""
    env = make_task_env("ShelfPick", num_items=1, variation="strong")
    env.build(3)
    episode = made_up_episode([-1] * 16, image_size=16)
    header = replace(episode.summary.header, seed=3, env_args={"env_kwargs": env.env_kwargs})
    ee_pos = np.tile(np.float32([0.5, 0.0, 0.2]), (16, 1))
    episode = replace(
        episode, summary=replace(episode.summary, header=header),
        actions=np.tile(np.float32([0, 0.5, 0, 0, 0, 0, -1]), (16, 1)),
        observations={**episode.observations, "ee_pos": ee_pos},
    )  # fmt: skip
    item = recorded_plan(episode, 0, Straight())  # type: ignore[arg-type]
    review = PredictionReview(workspace, "ada", "0001", [item])
    surface = pygame.display.set_mode((1280, 800))
    PredictionWindow(review, Gamepads()).draw(surface)
    area = review_layout(1280, 800, 2, with_line=False).views[0]
    view = env.task.cameras["front"].view(env.arm)
    end = end_m(item, item.done)
    x, y, _ = view.project(end)[0] * area.h / 2
    assert surface.get_at((round(area.centerx + x), round(area.centery + y)))[:3] == SKY
    np.testing.assert_array_equal(item.view.axes(), view.axes())
    review.close()
    env.close()


def test_clicks_are_stored_with_their_pictures_and_teach(
    workspace: Workspace, quiet_sdl: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A simulated reviewer clicks; the report has the error on held-out clicks before and after."""
    # How much is learnt is tested below.
    monkeypatch.setattr("sidestick.policies.perception.click_finetuning.STEPS", 20)
    report = review_clicks(workspace, "simulated", headless=True, simulated=True, count=12)
    events = [e for e in Judgements(workspace.db_path).all() if e.kind == CLICK]
    assert report.clicks == len(events) >= 8
    clicks = stored_clicks(workspace)
    assert len(clicks) == len(events)
    assert report.taught + report.held_out == len(clicks)
    assert report.before_px is not None
    assert (own_perception(workspace) is not None) == report.kept
    (workspace.path / "perception.safetensors").unlink(missing_ok=True)


def test_clicks_correct_a_perception_that_misses_the_item(workspace: Workspace) -> None:
    """In pictures with inverted colours it finds the items after forty clicks."""
    perception = Perception.load_shipped("ShelfPick")
    clicks = disguised_clicks(workspace)
    gain = finetune_on_clicks(perception, clicks)
    assert gain.before_px > 4.0
    assert gain.after_px < gain.before_px / 2
    assert gain.is_better
    assert pixel_error(gain.perception, clicks) < pixel_error(perception, clicks)


def disguised_clicks(workspace: Workspace) -> list[Click]:
    """Pictures with inverted colours, clicked where the simulator's labels have the item."""
    from sidestick.teleop.session.environments import episode_env

    clicks = []
    for path in workspace.episodes():
        episode = Episode.read(path)
        env = episode_env(episode)
        env.build(episode.summary.header.seed)
        goal = episode.summary.header.goal
        for step in range(0, len(episode), 5):
            env.show(episode.states[step])
            _, classes = env.labelled("front", 96, 96)
            rows, columns = np.nonzero(classes == env.task.labels.index(goal))
            if len(rows) > 5:
                image = 255 - np.asarray(episode.observations["front_image"][step], np.uint8)
                clicks.append(Click(image, goal, columns.mean() + 0.5, rows.mean() + 0.5))
        env.close()
    return clicks[:48]


def test_a_click_on_a_garment_is_of_the_shade_that_is_seen() -> None:
    """The instruction names only the kind, and perception has a class for each shade."""
    perception = Perception.load_shipped("SortClothes")
    env = make_task_env("SortClothes", num_items=1)
    for seed in range(4):
        observation, _ = env.reset(seed=seed)
        image, cloth = observation["front_image"], env.task.present[0]
        maps = perception.probabilities(image[None]).numpy()[0]
        found = clicked_class(perception, Click(image, cloth.kind, 0.0, 0.0), maps)
        assert perception.config.class_names[found] == f"{cloth.shade} {cloth.kind}"
    env.close()


def test_too_few_clicks_and_unknown_items_are_refused(workspace: Workspace) -> None:
    """The message names the fault, and nothing is written."""
    perception = Perception.load_shipped("ShelfPick")
    with pytest.raises(BadValue, match="at least 8"):
        finetune_on_clicks(perception, [])
    clicks = [Click(np.zeros((96, 96, 3), np.uint8), "moon", 1.0, 1.0)] * 8
    with pytest.raises(BadValue, match="moon"):
        finetune_on_clicks(perception, clicks)
    assert learn_clicks(workspace, "ada", 0).before_px is None
    assert not Path(workspace.path / "perception.safetensors").exists()
