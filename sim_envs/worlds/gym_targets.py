"""`GymTargets` moves those numbers of an action that are targets by changes, tick by tick.

So a stick drives them, an arm without a hand on it rests, and actions can be blended and compared
as for any other arm.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadValue
from ..spaces import Action
from .gym_observation import entries_of
from .gym_options import AxisOptions


class GymTargets:
    """The present targets of one environment, in its own units."""

    def __init__(
        self, axes: Sequence[AxisOptions], low: NDArray[np.float64], high: NDArray[np.float64]
    ) -> None:
        self._axes = [(number, axis) for number, axis in enumerate(axes) if axis.step is not None]
        self._low, self._high = np.minimum(low, high), np.maximum(low, high)
        self._middle = (low + high) / 2
        self._target = self._middle.copy()

    @property
    def present(self) -> bool:
        """Whether any axis has a target that is moved."""
        return bool(self._axes)

    def seat(self, seen: Any) -> None:
        """Begin where the arm is, by an observation."""
        entries = dict(entries_of(seen)) if self._axes else {}
        for number, axis in self._axes:
            self._target[number] = self._middle[number]
            if axis.at is not None:
                key, place = axis.at
                values = np.ravel(entries.get(key, ()))
                if not 0 <= place < len(values):
                    known = ", ".join(f"{name} [{np.size(v)}]" for name, v in entries.items())
                    raise BadValue(f"axis {axis.name}: at", f"a number of {known}", axis.at)
                self._target[number] = float(values[place])

    def moved(self, action: Action, native: NDArray[np.float64]) -> NDArray[np.float64]:
        """The environment's action: `native`, with the targets after this tick in their places."""
        values = native.copy()
        for number, axis in self._axes:
            target = self._target[number] + float(action[number]) * (axis.step or 0.0)
            self._target[number] = np.clip(target, self._low[number], self._high[number])
            values[number] = self._target[number]
        return values
