"""This package holds the experts: scripted controllers, one per task, for simulated operators."""

from collections.abc import Callable
from typing import TypeAlias

from ..environment import ArmEnv
from ..errors import UnknownName
from ..spaces import Action
from ..tasks import task_class
from ..worlds.contract import Capability, TaskWorld
from .expert import Expert, ExpertTarget
from .shelf_pick import ShelfPickExpert
from .sort_clothes import SortClothesExpert
from .sort_recycling import SortRecyclingExpert

EXPERTS: dict[str, type[Expert]] = {
    "ShelfPick": ShelfPickExpert,
    "SortRecycling": SortRecyclingExpert,
    "SortClothes": SortClothesExpert,
}

__all__ = ["EXPERTS", "Expert", "expert_of", "make_expert"]


def make_expert(task: str) -> Expert:
    """The expert for a task, built in or its own; raises UnknownName where there is none."""
    if task in EXPERTS:
        return EXPERTS[task]()
    own = task_class(task).expert
    if own is None:
        raise UnknownName("expert for task", task, EXPERTS)
    made: Expert = own()
    return made


ChangeTarget: TypeAlias = Callable[[ArmEnv, ExpertTarget], ExpertTarget]


def expert_of(world: TaskWorld, change: ChangeTarget | None = None) -> Callable[[], Action]:
    """What gives an expert's action for the world as it is now, float32[A].

    `change` makes other targets of the expert's, with the built-in arm. UnknownName or
    MissingCapability where nobody knows the task.
    """
    if not isinstance(world, ArmEnv):
        world.require(Capability.EXPERT, "the simulated operator")
        return world.expert_action
    env, expert = world, make_expert(world.task_name)

    def action() -> Action:
        target = expert.next(env)
        return (target if change is None else change(env, target)).action(env.arm.tool())

    return action
