"""A policy's folder names the packages that its parts come from, where they are not built in."""

from collections.abc import Mapping
from typing import Any

from ..sim_envs.errors import PolicyError
from ..sim_envs.plug_ins import Group, is_plug_in, origin
from .heads import HEADS
from .vision import KINDS

KEY = "plug_ins"
"""Of config.json; absent where every part is built in."""
GROUPS = {"head": Group.HEADS, "vision": Group.VISIONS}
BUILT_IN = {"head": frozenset(HEADS), "vision": frozenset(KINDS)}


def packages_of(**parts: str) -> dict[str, dict[str, str]]:
    """The entry of config.json for parts by name; nothing where all are built in."""
    added = {part: name for part, name in parts.items() if name not in BUILT_IN[part]}
    found = {part: origin(GROUPS[part], name) for part, name in added.items()}
    return {KEY: found} if found else {}


def require_packages(settings: Mapping[str, Any]) -> None:
    """Raise PolicyError that names the package of a part that is not installed here."""
    for part, package in settings.get(KEY, {}).items():
        name = settings[part]["name"]
        if not is_plug_in(GROUPS[part], name):
            wanted = f"the {part} {name!r} of {package}"
            raise PolicyError(f"needs {wanted}, which is not installed here")
