"""An `InputSample` is what the operator asked for and pressed since the last reading of devices."""

from dataclasses import dataclass

from ..session.command import Request
from .controls import Control


@dataclass(frozen=True)
class Loss:
    """Why the devices cannot be trusted any more."""

    reason: str
    stall: bool = False
    """Whether the computer was busy: buttons that were pressed meanwhile still count."""
    brief: bool = False
    """Whether that was for less than LONG_STALL_S."""


@dataclass(frozen=True)
class InputSample:
    """The operator's requests and presses since the last sample."""

    requests: frozenset[Request] = frozenset()
    pressed: frozenset[Control] = frozenset()
    loss: Loss | None = None
    """Why the devices were locked; None when they were not."""
    unclutched: bool = False
    """Whether the gripper's button was pressed without the clutch, and did nothing."""
