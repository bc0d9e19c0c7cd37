"""`HEADS` maps the names of policy heads to their classes; `build_head` makes one.

A new head is one new file and one line in `HEADS`. The names are known without PyTorch, which a
head's own file loads.
"""

from typing import TYPE_CHECKING, Any

from ...datasets.files.names import shown
from ...sim_envs.errors import BadValue, PlugInError, UnknownName
from ...sim_envs.lazy_classes import LazyClasses
from ...sim_envs.plug_ins import Group, is_plug_in, plug_in, plug_ins, require_own_names

if TYPE_CHECKING:
    from .head import Head

HEADS: LazyClasses["Head"] = LazyClasses(
    __name__,
    {
        "bc": ("bc", "Bc"),
        "bc-gmm": ("bc_gmm", "BcGmm"),
        "act": ("act", "Act"),
        "flow": ("flow", "Flow"),
    },
)
"""Those that are built in; installed packages may add others."""


def head_names() -> tuple[str, ...]:
    """The names of all heads: built in, and plug-ins."""
    require_own_names(Group.HEADS, HEADS)
    return (*HEADS, *plug_ins(Group.HEADS))


def head_class(name: str) -> "type[Head]":
    """The head of this name; UnknownName where there is none, PlugInError for one that is bad."""
    if name in HEADS:
        return HEADS[name]
    if not is_plug_in(Group.HEADS, name):
        raise UnknownName("policy head", name, head_names())
    from .head import Head

    kind = plug_in(Group.HEADS, name)
    if not (isinstance(kind, type) and issubclass(kind, Head)):
        raise PlugInError(f"plug-in {name!r} ({Group.HEADS.value}) is not a Head but {kind!r}")
    return kind


REPEATS = ("layers", "steps", "samples", "opinions", "modes")
"""Endings of settings that say how often something is made or computed."""
MOST_REPEATS, MOST_SIZE = 1000, 100_000
"""Largest settings: a stranger's policy must neither be built nor planned with for hours."""


def build_head(name: str, size: int, settings: dict[str, Any]) -> "Head":
    """The head called `name` for inputs (B, size), from its own settings."""
    kind = head_class(name)
    for key, value in settings.items():
        most = MOST_REPEATS if key.endswith(REPEATS) else MOST_SIZE
        if isinstance(value, int) and not 1 <= value <= most:
            expected = "at least 1" if value < 1 else f"at most {most}"
            raise BadValue(f"setting {key} of head {name}", expected, shown(value))
    try:
        return kind(size, **settings)
    except (TypeError, AssertionError) as error:  # torch asserts that heads divide the width
        raise BadValue(f"settings of head {name}", "its own fields", error) from None


__all__ = ["HEADS", "build_head", "head_class", "head_names"]
