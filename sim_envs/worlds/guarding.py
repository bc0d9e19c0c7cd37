"""These functions begin and step a stranger's world for a session: its faults get a name.

What it raises becomes WorldFailed, and all that it gives is compared with its spec.
"""

import math
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from ..errors import SidestickError, WorldFailed
from ..plug_ins import Group, is_plug_in
from ..spaces import Action, Observation
from .arm_world import ArmWorld
from .contract import TaskWorld
from .observation_check import check_observation

Stepped: TypeAlias = tuple[Observation, float, bool, bool, dict[str, Any]]
Given = TypeVar("Given")


def guarded_reset(world: TaskWorld, seed: int) -> Observation:
    """The first observation of an episode of this seed."""
    if _is_ours(world):
        return world.reset(seed=seed)[0]
    seen = _named(world, "reset", lambda: world.reset(seed=seed)[0])
    check_observation(world.world_spec, seen)
    return seen


def guarded_step(world: TaskWorld) -> Callable[[Action], Stepped] | None:
    """The step of a stranger's world; None for the built-in arm in a built-in task."""
    if _is_ours(world):
        return None
    spec = world.world_spec

    def step(action: Action) -> Stepped:
        found = _named(world, "step", lambda: _five(world.step(action)))
        check_observation(spec, found[0])
        if not math.isfinite(found[1]):
            raise WorldFailed(f"{spec.task}: reward: expected a finite number, got {found[1]}")
        return found

    return step


def _is_ours(world: TaskWorld) -> bool:
    return isinstance(world, ArmWorld) and not is_plug_in(Group.TASKS, world.task_name)


def _five(stepped: Any) -> Stepped:
    seen, reward, solved, cut, info = stepped
    return seen, float(reward), bool(solved), bool(cut), info


def _named(world: TaskWorld, what: str, call: Callable[[], Given]) -> Given:
    """What a call gives; WorldFailed for what it raises, with the world's name."""
    try:
        return call()
    except SidestickError:
        raise
    except Exception as error:
        task = world.world_spec.task
        raise WorldFailed(f"{task}: {what}() raised {type(error).__name__}: {error}") from error
