"""`ClutchLatch` keeps the clutch closed from one press to the next, for hands that tire."""

from collections.abc import Hashable
from dataclasses import replace

from .controls import Control, ControlReadings


class ClutchLatch:
    """Turns presses of the clutch into a clutch that is held."""

    def __init__(self) -> None:
        self._closed = False
        self._hold: Hashable = None

    def __call__(
        self, reading: ControlReadings[Control], hold: Hashable
    ) -> ControlReadings[Control]:
        """The reading with the clutch as it is latched: a press closes it, the next opens it.

        It opens by itself where `hold` changes: another device drives, or the devices were locked.
        """
        if hold != self._hold:
            self._hold, self._closed = hold, False
        if Control.CLUTCH in reading.pressed:
            self._closed = not self._closed
        return replace(reading, values={**reading.values, Control.CLUTCH: float(self._closed)})
