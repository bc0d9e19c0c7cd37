"""`require` imports an optional package when it is needed."""

import importlib
from typing import Any

from ...sim_envs.errors import MissingExtra
from ...sim_envs.install import install_hint


def require(module: str, extra: str) -> Any:
    """Import an optional package; MissingExtra with the pip command when it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(
            f"{module.partition('.')[0]} is not installed; {install_hint(extra)}"
        ) from error
