"""These functions make the environment of a workspace from its config, and that of an episode."""

import json

from ...datasets.config import WorkspaceConfig
from ...datasets.episode import Episode
from ...datasets.recorded_spec import BUILT_IN
from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import MissingCapability, WorldFailed
from ...sim_envs.making import make_task_env, make_world
from ...sim_envs.rewinding.rewindable_env import make_rewindable_env
from ...sim_envs.worlds.contract import Capability, TaskWorld

NO_WORLD = (
    "these episodes were imported, and no world is named for them; `sidestick import --env` "
    "into a new workspace names one"
)


def has_world(config: WorkspaceConfig) -> bool:
    """Whether anything can be driven in: imported data may name no world."""
    return bool(config.world) or config.spec == BUILT_IN


def environment_json(config: WorkspaceConfig) -> str:
    """make_world()'s keywords for a workspace, as JSON; MissingCapability where none is named."""
    if not has_world(config):
        raise MissingCapability(f"driving is not possible in {config.task}: {NO_WORLD}")
    if config.world:
        own = {**config.env_kwargs, "world": config.world, "image_size": config.image_size}
        return json.dumps(own, sort_keys=True)
    keywords = {
        **config.env_kwargs,
        "task": config.task,
        "renderer": config.renderer,
        "image_size": config.image_size,
    }
    return json.dumps(keywords, sort_keys=True)


def workspace_env(config: WorkspaceConfig) -> TaskWorld:
    """The world that a workspace's episodes are made in; WorldFailed where it is another now."""
    world = make_world(**json.loads(environment_json(config)))
    try:
        require_spec(config, world)
    except WorldFailed:
        world.close()
        raise
    return world


def require_spec(config: WorkspaceConfig, world: TaskWorld) -> None:
    """Raise WorldFailed where a named world has another spec than its workspace."""
    if not config.world:
        return
    spec = world.world_spec
    expected = {
        "rate": (config.control_hz, spec.control_hz),
        "image size": (config.image_size, spec.image_size),
        "cameras": (config.cameras, spec.cameras),
        "action": (config.spec.action.names, spec.action.names),
        "readings": tuple(
            [(r.name, r.size) for r in those] for those in (config.readings, spec.readings)
        ),
        "stages": (config.stages or spec.stages, spec.stages),
    }
    for key, (wanted, got) in expected.items():
        if wanted != got:
            raise WorldFailed(
                f"{config.world}: {key}: expected {wanted}, as the workspace has it, got {got}; "
                "episodes of such a world belong into another workspace"
            )


def rewindable_workspace_env(config: WorkspaceConfig) -> TaskWorld:
    """The same world, with the built-in arm going back at once, by a process of its own."""
    if config.world:
        return workspace_env(config)
    return make_rewindable_env(**json.loads(environment_json(config)))


def arm_env(world: TaskWorld, wanted_for: str) -> ArmEnv:
    """The world as the built-in arm's; MissingCapability for another."""
    if not isinstance(world, ArmEnv):
        raise MissingCapability(
            f"{wanted_for} is not possible in {world.world_spec.task}: that takes a task of the "
            "built-in arm, whose scene is known"
        )
    return world


def episode_world(episode: Episode) -> TaskWorld:
    """The world that an episode was recorded in; MissingCapability where it does not repeat."""
    header = episode.summary.header
    if header.spec == BUILT_IN:
        return episode_env(episode)
    given = {**header.env_args.get("env_kwargs", {})}
    given.pop("renderer", None)
    world = make_world(str(header.env_args.get("env_name", "")), **given)
    world.require(Capability.REPLAY, "simulating an episode again")
    return world


def require_arm(config: WorkspaceConfig, wanted_for: str) -> None:
    """Raise MissingCapability for what takes the built-in arm, whose scenes are known."""
    if config.spec != BUILT_IN:
        raise MissingCapability(
            f"{wanted_for} is not possible in {config.task}: that takes a task of the built-in "
            "arm, whose scene can be drawn again"
        )


def episode_env(episode: Episode) -> ArmEnv:
    """The environment of the built-in arm that an episode was recorded in, from its header."""
    header = episode.summary.header
    if header.spec != BUILT_IN:
        raise MissingCapability(
            f"episode {episode.summary.id} was not recorded with the built-in arm, whose scenes "
            "alone can be drawn again"
        )
    keywords = json.loads(json.dumps(header.env_args.get("env_kwargs", {})))
    return make_task_env(**{"task": header.task, **keywords})
