"""These tests check that renderers agree on labels, own their memory, and follow the world."""

from collections.abc import Iterator

import numpy as np
import pytest

from sidestick.sim_envs import make_task_env
from sidestick.sim_envs.cameras import CameraView
from sidestick.sim_envs.errors import UnknownName
from sidestick.sim_envs.primitives import Part
from sidestick.sim_envs.renderers import (
    RENDERERS,
    GlRenderer,
    Renderer,
    TinyRenderer,
    make_renderer,
)
from sidestick.sim_envs.tasks import TASKS
from sidestick.sim_envs.world import World
from tests.graphics import needs_gl

RED, GREEN, BLUE = (0.9, 0.1, 0.1), (0.1, 0.8, 0.1), (0.1, 0.1, 0.9)
FRONT = CameraView(
    np.array([0.0, -1.0, 0.3]), np.zeros(3), np.array([0.0, 0.0, 1.0]), 40.0, 0.05, 4.0
)
"""Sees the origin from 1 m."""


@pytest.fixture(params=["tiny", pytest.param("gl", marks=needs_gl)])
def renderer(request: pytest.FixtureRequest) -> Iterator[Renderer]:
    made = make_renderer(request.param)
    yield made
    made.close()


@pytest.fixture
def world() -> Iterator[World]:
    """An empty world."""
    made = World()
    made.clear()
    yield made
    made.close()


