"""A `RecordedSpec` says what the numbers of recorded actions and readings mean.

An episode's header has one. One that says nothing, as all of earlier versions, is of the built-in
arm; that of another world stands in its file and journal.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import msgspec

from ..sim_envs.worlds.arm_spec import ARM_ACTION, ARM_READINGS
from ..sim_envs.worlds.spec import ActionSpec, Axis, Reading
from .files.decoding import decoded, parsed_json

AXES, READINGS = "action_axes", "readings"
"""Names of the two in files, journals and workspace.toml."""
MOST = 256
Axes = Annotated[tuple[Axis, ...], msgspec.Meta(min_length=1, max_length=MOST)]
Readings = Annotated[tuple[Reading, ...], msgspec.Meta(max_length=64)]


@dataclass(frozen=True)
class RecordedSpec:
    """What an episode's actions, and its observations beside pictures and goal, consist of."""

    action: ActionSpec = ARM_ACTION
    readings: tuple[Reading, ...] = ARM_READINGS


BUILT_IN = RecordedSpec()
"""Of the built-in arm."""


def spec_texts(spec: RecordedSpec) -> dict[str, str]:
    """The spec as JSON texts by name; nothing for the built-in arm."""
    return {
        name: json.dumps([asdict(item) for item in items])
        for name, items, own in (
            (AXES, spec.action.axes, BUILT_IN.action.axes),
            (READINGS, spec.readings, BUILT_IN.readings),
        )
        if spec != BUILT_IN or items != own
    }


def spec_of(texts: Mapping[str, Any]) -> RecordedSpec:
    """The inverse of spec_texts(); BadValue, a ValueError, where a text is not valid."""
    if AXES not in texts and READINGS not in texts:
        return BUILT_IN
    axes = decoded(_list(texts, AXES), Axes, AXES)
    return RecordedSpec(ActionSpec(axes), decoded(_list(texts, READINGS), Readings, READINGS))


def _list(texts: Mapping[str, Any], name: str) -> object:
    given = texts.get(name, "[]")
    return parsed_json(given, name) if isinstance(given, str | bytes) else given
