"""`require` imports an optional package when it is needed."""

import importlib
from typing import Any

from ...sim_envs.errors import MissingExtra


def require(module: str, extra: str) -> Any:
    """Import an optional package; MissingExtra with the pip command when it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(
            f"{module.partition('.')[0]} is not installed: pip install 'sidestick[{extra}]'"
        ) from error
