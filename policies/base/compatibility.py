"""This module says why a policy's folder cannot drive: it does not fit, or cannot be built.

Whoever loads a policy calls it with what it was trained for (task, renderer, cameras, image size)
and with what is present; a reason for refusal comes out.
"""

from collections.abc import Mapping
from typing import Any

from ...datasets.recorded_spec import RecordedSpec
from ...sim_envs.errors import SidestickError

WORDS = {
    "task": "task {}",
    "renderer": "images by renderer {}",
    "cameras": "cameras {}",
    "image_size": "images of {} pixels",
    "spec": "actions and readings {}",
}
"""How each attribute is named in the reason."""
UNBUILDABLE = (
    SidestickError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RuntimeError,  # torch's for sizes that it cannot have
)
"""What building a network from a stranger's settings raises."""


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