def add_three(world: World) -> None:
    """A box on the left, a cylinder in the middle, a ball on the right, labelled 1, 2, 3."""
    parts = [("box", (0.04, 0.04, 0.04)), ("cylinder", (0.04, 0.09)), ("sphere", (0.045,))]
    for i, ((shape, size), colour) in enumerate(zip(parts, (RED, GREEN, BLUE), strict=True)):
        part = Part(shape, size, colour, (0.0, 0.0, 0.05))  # lifted in its own frame
        world.add(shape, [part], (0.2 * (i - 1), 0.0, 0.0), mass_kg=0.1, label=i + 1)


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over union of all labelled pixels, where labels agree."""
    both = np.sum((first == second) & (first > 0))
    return float(both / np.sum((first > 0) | (second > 0)))


def test_an_unknown_renderer_is_named_with_the_ones_that_exist() -> None:
    """The message lists the names."""
    with pytest.raises(UnknownName, match="known: gl, tiny"):
        make_renderer("vulkan")


def test_pictures_show_every_shape_in_its_colour_and_place(
    renderer: Renderer, world: World
) -> None:
    """Left to right: a red box, a green cylinder, a blue ball; their labels lie on them."""
    add_three(world)
    picture, labels = renderer.labelled(world, FRONT, 128, 96)
    assert picture.shape == (96, 128, 3)
    assert picture.dtype == np.uint8
    assert labels.shape == (96, 128)
    columns = [np.nonzero(labels == label)[1].mean() for label in (1, 2, 3)]
    assert columns == sorted(columns)
    for label in (1, 2, 3):
        rows = np.nonzero(labels == label)[0]
        assert rows.max() < 56, "shapes are lifted in their bodies' frames"
        assert picture[labels == label].mean(0).argmax() == label - 1


def test_a_picture_is_the_same_again_and_owns_its_memory(renderer: Renderer, world: World) -> None:
    """Nothing is left over from the picture before, and no picture changes later."""
    add_three(world)
    first = renderer.picture(world, FRONT, 64, 48)
    kept = first.copy()
    renderer.picture(world, FRONT, 200, 120)
    world.place("box", (0.1, 0.1, 0.1), (0, 0, 0, 1))
    moved = renderer.picture(world, FRONT, 64, 48)
    world.place("box", (-0.2, 0.0, 0.0), (0, 0, 0, 1))
    np.testing.assert_array_equal(first, kept)
    assert not np.array_equal(moved, kept)
    np.testing.assert_array_equal(renderer.picture(world, FRONT, 64, 48), kept)
    assert first.flags.writeable


def test_drawing_follows_a_rebuilt_world(renderer: Renderer, world: World) -> None:
    """Shapes of the world before do not linger, and bodies that come later are seen."""
    add_three(world)
    renderer.picture(world, FRONT, 64, 48)
    world.clear()
    world.add("ball", [Part("sphere", (0.1,), GREEN)], (0, 0, 0), label=7)
    assert set(np.unique(renderer.labelled(world, FRONT, 64, 48)[1])) == {0, 7}
    world.add("box", [Part("box", (0.1, 0.1, 0.1), RED)], (0.3, 0, 0), label=8)
    assert set(np.unique(renderer.labelled(world, FRONT, 64, 48)[1])) == {0, 7, 8}


def test_an_empty_world_is_background(renderer: Renderer, world: World) -> None:
    """The picture is light and has no labels."""
    picture, labels = renderer.labelled(world, FRONT, 32, 24)
    assert picture.min() > 100
    assert not labels.any()


def test_one_renderer_draws_two_worlds_in_turn(renderer: Renderer, world: World) -> None:
    """It never confuses the shapes of the two."""
    other = World()
    other.clear()
    add_three(world)
    other.add("ball", [Part("sphere", (0.1,), BLUE)], (0, 0, 0), label=5)
    for _ in range(2):
        assert 1 in renderer.labelled(world, FRONT, 64, 48)[1]
        assert set(np.unique(renderer.labelled(other, FRONT, 64, 48)[1])) == {0, 5}
    other.close()


def test_closing_twice_is_safe_and_a_closed_renderer_starts_again(
    renderer: Renderer, world: World
) -> None:
    """After close() a renderer draws the same picture again."""
    add_three(world)
    before = renderer.picture(world, FRONT, 64, 48)
    renderer.close()
    renderer.close()
    np.testing.assert_array_equal(renderer.picture(world, FRONT, 64, 48), before)


def test_drawing_leaves_the_world_alone(renderer: Renderer) -> None:
    """An episode with pictures ends in the same state as one without."""
    env = make_task_env("ShelfPick", renderer=renderer.name)
    action = np.array([0.5, -0.3, 0.2, 0, 0, 0.4, 1], np.float32)
    states = []
    for due in (True, False):
        env.reset(seed=1)
        for _ in range(4):
            env.images_due = due
            env.step(action)
        states.append(env.state())
    env.close()
    np.testing.assert_array_equal(*states)


@needs_gl
@pytest.mark.parametrize("task", sorted(TASKS))
def test_both_renderers_see_the_same_silhouettes(task: str) -> None:
    """Every labelled pixel but 3 in 100 agrees, from every camera, in random scenes."""
    env = make_task_env(task)
    renderers = GlRenderer(), TinyRenderer()
    for seed in range(2):
        env.build(seed)
        env.task.scramble(env.world, env.arm, np.random.default_rng(seed))
        for camera in env.task.cameras.values():
            view = camera.view(env.arm)
            labels = [made.labelled(env.world, view, 96, 96)[1] for made in renderers]
            assert overlap(*labels) > 0.97
    env.close()


@needs_gl
def test_a_base_away_from_its_centre_of_mass_is_drawn_where_it_is() -> None:
    """Shapes are given in a body's frame, poses at its centre of mass; the arm has both."""
    env = make_task_env("ShelfPick")
    env.build(0)
    view = env.task.cameras["side"].view(env.arm)
    robot = env.task.labels.index("robot")
    seen = [made.labelled(env.world, view, 320, 240)[1] for made in (GlRenderer(), TinyRenderer())]
    masks = [labels == robot for labels in seen]
    env.close()
    assert np.sum(masks[0] & masks[1]) / np.sum(masks[0] | masks[1]) > 0.97


@needs_gl
def test_things_cast_shadows_that_move_with_them(world: World) -> None:
    """The table is darker beside a box than where there is none."""
    world.add("table", [Part("box", (1.0, 1.0, 0.01), (0.8, 0.8, 0.8))], (0.4, 0, -0.01))
    world.add("box", [Part("box", (0.05, 0.05, 0.1), RED)], (0.4, 0, 0.1), mass_kg=1, label=1)
    above = CameraView(
        np.array([0.4, 0, 2]), np.array([0.4, 0, 0]), np.array([0.0, 1, 0]), 40, 0.1, 4
    )
    renderer = GlRenderer()
    with_box, labels = renderer.labelled(world, above, 200, 200)
    world.place("box", (5.0, 0, 0.1), (0, 0, 0, 1))
    without = renderer.picture(world, above, 200, 200)
    renderer.close()
    darker = (with_box.sum(2) < 0.9 * without.sum(2)) & (labels == 0)
    assert 50 < darker.sum() < 4000


def test_every_renderer_is_registered_under_its_own_name() -> None:
    """A workspace stores the name; the registry must give that renderer back."""
    assert {kind.name for kind in (TinyRenderer, GlRenderer)} == set(RENDERERS)
