"""This module checks whether a policy fits the workspace in which it is to drive.

`Policy` calls it with what it was trained for (task, renderer, cameras, image size) and with what
is present; a reason for refusal comes out.
"""

from collections.abc import Mapping
from typing import Any

from ...datasets.recorded_spec import RecordedSpec

WORDS = {
    "task": "task {}",
    "renderer": "images by renderer {}",
    "cameras": "cameras {}",
    "image_size": "images of {} pixels",
    "spec": "actions and readings {}",
}
"""How each attribute is named in the reason."""


def refusal(trained: object, here: Mapping[str, Any]) -> str | None:
    """Why a policy with the attributes of `trained` cannot drive here, with advice; None if it can.

    Entries of `here` that are None are not checked. A policy may use fewer cameras than exist.
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
    if isinstance(value, RecordedSpec):
        readings = (f"{reading.name}[{reading.size}]" for reading in value.readings)
        return f"{', '.join(value.action.names)} and {', '.join(readings)}"
    return ", ".join(value) if isinstance(value, tuple | list) else str(value)
