"""These functions say what a workspace is, or would be, and refuse options that contradict it.

The task, and how many objects and how much variation there is, hold for all episodes of a
workspace. The command line and the quickstart ask here before they make or use one.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..datasets.config import WorkspaceConfig, read_config
from ..datasets.workspace import Workspace
from ..datasets.workspace_place import CONFIG_FILE
from ..sim_envs.errors import WorkspaceError
from ..sim_envs.tasks import task_class


def exists(path: Path) -> bool:
    """Whether there is a workspace."""
    return (path / CONFIG_FILE).exists()


def agreed_config(
    path: Path, task: str | None = None, variant: Mapping[str, Any] | None = None
) -> WorkspaceConfig:
    """The configuration of the workspace at `path`, or that of a new one; makes nothing.

    Of `variant`, entries that are None are not asked for. Raises WorkspaceError where there is no
    workspace and no task, or one that is not as asked; UnknownName or BadValue for a task or
    a variant that does not exist.
    """
    asked = {key: value for key, value in (variant or {}).items() if value is not None}
    if task is None and not exists(path):
        Workspace.open(path)  # raises, and says what is missing
    if not exists(path):
        assert task is not None
        task_class(task).with_variant(asked)
        return WorkspaceConfig(task=task, env_kwargs=asked)
    config = read_config(path / CONFIG_FILE)
    if task not in (None, config.task):
        task_class(str(task))  # an unknown task is the first thing to say
        raise _refusal(path, "task", config.task, task)
    if asked:
        _check_variant(path, config, asked)
    return config


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
