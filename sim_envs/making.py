"""This module makes an environment, or a description, from the short name of a task."""

from typing import Any

from .environment import ArmEnv
from .spaces import IMAGE_SIZE
from .task_description import TaskDescription
from .tasks import task_class
from .worlds.contract import TaskWorld
from .worlds.naming import world_named
from .worlds.process_options import ProcessOptions
from .worlds.separate_world import SeparateWorld


def make_task_env(
    task: str = "ShelfPick",
    renderer: str = "tiny",
    image_size: int = IMAGE_SIZE,
    render_mode: str | None = None,
    **variant: Any,
) -> ArmEnv:
    """An environment of the named task; `variant` are the task's own keywords.

    Every task takes `variation`, one of "none", "mild" and "strong": how much cameras, light,
    colours, textures, the shapes of items and clutter differ from seed to seed.

    Raises UnknownName for a task, renderer or variation that does not exist, UnknownKeyword for a
    keyword and BadValue for a value that the task does not take.
    """
    built = task_class(task).with_variant(variant)
    return ArmEnv(built, renderer=renderer, image_size=image_size, render_mode=render_mode)


def make_world(world: str = "", image_size: int = IMAGE_SIZE, **keywords: Any) -> TaskWorld:
    """A world by its name, see `worlds.naming`; that of the built-in arm for the empty name.

    A named one runs in a process of its own unless its options say otherwise.
    """
    if not world:
        return make_task_env(image_size=image_size, **keywords)
    options, own = ProcessOptions.split(keywords)
    if not options.own_process:
        return world_named(world, image_size, **own)
    return SeparateWorld(world, image_size, own, options)


def describe_task(task: str) -> TaskDescription:
    """The named task's description; raises UnknownName for a task that does not exist."""
    return task_class(task).describe()
