"""What a policy was trained for, held against where it shall drive."""

from collections.abc import Mapping
from typing import Any

WORDS = {
    "task": "task {}",
    "renderer": "images by renderer {}",
    "cameras": "cameras {}",
    "image_size": "images of {} pixels",
}
"""How each is told."""


def refusal(trained: object, here: Mapping[str, Any]) -> str | None:
    """Why what has these attributes cannot drive here, and what to do; None if it can.

    What is None in `here` is not asked for. It may look through fewer cameras than there are.
    """
    for name, found in here.items():
        own = getattr(trained, name)
        if found is None or own == found:
            continue
        if name == "cameras" and set(own) <= set(found):
            continue
        own, found = (WORDS[name].format(_listed(value)) for value in (own, found))
        return (
            f"trained for {own}, but here it is {found}; train one on this workspace's own "
            f"episodes (`sidestick train`), or use it in a workspace with {own}"
        )
    return None


def _listed(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple | list) else str(value)
