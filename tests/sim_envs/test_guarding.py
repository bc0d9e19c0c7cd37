"""What a stranger's world does wrong in this process has its name, at the step that it does it."""

from typing import Any

import numpy as np
import pytest

from sidestick.sim_envs.errors import WorldFailed
from sidestick.sim_envs.making import make_task_env
from sidestick.sim_envs.worlds import guarding
from sidestick.sim_envs.worlds.contract import TaskWorld
from sidestick.sim_envs.worlds.guarding import guarded_reset, guarded_step
from tests.worlds.chase import ChaseWorld, make

STILL = np.zeros(2, np.float32)


class Odd(ChaseWorld):
    """The dot's world, of which a test changes what comes out."""

    change: Any = staticmethod(lambda stepped: stepped)

    def step(self, action: Any) -> Any:
        """As it is, until told otherwise."""
        return self.change(super().step(action))


def odd() -> Any:
    """One that was begun."""
    world: Any = make()
    world.__class__ = Odd
    guarded_reset(world, 0)
    return world


def nan(stepped: Any) -> Any:
    """A reading that is no number."""
    stepped[0]["agent_pos"][0] = np.nan
    return stepped


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (nan, "Chase: observation agent_pos: expected finite numbers"),
        (lambda s: s[:4], r"Chase: step\(\) raised ValueError: not enough values"),
        (lambda s: (s[0], np.nan, *s[2:]), "Chase: reward: expected a finite number, got nan"),
        (lambda s: s[0]["nothing"], r"Chase: step\(\) raised KeyError: 'nothing'"),
        (lambda s: ({**s[0], "goal": 1}, *s[1:]), r"goal: expected float32\[1\], got int64\[\]"),
    ],
)
def test_a_step_that_goes_wrong_late_is_named(change: Any, said: str) -> None:
    """Not only the first."""
    world = odd()
    step = guarded_step(world)
    assert step is not None
    step(STILL)
    world.change = change
    with pytest.raises(WorldFailed, match=said):
        step(STILL)
    world.close()


def test_a_beginning_that_goes_wrong_is_named() -> None:
    """What reset() raises, and what it gives."""
    world = odd()
    world.reset = lambda **_: 1 / 0
    with pytest.raises(WorldFailed, match=r"Chase: reset\(\) raised ZeroDivisionError"):
        guarded_reset(world, 0)
    world.reset = lambda **_: ({}, {})
    with pytest.raises(WorldFailed, match="Chase: observation agent_pos: expected float32"):
        guarded_reset(world, 0)
    world.close()


def test_a_plug_in_s_task_is_a_stranger_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it raises in the built-in arm's world has its name; ours is stepped as it is."""
    world: TaskWorld = make_task_env(image_size=16)
    assert guarded_step(world) is None
    monkeypatch.setattr(guarding, "is_plug_in", lambda *_: True)
    guarded_reset(world, 0)
    step = guarded_step(world)
    assert step is not None
    monkeypatch.setattr(world.task, "assess", lambda *_: 1 / 0)  # type: ignore[attr-defined]
    with pytest.raises(WorldFailed, match=r"ShelfPick: step\(\) raised ZeroDivisionError"):
        step(np.zeros(7, np.float32))
    world.close()
