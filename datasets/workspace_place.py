"""Where a workspace may lie, and what of it must be readable before it is opened or made."""

import contextlib
import os
from pathlib import Path

from ..sim_envs.errors import WorkspaceError
from .files.plain_file import require_own_folder
from .finished_jobs import OUTCOMES

CONFIG_FILE = "workspace.toml"
FOLDERS = ("journal", "episodes", "trash", "policies", OUTCOMES)


def require_own_place(path: Path) -> None:
    """Raise WorkspaceError for a folder within one of another workspace's own folders."""
    for above in path.absolute().parents:
        with contextlib.suppress(OSError):  # this user may not look into every folder above
            if above.name in FOLDERS and (above.parent / CONFIG_FILE).exists():
                raise WorkspaceError(
                    f"{path} lies in {above.name}/ of the workspace {above.parent}, which takes "
                    "what is there for its own; choose a folder elsewhere"
                )


def require_permission(path: Path) -> None:
    """Raise WorkspaceError for a folder that is a link elsewhere, or cannot be read.

    Without read permission it would seem to be empty.
    """
    for folder in (path, *(path / name for name in FOLDERS)):
        if os.path.lexists(folder) and not os.access(folder, os.R_OK | os.X_OK):
            raise WorkspaceError(f"{folder}: no permission to read it")
        if folder != path:
            require_own_folder(folder)
