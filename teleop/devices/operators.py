"""`operator_named` makes who drives without a window: the simulated operator, or a plug-in.

A plug-in of `sidestick.devices` is called with the world and the level, and gives an InputDevice:
a leader arm, a script, a model of a person.
"""

import functools
from collections.abc import Callable
from typing import TypeAlias

from ...datasets.step import Level
from ...sim_envs.errors import BadValue, UnknownName
from ...sim_envs.plug_ins import Group, is_plug_in, plug_in, plug_ins
from ...sim_envs.worlds.contract import TaskWorld
from ..session.device import InputDevice
from .clumsiness import Habits
from .simulated_operator import CLUMSY, SimulatedOperator

SIMULATED, PERSON = "simulated", "person"
MakeOperator: TypeAlias = Callable[[TaskWorld, Level], InputDevice]


def check_operator(name: str, headless: bool) -> None:
    """Raise BadValue for an operator that cannot drive with, or without, a window, and UnknownName
    for one that there is not."""
    if headless and name == PERSON:
        raise BadValue("--headless", "--operator simulated with it", "--operator person")
    if name not in (PERSON, SIMULATED):
        operator_named(name)
    if not headless and name not in (PERSON, SIMULATED):
        raise BadValue(f"--operator {name}", "--headless with it: it has no window", name)


def operator_named(name: str) -> MakeOperator:
    """What makes an operator for a world and a level; UnknownName lists who there is."""
    if name == SIMULATED:
        return SimulatedOperator
    if name == CLUMSY:
        return functools.partial(SimulatedOperator, habits=Habits())
    if not is_plug_in(Group.DEVICES, name):
        raise UnknownName("operator", name, (PERSON, SIMULATED, CLUMSY, *plug_ins(Group.DEVICES)))
    made: MakeOperator = plug_in(Group.DEVICES, name)
    return made
