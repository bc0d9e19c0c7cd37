"""These fixtures serve several test files: a trained workspace, SDL, windows, an X server."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[1]))  # helpers are imported as tests.<name>


# `make test` tries the same examples each time, so that it says something about a change;
# `make test-slow` looks for new ones. Machines are shared: no example has a deadline.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("new", deadline=None)
settings.load_profile(os.environ.get("SIDESTICK_EXAMPLES", "same"))


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a policy that was trained on all its episodes."""
    from tests.learning_rig import learner, tiny_workspace

    workspace = tiny_workspace(tmp_path_factory.mktemp("taught") / "ws")
    learner(workspace).step()
    return workspace.path


@pytest.fixture
def quiet_sdl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """SDL without screen, sound or a user's own bindings."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    monkeypatch.setenv("SDL_JOYSTICK_ALLOW_BACKGROUND_EVENTS", "1")
    monkeypatch.setenv("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    monkeypatch.setenv("SIDESTICK_CONFIG_DIR", str(tmp_path / "config"))
    import pygame
    from pygame._sdl2 import controller

    pygame.display.init()
    yield
    controller.quit()
    pygame.quit()


@pytest.fixture
def open_rig(quiet_sdl: None, tmp_path: Path) -> Iterator[Callable[..., object]]:
    """A function that makes operator windows; each is closed after the test."""
    from tests.window_rig import WindowRig

    rigs: list[WindowRig] = []

    def make(**settings: object) -> WindowRig:
        rigs.append(WindowRig(tmp_path / f"workspace{len(rigs)}", **settings))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.close()


@pytest.fixture
def display() -> Iterator[str]:
    """Number of a new X server, for windows that receive real key presses."""
    from tests.xdotool import screen

    with screen() as number:
        yield number
