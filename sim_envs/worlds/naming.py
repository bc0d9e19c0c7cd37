"""`world_named` makes a world from its name: a Gymnasium id, a plug-in, or a module's function.

A workspace is a data file: what it names beside installed plug-ins runs only where the user asked
for it. The command line notes that (`--env`), and says so to all its processes by a variable.
"""

import importlib
import os
from collections.abc import Iterable
from typing import Any

import gymnasium as gym

from ..errors import BadValue, NotAllowed, PlugInError
from ..plug_ins import Group, is_plug_in, plug_in, plug_ins
from .contract import TaskWorld
from .gym_world import GymWorld, make_gym_world

ALLOWED_VARIABLE = "SIDESTICK_WORLDS"
"""Names of worlds that the user allowed, by line; inherited by worker processes."""
GYM = "gym:"
"""Begins the name of a Gymnasium environment."""
FORMS = (
    "the name of an installed plug-in, gym:ID for a Gymnasium environment (gym:module:ID where a "
    "module registers it), or module:maker"
)


def world_named(name: str, image_size: int, **keywords: Any) -> TaskWorld:
    """The world of this name; errors say what was asked, what there is, and what to do."""
    if name.startswith(GYM):
        gym_id = name.removeprefix(GYM)
        if ":" in gym_id:
            require_allowed(name)
        return make_gym_world(gym_id, image_size, **keywords)
    if ":" in name:
        require_allowed(name)
        made = _maker(name)(image_size=image_size, **keywords)
    elif is_plug_in(Group.WORLDS, name):
        made = plug_in(Group.WORLDS, name)(image_size=image_size, **keywords)
    else:
        known = ", ".join(plug_ins(Group.WORLDS)) or "none"
        raise BadValue("world", f"{FORMS}; plug-ins: {known}", name)
    return _as_world(made, name, image_size)


def _maker(name: str) -> Any:
    """The function of `module:maker`."""
    module, _, maker = name.partition(":")
    try:
        return getattr(importlib.import_module(module), maker)
    except Exception as error:
        raise PlugInError(
            f"world {name!r} cannot be imported: {type(error).__name__}: {error}; its module must "
            "be on Python's path (PYTHONPATH)"
        ) from error


def _as_world(made: object, name: str, image_size: int) -> TaskWorld:
    if isinstance(made, TaskWorld):
        return made
    if isinstance(made, gym.Env):
        return GymWorld(made, image_size)
    raise BadValue(f"world {name}", "a TaskWorld or a gymnasium.Env", type(made).__name__)


def allowed() -> tuple[str, ...]:
    """The worlds that the user allowed."""
    return tuple(filter(None, os.environ.get(ALLOWED_VARIABLE, "").split("\n")))


def allow(names: Iterable[str]) -> None:
    """Allow worlds, in this process and those that it starts from now on."""
    os.environ[ALLOWED_VARIABLE] = "\n".join(dict.fromkeys((*allowed(), *names)))


def require_allowed(name: str) -> None:
    """Raise NotAllowed for code that is named in a file, and that the user did not ask for."""
    if name not in allowed():
        raise NotAllowed(
            f"the world {name!r} is code that was not asked for on this machine: a workspace may "
            f"come from anybody. `sidestick doctor {name}` looks at it and allows it from then on"
        )
