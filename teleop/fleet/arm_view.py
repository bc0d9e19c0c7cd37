"""An `ArmView` is what a queue policy, and the operator, know of one arm of a fleet.

An arm makes it (`fleet.arm`), a queue policy reads it (`fleet.queues`); it holds plain values.
"""

from dataclasses import dataclass

from ..session.help_requests import HelpReason


@dataclass(frozen=True)
class ArmView:
    """One arm as it is now."""

    number: int
    """Its place in the fleet, from 0."""
    calling: HelpReason | None = None
    """Why it waits for help; None where it does not."""
    waited_s: float = 0.0
    """How long this call has waited; 0 where it does not wait."""
    waited_before_s: float = 0.0
    """How long its earlier calls of this shift waited, all together."""
    novelty: float = float("nan")
    """How unusual the scene is to the policy, in [0, 1]; NaN where it is not known."""
    stalled_s: float = 0.0
    """How long the end effector has stayed in one place."""
    driven_s: float = 0.0
    """How long the policy has driven since the episode began, or since the last help."""
    risk: float = 0.0
    """Predicted chance of failure, in [0, 1] (`fleet.failure_prediction`)."""
    fails_alone: bool | None = None
    """Whether the episode would fail without help; None where nobody knows, as in life."""
