"""A `WorldSpec` says what a world takes and gives: what each number of an action means, and so on.

Whoever indexes an action or an observation asks the spec; it stands in workspace.toml.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..errors import BadAction, BadValue
from ..rotations import Vector
from ..spaces import Action

Kind: TypeAlias = Literal["move", "turn", "grip", "joint", "other"]
"""What an axis does: translate or rotate the end effector, close the gripper, move a joint."""
Direction: TypeAlias = Literal["", "x", "y", "z"]
Index: TypeAlias = slice | list[int]
"""Indices into an action; a slice where they are neighbours."""
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,60}\Z")]
"""Part of the name of a dataset in an episode's file."""
DIRECTIONS: tuple[Direction, ...] = ("x", "y", "z")
Bound = Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)]
MOST_NUMBERS = 256
"""Numbers of an action, and of one reading."""


@dataclass(frozen=True)
class Axis:
    """One number of an action, which is in [-1, 1]."""

    name: Name
    """Its name in tables and exports."""
    kind: Kind
    """What it does."""
    along: Direction = ""
    """Of the base frame: along which axis it moves, or about which it turns; empty for none."""
    per_unit: Annotated[float, msgspec.Meta(gt=0, lt=1e6)] = 1.0
    """How far 1 goes in one tick: metres for "move", radians for "turn" and "joint"."""
    absolute: bool = False
    """True where the number is the target itself, and not a change of it."""
    low: Bound = -1.0
    """The number at -1 in the tool that it was imported from, in that tool's unit."""
    high: Bound = 1.0
    """The number at 1; below `low` where that tool counts the other way."""


@dataclass(frozen=True)
class Reading:
    """One entry of an observation that is no picture: float32[size]."""

    name: Name
    """Its name in the observation."""
    size: Annotated[int, msgspec.Meta(ge=1, le=MOST_NUMBERS)]
    """How many numbers it has."""
    unit: Annotated[str, msgspec.Meta(max_length=20)] = ""
    """Physical unit, empty for none."""
    meaning: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """One sentence for the documentation."""


