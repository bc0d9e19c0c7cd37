"""These tests look at what the window draws to show depth, and at the order of a sorting task."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.experts import make_expert
from sidestick.sim_envs.making import make_task_env
from sidestick.teleop.devices.bindings import defaults
from sidestick.teleop.devices.controls import DRIVING
from sidestick.teleop.devices.sdl import pygame
from sidestick.teleop.station.options import StationOptions
from sidestick.teleop.station.screen.dashboard_builder import DashboardBuilder
from sidestick.teleop.station.screen.order import chips, pictures, progress
from sidestick.teleop.station.screen.prompts import Prompter
from sidestick.teleop.ui.canvas import Canvas
from sidestick.teleop.ui.depth_aid import (
    Between,
    DepthAid,
    OrderState,
    depth_aid,
    draw_depth_aid,
    shown_stage,
    what_is_between,
)
from sidestick.teleop.ui.palette import MINT, VERMILION
from sidestick.teleop.ui.text import TextRenderer
from sidestick.teleop.ui.window import SMALLEST, fitted
from tests.window_rig import WindowRig


@pytest.fixture
def env() -> Iterator[ArmEnv]:
    env = make_task_env("SortRecycling", image_size=16, num_items=2)
    env.build(3)
    yield env
    env.close()


def drawn(aid: DepthAid) -> pygame.Surface:
    pygame.font.init()
    surface = pygame.Surface((640, 480))
    draw_depth_aid(Canvas(surface, TextRenderer(), 1.0), surface.get_rect(), aid)
    return surface


@pytest.mark.parametrize(
    ("between", "colour"),
    [(None, None), (Between("can", True), MINT), (Between("cup", False), VERMILION)],
)
def test_the_ring_is_solid_when_closing_would_hold(
    between: Between | None, colour: tuple[int, int, int] | None
) -> None:
    """Green for an object of the order, another colour with words for any other, else hollow."""
    middle = drawn(DepthAid((0.0, 0.0), ring=0.1, between=between)).get_at((320, 240))[:3]
    assert middle == (colour or (0, 0, 0))


def test_the_stage_light_tells_the_truth(env: ArmEnv) -> None:
    """It says grasp on no tick on which closing would hold nothing; the environment's does."""
    expert, shown, theirs, ready = make_expert(env.task_name), [], [], []
    while not env.status.success:
        order = OrderState.of(env)
        between = what_is_between(env, order)
        shown.append(shown_stage(env, between, order))
        theirs.append(env.status.stage)
        ready.append(bool(between and between.wanted))
        env.advance(expert.next(env).action(env.arm.tool()))
    assert all(ok for stage, ok in zip(shown, ready, strict=True) if stage == "grasp")
    assert not all(ok for stage, ok in zip(theirs, ready, strict=True) if stage == "grasp")
    assert {"reach", "grasp", "carry", "place"} <= set(shown)


def test_every_camera_sees_plumb_line_plane_and_containers(env: ArmEnv) -> None:
    """The line goes down from the grasp point; both bins have their names in the fixed cameras."""
    boxes = tuple({i.container.name: i.container for i in env.task.wanted(env.world)}.values())
    for name, camera in env.task.cameras.items():
        aid = depth_aid(camera.view(env.arm), env, None, boxes)
        assert aid.grasp is not None
        assert len(aid.plane) == 4
        if name != "wrist":
            assert aid.foot is not None
            assert aid.foot[1] > aid.grasp[1]
            assert [words for _, words in aid.names] == [box.name for box in boxes]


def test_the_order_ticks_what_is_in_its_bin(env: ArmEnv) -> None:
    """A chip an object, with its picture, its bin's name and colour; done once it lies there."""
    cut = pictures(env)
    order = chips(env, OrderState.of(env), cut)
    assert len(order) == 2
    assert all(chip.picture is not None and chip.picture.shape[0] > 20 for chip in order)
    assert progress(order) == "0 of 2 in place"
    expert, seen = make_expert(env.task_name), set()
    while not env.status.success:
        env.advance(expert.next(env).action(env.arm.tool()))
        seen.add(progress(chips(env, OrderState.of(env), cut)))
    assert seen == {"0 of 2 in place", "1 of 2 in place", "2 of 2 in place"}


def test_the_ready_card_says_when_the_first_policy_comes(
    open_rig: Callable[..., WindowRig],
) -> None:
    """Beside a learner only; it counts the successes that are still wanted."""
    for learns in (False, True):
        rig = open_rig(options=StationOptions(learns=learns))
        card = DashboardBuilder(Prompter(defaults(DRIVING))).dashboard(rig.loop, 40.0).card
        assert card is not None
        assert any("after 5 more successes" in line for line in card.lines) == learns


def test_a_window_fits_its_screen() -> None:
    """No smaller than the design's smallest where there is room, no larger than the screen."""
    assert fitted((1280, 800), [(1920, 1080)]) == (1280, 800)
    assert fitted((100, 100), [(1920, 1080)]) == SMALLEST
    wide, high = fitted((1280, 800), [(1366, 768)])
    assert (wide, high < 768) == (1280, True)
    assert fitted((3840, 2160), []) == (3840, 2160)
    assert np.all(np.array(fitted((1280, 800), [(800, 480)])) <= (800, 480))
