"""`driver_named` makes what drives instead of a person: the simulated operator, or a plug-in.

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


def check_driver(name: str, headless: bool) -> None:
    """Raise BadValue for a driver that cannot drive with, or without, a window, and UnknownName
    for one that there is not."""
    if headless and name == PERSON:
        raise BadValue("--headless", "--driver simulated with it", "--driver person")
    if name not in (PERSON, SIMULATED):
        driver_named(name)
    if not headless and name == CLUMSY:
        raise BadValue(f"--driver {name}", "--headless with it: it has no window", name)


def driver_named(name: str) -> MakeOperator:
    """What makes a driver for a world and a level; UnknownName lists those that there are."""
    if name == SIMULATED:
        return SimulatedOperator
    if name == CLUMSY:
        return functools.partial(SimulatedOperator, habits=Habits())
    if not is_plug_in(Group.DEVICES, name):
        raise UnknownName("driver", name, (PERSON, SIMULATED, CLUMSY, *plug_ins(Group.DEVICES)))
    made: MakeOperator = plug_in(Group.DEVICES, name)
    return made


def window_device(name: str, level: Level) -> Callable[[TaskWorld], InputDevice] | None:
    """What makes a plug-in's device for a world at the window; None for those that it has."""
    if name in (PERSON, SIMULATED):
        return None
    make = driver_named(name)
    return lambda world: make(world, level)
