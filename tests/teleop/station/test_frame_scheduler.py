"""The window draws often while the arm moves, and seldom while nothing does."""

from collections.abc import Callable

import numpy as np
import pygame
import pytest

from sidestick.sim_envs.spaces import Image
from sidestick.teleop.devices.bindings import defaults
from sidestick.teleop.devices.controls import DRIVING
from sidestick.teleop.session.begun_tick import BegunTick
from sidestick.teleop.session.subscriber import Tick
from sidestick.teleop.station.screen.frame_scheduler import FrameScheduler
from sidestick.teleop.station.screen.prompts import Prompter
from tests import virtual_pad as vp
from tests.window_rig import WindowRig


class Grey:
    """A view without a scene; it counts the pictures of the large camera."""

    widest = 64

    def __init__(self) -> None:
        self.large = 0

    def picture(self, camera: str, seed: int, width: int, height: int) -> Image:
        self.large += camera == "front"
        return np.full((height, width, 3), 90, np.uint8)

    def close(self) -> None:
        """Nothing is open."""


def test_a_window_in_which_nothing_moves_leaves_the_processor_to_others(
    open_rig: Callable[..., WindowRig],
) -> None:
    """Fifteen frames a second before the start and in a pause, at least thirty while it records."""
    rig, view = open_rig(), Grey()
    surface = pygame.display.set_mode((960, 600))
    scheduler = FrameScheduler(surface, view, Prompter(defaults(DRIVING)), rig.time)
    rig.loop._draw = scheduler

    def frames_a_second() -> int:
        before = view.large
        rig.run(1.0)
        return view.large - before

    assert 10 <= frames_a_second() <= 16
    rig.tap(vp.START)
    assert frames_a_second() >= 30
    rig.tap(vp.BACK)
    assert 10 <= frames_a_second() <= 16


def test_where_ticks_take_all_the_time_the_picture_still_moves(
    open_rig: Callable[..., WindowRig], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four frames a second: nobody could drive by an older picture, and a browser would not try."""
    rig, view = open_rig(), Grey()
    surface = pygame.display.set_mode((960, 600))
    rig.loop._draw = FrameScheduler(surface, view, Prompter(defaults(DRIVING)), rig.time)
    finish = rig.loop.live.finish_tick

    def slow(begun: BegunTick) -> Tick:
        rig.time.sleep(0.08)
        return finish(begun)

    monkeypatch.setattr(rig.loop.live, "finish_tick", slow)
    rig.tap(vp.START)
    before = view.large
    rig.run(4.0)
    assert view.large - before >= 13
