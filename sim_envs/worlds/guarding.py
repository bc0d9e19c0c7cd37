"""`guarded_step` is a stranger's step for a session: its errors and oddities get a name."""

from collections.abc import Callable
from typing import Any, TypeAlias

from ..errors import SidestickError, WorldFailed
from ..spaces import Action, Observation
from .arm_world import ArmWorld
from .conformance import check_observation
from .contract import TaskWorld

Stepped: TypeAlias = tuple[Observation, float, bool, bool, dict[str, Any]]


def guarded_step(world: TaskWorld) -> Callable[[Action], Stepped] | None:
    """The world's step, of which the first observation is compared with the spec.

    What a stranger's world raises becomes WorldFailed. None for the built-in arm.
    """
    if isinstance(world, ArmWorld):
        return None
    checked = False

    def step(action: Action) -> Stepped:
        nonlocal checked
        try:
            found = world.step(action)
        except SidestickError:
            raise
        except Exception as error:
            task = world.world_spec.task
            raise WorldFailed(f"{task}: step() raised {type(error).__name__}: {error}") from error
        if not checked:
            check_observation(world.world_spec, found[0])
            checked = True
        return found

    return step
