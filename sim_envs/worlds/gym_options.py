"""`GymOptions` are what a Gymnasium environment does not say of itself, as JSON.

They are the keywords of GymWorld, and the table `env_kwargs` of a workspace.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import gymnasium as gym
import msgspec
import numpy as np

from ..errors import BadValue
from .spec import Axis, Direction, Kind

SUCCESS_KEYS = ("is_success", "success", "succeed")
"""What environments call it in their info."""


@dataclass(frozen=True)
class AxisOptions:
    """One number of an environment's action."""

    name: str
    kind: Kind = "other"
    """What it does, see `spec.Axis`."""
    along: Direction = ""
    per_unit: float = 1.0
    """Metres or radians in a tick at 1."""
    absolute: bool = False
    """True where the number is the target itself."""
    low: float | None = None
    """The environment's number at -1; its space's lower end unless given."""
    high: float | None = None
    """The environment's number at 1; below `low` turns the axis around."""
    step: float | None = None
    """For a number that is a target: how far a tick at 1 moves it; the axis is a change then."""
    at: tuple[str, int] | None = None
    """With `step`: entry and place of the observation at which the target begins and is re-seated;
    the middle of the range without."""

    @property
    def axis(self) -> Axis:
        """What a spec says of it."""
        return Axis(self.name, self.kind, self.along, self.per_unit, self.absolute)


@dataclass(frozen=True)
class GymOptions:
    """How an environment is taken."""

    task: str = ""
    """Short name; unless given, that of the id."""
    instruction: str = ""
    """What the operator reads; unless given, what the environment calls its task."""
    hz: int | None = None
    """Control ticks a second; unless given, its render_fps, or 20."""
    max_steps: int | None = None
    """Ticks of an episode; unless given, its own limit, or 300."""
    axes: tuple[AxisOptions, ...] = ()
    """What each number of the action means; unless given, nothing in particular."""
    readings: Mapping[str, tuple[str, int, int]] = field(default_factory=dict)
    """What of the observation a policy reads: name -> entry, first number, number after the last;
    unless given, all numbers."""
    success: str = ""
    """The entry of `info` that says that it is solved; unless given, one of the usual names."""
    fit: Literal["crop", "scale"] = "crop"
    """How a picture that is not square becomes so."""
    deterministic: bool = False
    """Whether the same seed and actions repeat an episode, as `sidestick doctor` finds out."""
    patience_s: float = 30.0
    """How long a reset, step or picture may take."""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "GymOptions":
        """The options of JSON values; BadValue names what does not fit."""
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(given) - known):
            raise BadValue("option of the world", f"one of {sorted(known)}", ", ".join(unknown))
        try:
            return msgspec.convert(dict(given), cls, strict=True)
        except msgspec.ValidationError as error:
            raise BadValue("options of the world", "as GymOptions has them", error) from None

    def success_key(self, info: Mapping[str, Any]) -> str:
        """The entry of `info` that says that the task is solved; empty where there is none."""
        if self.success:
            return self.success
        return next((key for key in SUCCESS_KEYS if key in info), "")


def axes_of(space: gym.spaces.Box, given: tuple[AxisOptions, ...]) -> tuple[AxisOptions, ...]:
    """What each number of an action is, with the ends of its range."""
    lows, highs = (np.asarray(end, np.float64).ravel() for end in (space.low, space.high))
    named = given or tuple(AxisOptions(f"a{number}") for number in range(len(lows)))
    if len(named) != len(lows):
        raise BadValue("axes", f"{len(lows)}, one for each number of the action", len(named))
    found = []
    for axis, low, high in zip(named, lows, highs, strict=True):
        ends = (
            float(low) if axis.low is None else axis.low,
            float(high) if axis.high is None else axis.high,
        )
        if not all(map(math.isfinite, ends)) or ends[0] == ends[1]:
            raise BadValue(f"axis {axis.name}", "low and high, for it has no bounds", ends)
        values = {f.name: getattr(axis, f.name) for f in fields(axis)}
        found.append(AxisOptions(**{**values, "low": ends[0], "high": ends[1]}))
    return tuple(found)
