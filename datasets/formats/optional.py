"""Optional packages: imported when needed; a missing one is named with what brings it."""

import importlib
from typing import Any

from ...sim_envs.errors import MissingExtra


def require(module: str, extra: str) -> Any:
    """Import an optional package, or say in a sentence how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(
            f"{module.partition('.')[0]} is not installed: pip install 'sidestick[{extra}]'"
        ) from error
