"""What stands around the operator, and how she wants to sit."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..autonomy.audit_sampling import AUDITED_SHARE
from ..devices.operator_input import OperatorInput
from ..evaluation.seeds import Seeds
from ..learning.active_policy import ActivePolicy
from ..session.help_requests import HelpRules
from .cues import CuePlayer
from .workspace_counts import WorkspaceCounts


@dataclass(frozen=True)
class StationOptions:
    """How a sitting shall be."""

    first_seed: int = 0
    """Seed of the first scene; the next ones follow."""
    failures: tuple[int, ...] = ()
    """Seeds that come before it: practice failed there."""
    episodes: int | None = None
    """Leave after this many saved episodes; None goes on until the window is closed."""
    shown_policy: str | None = None
    """What the window calls the policy; None: by its number."""
    follows: bool = True
    """Let a newer policy that has passed the gate take over between two episodes."""
    operator: str = "human"
    """Who sits there, for the records."""
    simulated: bool = False
    """The simulated operator drives, and a person may watch it and take the stick."""
    sound: bool = True
    """Tones and rumble."""
    view: str = "auto"
    """Which renderer draws the large picture: auto, gl or tiny."""
    tutorial: bool = False
    """Begin with the lesson."""
    calls: HelpRules = field(default_factory=HelpRules)
    """When a policy on call asks for help, and how often it may."""
    audited: float = AUDITED_SHARE
    """Share of the autonomous episodes that the operator watches."""
    novelty_threshold: float = 0.99
    """From where on a scene counts as new to the policy."""

    @property
    def seeds(self) -> Seeds:
        """The scenes in their order."""
        return Seeds(self.first_seed, self.failures)


@dataclass
class OperatorContext:
    """What stands around the operator."""

    operator_input: OperatorInput
    tally: WorkspaceCounts
    feedback: CuePlayer
    clock: Callable[[], float] = time.perf_counter
    sleep: Callable[[float], None] = time.sleep
    options: StationOptions = field(default_factory=StationOptions)
    active_policy: ActivePolicy | None = None
    """Which policy drives, and who may relieve it; None where that never changes."""
