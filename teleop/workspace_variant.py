"""These functions say what a workspace is, or would be, and refuse options that contradict it.

The task, and how many objects and how much variation there is, hold for all episodes of a
workspace. The command line and the quickstart ask here before they make or use one.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..datasets.config import WorkspaceConfig, read_config
from ..datasets.workspace import Workspace
from ..datasets.workspace_place import CONFIG_FILE
from ..sim_envs.errors import WorkspaceError
from ..sim_envs.experts import make_expert
from ..sim_envs.making import make_world
from ..sim_envs.tasks import task_class
from ..sim_envs.worlds.contract import Capability
from ..sim_envs.worlds.spec import Axis
from .session.environments import workspace_env
from .world_settings import note_allowed, options_of


def exists(path: Path) -> bool:
    """Whether there is a workspace."""
    return (path / CONFIG_FILE).exists()


def agreed_config(
    path: Path,
    task: str | None = None,
    variant: Mapping[str, Any] | None = None,
    world: str | None = None,
    env_options: str = "",
    simulated: bool = False,
) -> WorkspaceConfig:
    """The configuration of the workspace at `path`, or that of a new one; makes nothing.

    Of `variant`, entries that are None are not asked for. `world` names another than the built-in
    arm, with options in JSON; it is made once, to see what it takes and gives. A new one that a
    `simulated` operator is to drive in needs an expert: MissingCapability or UnknownName. Raises
    WorkspaceError where there is no workspace and no task, or one that is not as asked; UnknownName
    or BadValue for a task or a variant that does not exist.
    """
    asked = {key: value for key, value in (variant or {}).items() if value is not None}
    if world is not None:
        note_allowed(world)
    options = options_of(env_options)
    if not exists(path):
        return _new_config(path, task, asked, world, options, simulated)
    config = read_config(path / CONFIG_FILE)
    if world not in (None, config.world):
        raise _refusal(path, "world", config.world or "the built-in arm", world)
    if options and options != dict(config.env_kwargs):
        raise _refusal(path, "options", config.env_kwargs, options)
    if task not in (None, config.task):
        task_class(str(task))  # an unknown task is the first thing to say
        raise _refusal(path, "task", config.task, task)
    if asked and config.world:
        raise WorkspaceError(f"{path}: {config.world} takes no {', '.join(asked)}")
    if asked:
        _check_variant(path, config, asked)
    return config


def _new_config(
    path: Path,
    task: str | None,
    asked: dict[str, Any],
    world: str | None,
    options: dict[str, Any],
    simulated: bool,
) -> WorkspaceConfig:
    """The configuration of a new workspace."""
    if world is not None:
        return _config_of_world(path, world, options, task, simulated)
    if task is None:
        Workspace.open(path)  # raises, and says what is missing
    assert task is not None
    task_class(task).with_variant(asked)
    if simulated:
        make_expert(task)
    return WorkspaceConfig(task=task, env_kwargs=asked)


def _config_of_world(
    path: Path, world: str, options: dict[str, Any], task: str | None, simulated: bool
) -> WorkspaceConfig:
    """The configuration of a new workspace in a world."""
    with contextlib.closing(make_world(world, **options)) as made:
        if simulated:
            made.require(Capability.EXPERT, "the simulated operator")
        spec, renderer = made.world_spec, made.renderer_name
    if task not in (None, spec.task):
        raise _refusal(path, "task", spec.task, task)
    return WorkspaceConfig(
        task=spec.task,
        renderer=renderer,
        control_hz=spec.control_hz,
        image_size=spec.image_size,
        cameras=spec.cameras,
        world=world,
        env_kwargs={key: value for key, value in options.items() if key != "image_size"},
        stages=spec.stages,
        action_axes=spec.action.axes,
        readings=spec.readings,
    )


def native_axes(config: WorkspaceConfig) -> tuple[Axis, ...]:
    """The axes of a workspace's world, each with the world's own numbers at -1 and 1."""
    with contextlib.closing(workspace_env(config)) as world:
        ends = zip(config.action_axes, world.native_range, strict=True)
        return tuple(replace(axis, low=low, high=high) for axis, (low, high) in ends)


def _check_variant(path: Path, config: WorkspaceConfig, asked: Mapping[str, Any]) -> None:
    kind = task_class(config.task)
    kind.with_variant(asked)
    own = {**kind.variants(), **config.env_kwargs}
    for key, value in asked.items():
        if value != own[key]:
            raise _refusal(path, key, own[key], value)


def _refusal(path: Path, key: str, own: object, asked: object) -> WorkspaceError:
    return WorkspaceError(
        f"{path} has {key} {own}, for all its episodes; asked for {asked}. Leave the option out, "
        "or use another folder"
    )
