"""Policy heads by name: a new one is one new file and one line in `HEADS`."""

from typing import Any

from ...sim_envs.errors import BadValue, UnknownName
from .bc import Bc
from .head import Head

HEADS: dict[str, type[Head]] = {Bc.name: Bc}


def build_head(name: str, size: int, settings: dict[str, Any]) -> Head:
    """The head called `name` for inputs (B, size), from its own settings."""
    if name not in HEADS:
        raise UnknownName("policy head", name, HEADS)
    try:
        return HEADS[name](size, **settings)
    except TypeError as error:
        raise BadValue(f"settings of head {name}", "its own fields", error) from None


__all__ = ["HEADS", "Head", "build_head"]
