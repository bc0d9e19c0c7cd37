"""These tests check drawn variations: colours keep names, items fit, clutter is out of the way."""

import numpy as np
import pytest

from sidestick.sim_envs import make_task_env
from sidestick.sim_envs.appearance import PLAIN, Appearance, Light
from sidestick.sim_envs.domain_randomization import STRENGTHS
from sidestick.sim_envs.furniture import Bin
from sidestick.sim_envs.garments import GARMENTS, SHADES
from sidestick.sim_envs.gripper import PANDA
from sidestick.sim_envs.renderers import make_renderer
from sidestick.sim_envs.tasks import (
    TASKS,
    clothes_scene,
    recycling_items,
    shelf_pick,
    sort_recycling,
)
from sidestick.sim_envs.textures import PATTERNS, Texture
from tests.graphics import needs_gl

SIDE_PX = 32
VARIED = [(task, level) for task in sorted(TASKS) for level in STRENGTHS]
BINS: dict[str, tuple[Bin, ...]] = {
    "ShelfPick": (shelf_pick.TOTE,),
    "SortRecycling": sort_recycling.BINS,
    "SortClothes": clothes_scene.BOXES,
}


@pytest.mark.parametrize(("task", "level"), VARIED)
def test_clutter_is_background_and_out_of_everybodys_way(task: str, level: str) -> None:
    """Clutter is in no bin, does not move, is of the background's class, and may be absent."""
    env = make_task_env(task, image_size=SIDE_PX, variation=level)
    counts = []
    for seed in range(12):
        env.task.vary(env.world, np.random.default_rng(seed))
        counts.append(len(env.task.drawn.clutter))
        for piece in env.task.drawn.clutter:
            point = np.array([*piece.place_m, 0.01])
            assert not any(box.is_under(point) for box in BINS[task])
            assert any(
                np.all(np.array(low) <= piece.place_m) and np.all(piece.place_m <= np.array(high))
                for low, high in env.task.clutter_spots
            )
    assert min(counts) == 0
    assert max(counts) == STRENGTHS[level].clutter
    seed = next(s for s in range(20) if env.build(s) or env.task.drawn.clutter)
    assert not set(env.world.dynamic) & {n for n in env.world.bodies if n.startswith("clutter")}
    assert env.world.labels[env.world.bodies["clutter 0"]] == 0, seed
    env.close()


@pytest.mark.parametrize("task", sorted(TASKS))
def test_what_has_a_name_keeps_the_colour_that_it_is_named_by(task: str) -> None:
    """A tinted colour is nearer to its own plain colour than to any other object's."""
    env = make_task_env(task, variation="strong")
    plain = plain_colours(task)
    for seed in range(200):
        env.task.vary(env.world, np.random.default_rng(seed))
        for name, colour in plain.items():
            tinted = env.task.drawn.look.colour(name, colour)
            gaps = {other: colour_gap(tinted, c) for other, c in plain.items()}
            assert min(gaps, key=gaps.__getitem__) == name
    env.close()


def colour_gap(*pair: tuple[float, float, float]) -> float:
    """Distance of two colours, with brightness at half weight."""
    first, second = np.array(pair)
    kinds = first / first.max() - second / second.max()
    return float(np.abs(kinds).max() + abs(first.max() - second.max()) / 2)


def plain_colours(task: str) -> dict[str, tuple[float, float, float]]:
    """Main colour of everything that has a class of its own, by the name of the class."""
    items = {"ShelfPick": shelf_pick.ITEMS, "SortRecycling": recycling_items.ITEMS}.get(task, {})
    colours = {name: item.parts[0].colour for name, item in items.items()}
    colours |= {box.name: box.colour for box in BINS[task]}
    if task == "SortClothes":
        for kind, garment in GARMENTS.items():
            colours |= {f"{s} {kind}": c for s, c in zip(SHADES, garment.cloth, strict=True)}
    return colours


@pytest.mark.parametrize("task", ["ShelfPick", "SortRecycling"])
def test_items_of_every_shape_fit_between_the_fingers(task: str) -> None:
    """No item grows beyond its share, nor wider than the gripper opens."""
    env = make_task_env(task, variation="strong")
    share = STRENGTHS["strong"].stretch
    for seed in range(30):
        env.task.vary(env.world, np.random.default_rng(seed))
        for factors in env.task.drawn.stretches.values():
            assert np.all(np.abs(np.array(factors) - 1.0) <= share)
        assert all(
            env.task.item(name).width_m < 1.9 * PANDA.finger_open_m for name in env.task.goal_names
        )
    env.close()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_textures_repeat_and_only_darken(pattern: str) -> None:
    """Tiles come from the parameters alone, lie within the surface and flat on it."""
    for count in range(6, 15):
        texture = Texture(pattern, count, 0.3, seed=count)
        tiles = texture.tiles((0.8, 1.1), (0.5, 0.6, 0.7))
        assert tiles == texture.tiles((0.8, 1.1), (0.5, 0.6, 0.7))
        assert tiles
        for tile in tiles:
            reach = np.abs(tile.position) + np.array(tile.size)
            assert np.all(reach <= (0.8 + 1e-9, 1.1 + 1e-9, 0.001))
            assert np.all(np.array(tile.colour) <= (0.5, 0.6, 0.7))
            assert np.all(np.array(tile.colour) >= 0.7 * np.array((0.5, 0.6, 0.7)) - 1e-9)


@pytest.mark.parametrize("name", ["tiny", pytest.param("gl", marks=needs_gl)])
def test_every_renderer_follows_the_light(name: str) -> None:
    """Light from the other side, brighter or warmer, shows; nothing of it is left afterwards."""
    env, renderer = make_task_env("SortRecycling"), make_renderer(name)
    env.build(0)
    view = env.task.cameras["front"].view(env.arm)

    def seen(look: Appearance) -> np.ndarray:
        env.world.dress(look)
        return renderer.picture(env.world, view, 64, 64).astype(int)

    plain = seen(PLAIN)
    other_side = seen(Appearance(Light(direction=(0.6, -0.5, 1.4))))
    assert np.abs(other_side - plain).max() > 20
    assert seen(Appearance(Light(room=1.1))).mean() > plain.mean() + 3
    warm = seen(Appearance(Light(colour=(1.0, 0.9, 0.6)))) - plain
    assert warm[..., 2].mean() < warm[..., 0].mean() - 1
    np.testing.assert_array_equal(seen(PLAIN), plain)
    renderer.close()
    env.close()
