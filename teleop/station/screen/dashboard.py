"""A Dashboard holds everything that the window shows in one frame.

DashboardBuilder fills it in from the loop, and Screen draws it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ....datasets.step import Driver
from ....sim_envs.spaces import Image
from ...ui.depth_aid import DepthAid
from ...ui.plan_path import DrawnPath
from ...ui.widgets import HelpPage
from ..states import WindowState
from .order import Chip


@dataclass(frozen=True)
class Health:
    """Control rate, frame rate and room on the disk."""

    hz: float
    worst_hz: float
    late: int
    late_share: float
    frames: float
    """Frames a second."""
    minutes_left: float
    """Room on the disk."""


@dataclass(frozen=True)
class Card:
    """A message over the large picture."""

    title: str
    lines: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    """Buttons and what they do now."""
    tone: str = "plain"
    """plain, good, bad or warn."""
    filled: float = 0.0
    """A bar under the card, in [0, 1]."""


@dataclass(frozen=True)
class Dashboard:
    """What the window shows in one frame."""

    state: WindowState
    driver: Driver
    level: str
    instruction: str
    episode: str
    """Which episode this is: `7 of 50` of the session, or its number in the workspace."""
    tally: tuple[int, int]
    """Successes and episodes on the disk."""
    seconds: float
    """Time of the episode."""
    session: str
    """What the session has brought so far."""
    time_used: float
    """Share of the step limit, in [0, 1]."""
    stages: tuple[str, ...]
    stage: str
    gripper_m: float
    """Distance of the fingers."""
    closing: bool
    slowness: int
    health: Health
    operator: str = "YOU"
    """Who drives when it is not the policy."""
    speed: str = ""
    precision: float = 0.0
    device: str = ""
    camera: str = ""
    frame: str = ""
    hints: tuple[tuple[str, str], ...] = ()
    """Buttons and what they do, for the bottom line."""
    card: Card | None = None
    notice: str = ""
    """A short message at the top of the large picture."""
    path: DrawnPath | None = None
    share: float = float("nan")
    """The policy's share of the motion, in [0, 1]; NaN where nobody drives."""
    novelty: float = float("nan")
    novelty_threshold: float = 0.99
    calling: bool = False
    """Whether the policy has asked for help, and waits."""
    running_agreement: float | None = None
    """Cosine of the human's and the policy's action of late, in [-1, 1], NaN before anything was
    compared; None at levels without a comparison."""
    requests_left: int | None = None
    """How often a policy on call may still ask for help; None for any number."""
    looks_on: bool = False
    """Whether the policy does not drive at this level."""
    policy: str | None = None
    """Which policy is loaded."""
    active_policy: str = ""
    """Its number, since when it drives, and over how many episodes."""
    discard: float = 0.0
    """How far the discard button has been held."""
    insets: Mapping[str, Image] = field(default_factory=dict)
    """The cameras that the large picture does not show, uint8 [H, W, 3]."""
    order: tuple[Chip, ...] = ()
    """What has to go where."""
    aid: DepthAid | None = None
    """None in a study without it."""
    sound: bool = True
    help: HelpPage | None = None
    """None while the help is closed."""
