"""What every operator's device can do: gamepad, keyboard and simulated operator alike."""

from typing import Protocol

from ...datasets.step import Driver
from .command import IDLE, Command


class InputDevice(Protocol):
    """Polled once a tick."""

    name: str
    """Who is at the device, for the records; `simulated` for the simulated operator."""

    def begin(self, seed: int) -> None:
        """An episode of this seed begins."""

    def poll(self, driver: Driver) -> Command:
        """What the human wants now; `driver` drove the last tick."""


class NoOperator:
    """An empty seat: evaluation and practice."""

    name = ""

    def begin(self, seed: int) -> None:
        """Nothing to do."""

    def poll(self, driver: Driver) -> Command:
        """Nothing is ever touched."""
        return IDLE
