"""`HEADS` maps the names of policy heads to their classes; `build_head` makes one.

A new head is one new file and one line in `HEADS`.
"""

from typing import Any

from ...datasets.files.names import shown
from ...sim_envs.errors import BadValue, UnknownName
from .act import Act
from .bc import Bc
from .bc_gmm import BcGmm
from .flow import Flow
from .head import Head

HEADS: dict[str, type[Head]] = {kind.name: kind for kind in (Bc, BcGmm, Act, Flow)}


REPEATS = ("layers", "steps", "samples", "opinions", "modes")
"""Endings of settings that say how often something is made or computed."""
MOST_REPEATS, MOST_SIZE = 1000, 100_000
"""Largest settings: a stranger's policy must neither be built nor planned with for hours."""


def build_head(name: str, size: int, settings: dict[str, Any]) -> Head:
    """The head called `name` for inputs (B, size), from its own settings."""
    if name not in HEADS:
        raise UnknownName("policy head", name, HEADS)
    for key, value in settings.items():
        most = MOST_REPEATS if key.endswith(REPEATS) else MOST_SIZE
        if isinstance(value, int) and not 1 <= value <= most:
            expected = "at least 1" if value < 1 else f"at most {most}"
            raise BadValue(f"setting {key} of head {name}", expected, shown(value))
    try:
        return HEADS[name](size, **settings)
    except (TypeError, AssertionError) as error:  # torch asserts that heads divide the width
        raise BadValue(f"settings of head {name}", "its own fields", error) from None


__all__ = ["HEADS", "Head", "build_head"]
