"""This module says what a task or a plug-in's world can do, and what refuses where it cannot.

`sidestick tasks` lists it without making a world: one that is a real arm would be connected to.
"""

from ...sim_envs.environment import ArmEnv
from ...sim_envs.experts import EXPERTS
from ...sim_envs.plug_ins import Group, plug_in
from ...sim_envs.tasks import task_class
from ...sim_envs.worlds.contract import Capability, TaskWorld

Declared = dict[str, bool]
"""Whether each capability is there, by its name in lower case, as `sidestick doctor` has it."""
REFUSED = {
    "verdict": "no evaluate, compare, practice or gate; a person judges",
    "hand": "no way back to the start pose",
    "replay": "no rewind, no proof of a replay; compare pairs scenes that differ",
    "objects": "no expert that asks where they are",
    "pictures": "no videos of rollouts",
    "expert": "no simulated operator",
}
"""What a world goes without that lacks a capability."""
REAL_TIME = "real time: nothing drives unattended"


def task_capabilities(task: str) -> Declared:
    """Those of a task of the built-in arm; its script is its own."""
    scripted = task in EXPERTS or task_class(task).expert is not None
    return {**_named(ArmEnv.capabilities), "expert": scripted}


def world_capabilities(world: str) -> Declared | None:
    """Those that a plug-in's class declares; None for a function, which would have to be called."""
    made = plug_in(Group.WORLDS, world)
    declares = isinstance(made, type) and issubclass(made, TaskWorld)
    return _named(made.capabilities) if declares else None


def refused(declared: Declared) -> list[str]:
    """What is refused and for want of what, a sentence each."""
    said = [f"{name}: {without}" for name, without in REFUSED.items() if not declared[name]]
    return [*said, REAL_TIME] if declared["real_time"] else said


def _named(capabilities: frozenset[Capability]) -> Declared:
    return {one.name.lower(): one in capabilities for one in Capability}
