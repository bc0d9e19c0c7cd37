"""The options of a session at the window, and what its event loop works with.

`cli.drive` fills in StationOptions; `setup.Station` puts OperatorContext together for the loop.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ...datasets.judgements.judgements import Judge
from ...sim_envs.worlds.contract import TaskWorld
from ..autonomy.evidence_recorder import AUDITED_SHARE
from ..devices.operator_input import OperatorInput
from ..evaluation.seeds import Seeds
from ..learning.active_policy import ActivePolicy
from ..session.device import InputDevice
from ..session.help_requests import HelpRules
from .cues import CuePlayer
from .window_events import PygameEvents, WindowEvents
from .workspace_counts import WorkspaceCounts


@dataclass(frozen=True)
class StationOptions:
    """What the operator chose for a session at the window."""

    first_seed: int = 0
    """Seed of the first scene; the next ones follow."""
    failures: tuple[int, ...] = ()
    """Seeds that come before it, on which autonomous practice failed."""
    failed: str = "practice failed here"
    """What failed on them."""
    episodes: int | None = None
    """Leave after this many saved episodes; None goes on until the window is closed."""
    shown_policy: str | None = None
    """What the window calls the policy; None: by its number."""
    follows: bool = True
    """Whether a newer policy that has passed the gate takes over between two episodes."""
    operator: str = "human"
    """Name of the operator in the recorded episodes."""
    simulated: bool = False
    """The simulated operator drives, and a person may watch it and take over."""
    device: Callable[[TaskWorld], InputDevice] | None = None
    """Makes a device that drives beside pads and keyboard, which somebody's package has."""
    sound: bool = True
    """Whether tones and rumble are played."""
    voice: bool = False
    """Whether a voice says what matters."""
    view: str = "auto"
    """Which renderer draws the large picture: auto, gl or tiny."""
    learns: bool = False
    """Whether a learner beside the session makes policies of what is recorded."""
    latch: bool = False
    """Whether a press closes the clutch and the next opens it, in place of holding it."""
    aids: bool = True
    """Whether the window shows how far away things are; studies may leave it out."""
    size: tuple[int, int] | None = None
    """Width and height of the window in pixels; None fits it to the screen."""
    tutorial: bool = False
    """Whether the session begins with the tutorial."""
    calls: HelpRules = field(default_factory=HelpRules)
    """When a policy on call asks for help, and how often it may."""
    audited: float = AUDITED_SHARE
    """Share of the autonomous episodes that the operator watches."""

    @property
    def seeds(self) -> Seeds:
        """Seeds of the scenes, in their order."""
        return Seeds(self.first_seed, self.failures, self.failed)

    def enough(self, saved: int) -> bool:
        """Whether so many saved episodes end the session."""
        return self.episodes is not None and saved >= self.episodes


@dataclass
class OperatorContext:
    """Devices, counts, cues and clock that the event loop works with."""

    operator_input: OperatorInput
    tally: WorkspaceCounts
    feedback: CuePlayer
    clock: Callable[[], float] = time.perf_counter
    sleep: Callable[[float], None] = time.sleep
    options: StationOptions = field(default_factory=StationOptions)
    judge: Judge | None = None
    """Writes a verdict that the operator takes back; None where nothing may be judged."""
    active_policy: ActivePolicy | None = None
    """Decides on policy switches between episodes; None where the policy never changes."""
    window: WindowEvents = field(default_factory=PygameEvents)
    """Where the station is shown."""