@dataclass(frozen=True)
class ActionSpec:
    """What the numbers of an action mean; the only place that knows their order."""

    axes: tuple[Axis, ...]

    def __post_init__(self) -> None:
        names = [axis.name for axis in self.axes]
        if not 1 <= len(names) <= MOST_NUMBERS or len(set(names)) < len(names):
            raise BadValue("action", f"1 to {MOST_NUMBERS} axes of different names", names)
        if empty := [axis.name for axis in self.axes if axis.low == axis.high]:
            raise BadValue("action", "a low and a high that differ", ", ".join(empty))

    @cached_property
    def size(self) -> int:
        """How many numbers an action has."""
        return len(self.axes)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the numbers, in their order."""
        return tuple(axis.name for axis in self.axes)

    @cached_property
    def move(self) -> Index:
        """Indices of the translation of the end effector."""
        return self._of("move")

    @cached_property
    def turn(self) -> Index:
        """Indices of its rotation."""
        return self._of("turn")

    @cached_property
    def grip(self) -> int | None:
        """Index of the gripper, which closes above 0; None without one."""
        return next((i for i, axis in enumerate(self.axes) if axis.kind == "grip"), None)

    @cached_property
    def motion(self) -> Index:
        """Indices of all that moves the arm: everything but the gripper."""
        return self._of("move", "turn", "joint", "other")

    @cached_property
    def parts(self) -> tuple[Index, ...]:
        """The groups of the motion whose directions are compared: move, turn, and the rest."""
        groups = (self.move, self.turn, self._of("joint", "other"))
        return tuple(group for group in groups if len(_listed(group, self.size)))

    @cached_property
    def metres_per_unit(self) -> NDArray[np.float64]:
        """How far 1 moves in a tick, metres, for each index of `move`."""
        return self.units(self.move)

    @cached_property
    def radians_per_unit(self) -> NDArray[np.float64]:
        """How far 1 turns in a tick, radians, for each index of `turn`."""
        return self.units(self.turn)

    @cached_property
    def absolute(self) -> list[int]:
        """Indices of the axes whose number is the target itself."""
        return [i for i, axis in enumerate(self.axes) if axis.absolute]

    @cached_property
    def native_range(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The numbers at -1 and at 1, [A] each, in the tool that it was imported from."""
        ends = ([getattr(axis, end) for axis in self.axes] for end in ("low", "high"))
        low, high = (np.array(values, np.float64) for values in ends)
        return low, high

    def rest(self, last: Action | None = None) -> Action:
        """The action that moves nothing, after the action `last`: a grip of 0 keeps the gripper."""
        action = np.zeros(self.size, np.float32)
        if self.absolute and last is not None:
            action[self.absolute] = last[self.absolute]
        return action

    def of_twist(self, move: Sequence[float] | Vector, turn: Vector, grip: float) -> Action:
        """The action of a translation [3] and a rotation [3] along the base's axes, in [-1, 1].

        Axes that neither move, turn nor grip stay at 0.
        """
        action = np.zeros(self.size)
        for i, axis in enumerate(self.axes):
            if axis.kind == "grip":
                action[i] = grip
            elif axis.along and axis.kind in ("move", "turn"):
                part = move if axis.kind == "move" else turn
                action[i] = part[DIRECTIONS.index(axis.along)]
        return np.asarray(np.clip(action, -1.0, 1.0), np.float32)

    def displacements(self, actions: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Where each action [N, A] moves the end effector, metres along x, y and z, [N, 3]."""
        moved = np.zeros((len(actions), len(DIRECTIONS)))
        for i, axis in enumerate(self.axes):
            if axis.kind == "move" and axis.along:
                moved[:, DIRECTIONS.index(axis.along)] += actions[:, i] * axis.per_unit
        return moved

    @cached_property
    def steered(self) -> bool:
        """Whether any axis moves or turns along a known direction."""
        return any(axis.along and axis.kind in ("move", "turn") for axis in self.axes)

    def in_order(self, values: Sequence[float], grip: float) -> Action:
        """The action whose axes, but the gripper, have these values in their order."""
        action = np.zeros(self.size)
        free = [i for i, axis in enumerate(self.axes) if axis.kind != "grip"]
        for i, value in zip(free, values, strict=False):
            action[i] = value
        if self.grip is not None:
            action[self.grip] = grip
        return np.asarray(np.clip(action, -1.0, 1.0), np.float32)

    def checked(self, action: object) -> Action:
        """Return `action` as float32[size] within [-1, 1]; BadAction on another shape or NaN."""
        try:
            array = np.asarray(action, dtype=np.float32)
        except (TypeError, ValueError):
            expected = f"float32[{self.size}] in [-1, 1]"
            raise BadAction(f"action: expected {expected}, got {action!r}") from None
        if array.shape != (self.size,):
            raise BadAction(f"action: expected shape ({self.size},), got {array.shape}")
        finite = np.isfinite(array)
        if not finite.all():
            bad = ", ".join(name for name, ok in zip(self.names, finite, strict=True) if not ok)
            raise BadAction(f"action: expected finite values, got {array.tolist()} ({bad})")
        return np.minimum(np.maximum(array, np.float32(-1.0)), np.float32(1.0))

    def _of(self, *kinds: Kind) -> Index:
        found = [i for i, axis in enumerate(self.axes) if axis.kind in kinds]
        whole = bool(found) and found == list(range(found[0], found[-1] + 1))
        return slice(found[0], found[-1] + 1) if whole else found

    def units(self, index: Index) -> NDArray[np.float64]:
        """How far 1 goes in a tick, for some indices."""
        return np.array([axis.per_unit for axis in self.axes])[index]


@dataclass(frozen=True)
class WorldSpec:
    """What a world takes and gives."""

    task: str
    """Short name of what is done in it."""
    action: ActionSpec
    readings: tuple[Reading, ...]
    """The entries of an observation beside the pictures and `goal`."""
    cameras: tuple[str, ...]
    """The cameras whose pictures are observations, `<camera>_image` uint8[size, size, 3]."""
    image_size: int
    """Height and width of the pictures, pixels."""
    goal_names: tuple[str, ...]
    """What an instruction can name; the observation's `goal` float32 has an entry for each."""
    stages: tuple[str, ...]
    """Names of the task's steps in order; the last one is success."""
    max_steps: int
    """Ticks after which an episode is cut off."""
    control_hz: int
    """Control ticks a second; one action each."""

    def __post_init__(self) -> None:
        names = [reading.name for reading in self.readings]
        if len({*names, "goal"}) <= len(names):
            raise BadValue("readings", "different names, none of them 'goal'", names)
        if not self.goal_names or not self.stages or self.max_steps < 1 or self.control_hz < 1:
            found = (self.goal_names, self.stages, self.max_steps, self.control_hz)
            raise BadValue("spec", "a goal, a stage, a step limit and a rate", found)


def _listed(index: Index, size: int) -> list[int]:
    return list(range(size)[index]) if isinstance(index, slice) else index
