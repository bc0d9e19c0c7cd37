"""`check_target` refuses a file that could not be written, before the work that it is for."""

import os
from pathlib import Path

from ...sim_envs.errors import BadValue


def check_target(option: str, path: Path | None) -> None:
    """Raise BadValue where no file can be written at `path`; None is no file."""
    if path is None:
        return
    folder = path.parent
    if path.is_dir():
        raise BadValue(option, "a file", f"the folder {path}")
    if not folder.is_dir():
        raise BadValue(option, "a file in a folder that exists", path)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BadValue(option, "a file in a folder that can be written to", path)
