"""These functions make the environment of a workspace from its config, and that of an episode."""

import json

from ...datasets.config import WorkspaceConfig
from ...datasets.episode import Episode
from ...sim_envs.environment import ArmEnv
from ...sim_envs.making import make_task_env
from ...sim_envs.rewinding.rewindable_env import make_rewindable_env


def environment_json(config: WorkspaceConfig) -> str:
    """make_task_env()'s keywords for a workspace, as JSON."""
    keywords = {
        **config.env_kwargs,
        "task": config.task,
        "renderer": config.renderer,
        "image_size": config.image_size,
    }
    return json.dumps(keywords, sort_keys=True)


def workspace_env(config: WorkspaceConfig) -> ArmEnv:
    """The environment that a workspace's episodes are made in."""
    return make_task_env(**json.loads(environment_json(config)))


def rewindable_workspace_env(config: WorkspaceConfig) -> ArmEnv:
    """The same environment, going back at once; its physics takes a process of its own."""
    return make_rewindable_env(**json.loads(environment_json(config)))


def episode_env(episode: Episode) -> ArmEnv:
    """The environment that an episode was recorded in, from its header."""
    header = episode.summary.header
    keywords = json.loads(json.dumps(header.env_args.get("env_kwargs", {})))
    return make_task_env(**{"task": header.task, **keywords})
