"""`HEADS` maps the names of policy heads to their classes; `build_head` makes one.

A new head is one new file and one line in `HEADS`.
"""

from typing import Any

from ...sim_envs.errors import BadValue, UnknownName
from .act import Act
from .bc import Bc
from .bc_gmm import BcGmm
from .flow import Flow
from .head import Head

HEADS: dict[str, type[Head]] = {kind.name: kind for kind in (Bc, BcGmm, Act, Flow)}


def build_head(name: str, size: int, settings: dict[str, Any]) -> Head:
    """The head called `name` for inputs (B, size), from its own settings."""
    if name not in HEADS:
        raise UnknownName("policy head", name, HEADS)
    for key, value in settings.items():
        if isinstance(value, int) and value < 1:
            raise BadValue(f"setting {key} of head {name}", "at least 1", value)
    try:
        return HEADS[name](size, **settings)
    except (TypeError, AssertionError) as error:  # torch asserts that heads divide the width
        raise BadValue(f"settings of head {name}", "its own fields", error) from None


__all__ = ["HEADS", "Head", "build_head"]
