"""Whatever the window says is read whole, at every size, in every task, driving and paused."""

from collections.abc import Callable

import numpy as np
import pygame
import pytest

from sidestick.sim_envs.tasks import TASKS
from sidestick.teleop.devices.bindings import defaults
from sidestick.teleop.devices.controls import DRIVING
from sidestick.teleop.station.screen.dashboard_builder import DashboardBuilder
from sidestick.teleop.station.screen.prompts import Prompter
from sidestick.teleop.station.screen.screen import Screen
from sidestick.teleop.ui.text import TextRenderer
from tests import virtual_pad as vp
from tests.window_rig import WindowRig

SIZES = ((960, 600), (1280, 800), (1920, 1080), (3840, 2160))
ITEMS = {"ShelfPick": 6, "SortRecycling": 4, "SortClothes": 3}


def cut_texts(rig: WindowRig, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The texts that some size of the window shows with an ellipsis."""
    board = DashboardBuilder(Prompter(defaults(DRIVING))).dashboard(rig.loop, 40.0)
    seen: set[str] = set()
    rendered = TextRenderer.rendered

    def listening(self: TextRenderer, text: str, *rest: object, **more: object) -> pygame.Surface:
        seen.add(text)
        return rendered(self, text, *rest, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(TextRenderer, "rendered", listening)
        for size in SIZES:
            Screen().draw(pygame.Surface(size), np.zeros((48, 64, 3), np.uint8), board)
    return {text for text in seen if text.endswith("…")}


@pytest.mark.parametrize("task", TASKS)
def test_nothing_is_cut(
    open_rig: Callable[..., WindowRig], monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    """Ready, while it drives, paused: the rule of a long order too."""
    pygame.display.set_mode(SIZES[0])
    rig = open_rig(task=task, num_items=ITEMS[task])
    assert cut_texts(rig, monkeypatch) == set()
    rig.tap(vp.START)
    rig.drive(1.2)
    assert cut_texts(rig, monkeypatch) == set()
    rig.tap(vp.BACK)
    assert cut_texts(rig, monkeypatch) == set()
    rig.loop.help = True
    assert cut_texts(rig, monkeypatch) == set()
