"""`InputDevice` is the protocol of everything an operator drives with, simulated ones included."""

from typing import Protocol

from ...datasets.step import Driver
from .command import IDLE, Command


class InputDevice(Protocol):
    """A source of commands that a session polls once a tick."""

    name: str
    """Who is at the device, for the records; `simulated` for the simulated operator."""

    def begin(self, seed: int) -> None:
        """Prepare for an episode of this seed."""

    def poll(self, driver: Driver) -> Command:
        """The operator's command for this tick; `driver` drove the last one."""


class NoOperator:
    """The device of a session without an operator: evaluation and autonomous practice."""

    name = ""

    def begin(self, seed: int) -> None:
        """Nothing to do."""

    def poll(self, driver: Driver) -> Command:
        """Always idle."""
        return IDLE
