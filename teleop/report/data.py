"""Everything that the page shows, as plain frozen records: no file, no database behind them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.spaces import Image


class Kind(StrEnum):
    """How episodes came about, and so what a policy learned from last."""

    DEMONSTRATIONS = "demonstrations"
    CORRECTIONS = "corrections"
    PRACTICE = "practice"

    @property
    def episode(self) -> str:
        """What one episode of the kind is called."""
        return {"demonstrations": "demonstration", "corrections": "supervised"}.get(self, self)


@dataclass(frozen=True)
class Outcome:
    """One evaluation episode."""

    seed: int
    """Scene; the same number is the same scene for every policy."""
    success: bool
    """Whether the task was done without help."""
    length: int
    """Steps until it ended."""
    stage: str
    """The furthest stage reached; empty when it was not kept."""


@dataclass(frozen=True)
class Evaluation:
    """One measurement of one policy, driving alone."""

    created: float
    """Wall time, seconds."""
    first_seed: int
    """Seeds run from here, one after the other."""
    episodes: int
    """How many."""
    successes: int
    """Of these, how many succeeded."""
    outcomes: tuple[Outcome, ...] = ()
    """Each episode; empty when only the counts were kept."""

    @property
    def rate(self) -> float:
        """Share of the episodes that succeeded."""
        return self.successes / self.episodes

    @property
    def last_seed(self) -> int:
        """The last seed that was run."""
        return self.first_seed + self.episodes - 1

    @property
    def seeds(self) -> range:
        """All seeds that were run."""
        return range(self.first_seed, self.last_seed + 1)


@dataclass(frozen=True)
class PolicyRow:
    """One policy of the workspace, with its best-founded evaluation."""

    name: str
    """Its folder under policies/."""
    parent: str | None
    """Name of the policy whose driving gave the new data; None for the first."""
    kind: Kind
    """What was added to the data before it was trained."""
    round: int
    """Round of the loop that made it."""
    created: float
    """Wall time at which it was saved, seconds."""
    vision: str
    """How it sees, e.g. keypoints or end-to-end; empty when unknown."""
    trained_on: int | None
    """Episodes in its training data; None when unknown."""
    evaluation: Evaluation | None
    """On the seeds that most policies share, of these the largest; None before the first."""

    @property
    def label(self) -> str:
        """Its name without leading zeros, for people."""
        return str(int(self.name)) if self.name.isdecimal() else self.name


@dataclass(frozen=True)
class Effort:
    """One round's line of the effort ledger."""

    round: int
    """Round of the loop."""
    kind: Kind
    """What was done."""
    created: float
    """Wall time at which it ended, seconds."""
    driven_s: float
    """Seconds with the human driving."""
    watched_s: float
    """Seconds with the policy driving and the human watching."""
    takeovers: int
    """How often the human took over."""
    episodes: int
    """Episodes of the round."""
    steps_human: int
    """Steps that the human drove."""
    steps_policy: int
    """Steps that the policy drove."""

    @property
    def label(self) -> str:
        """What a table calls it."""
        return f"{self.kind} (round {self.round})"


@dataclass(frozen=True)
class EpisodeRow:
    """One recorded episode, without its steps."""

    name: str
    """File name without suffix."""
    kind: Kind
    """Demonstrated, supervised (may hold corrections) or practised alone."""
    started: float
    """Wall time, seconds."""
    seed: int
    """Scene."""
    goal: str
    """The item that the instruction names."""
    operator: str
    """Who was responsible; a person's name or `simulated`."""
    success: bool
    """Whether the task was done, helped or not."""
    takeovers: int
    """How often the human took over."""
    steps_human: int
    """Steps that the human drove."""
    steps_policy: int
    """Steps that the policy drove."""

    @property
    def steps(self) -> int:
        """All steps."""
        return self.steps_human + self.steps_policy


@dataclass(frozen=True)
class Footage:
    """The recorded pictures of one episode and who drove at each step."""

    name: str
    """The episode's file name without suffix."""
    seed: int
    """Scene."""
    instruction: str
    """What the arm was told."""
    success: bool
    """Whether the task was done."""
    cameras: tuple[str, ...]
    """Names of the cameras, left to right."""
    images: tuple[NDArray[np.uint8], ...]
    """Per camera uint8[T, h, w, 3]."""
    drivers: NDArray[np.integer]
    """[T] 0 policy, 1 human, 2 blend."""
    stages: tuple[str, ...]
    """[T] the stage reached by each step; empty when unknown."""

    def frame(self, step: int) -> list[Image]:
        """The pictures of one step, one per camera."""
        return [images[step] for images in self.images]

    def __len__(self) -> int:
        return len(self.drivers)

    def __repr__(self) -> str:
        return f"Footage({self.name}, {len(self)} steps, cameras {', '.join(self.cameras)})"


@dataclass(frozen=True)
class Setting:
    """What was measured, with what."""

    workspace: str
    """The workspace's folder as it was given."""
    task: str
    """Short task name."""
    variant: str
    """How the world differs from the task's own, e.g. `num_items=2`; empty for not at all."""
    renderer: str
    """What drew the recorded images."""
    cameras: tuple[str, ...]
    """The recorded cameras."""
    image_size: int
    """Pixels a side."""
    control_hz: float
    """Control ticks a second."""
    stages: tuple[str, ...]
    """Stages of the task in order; empty when no file names them."""
    versions: tuple[tuple[str, str], ...]
    """Name and version of what was used."""
    created: float
    """Wall time at which the report was made, seconds."""


@dataclass(frozen=True)
class LevelEvent:
    """A promotion, a demotion or a swap of the policy, for the curve."""

    created: float
    """Wall time, seconds."""
    words: str
    """What happened, e.g. `shadow to assist`."""
    up: bool | None
    """True for a promotion, False for a demotion, None for a swap."""


@dataclass(frozen=True)
class Moments:
    """What all recorded steps come to, counted while they are read one episode at a time."""

    starts_m: NDArray[np.float64]
    """[N, 2] where the hand began, x and y in the base frame."""
    grasps_m: NDArray[np.float64]
    """[N, 2] where it first closed the gripper; NaN where it never did."""
    solved: NDArray[np.bool_]
    """[N] whether the episode succeeded, by what stands of the judgements."""
    motion: Mapping[str, NDArray[np.int64]]
    """Who drove -> steps by length of the commanded translation, in `MOTION_BINS` of [0, 1]."""
    novelty: Mapping[str, NDArray[np.int64]]
    """Who drove -> steps by novelty, in `NOVELTY_BINS` of [0, 1]."""
    died: Mapping[str, Mapping[str, int]]
    """Kind of episode -> last stage -> failed episodes."""


@dataclass(frozen=True)
class Judged:
    """What people said of the episodes."""

    verdicts: Mapping[str, int]
    """`success` and `failure` -> episodes."""
    qualities: Mapping[int, int]
    """1 to 5 -> episodes."""
    reasons: Mapping[str, int]
    operators: tuple[str, ...]
    overruled: int
    """Episodes where the verdict is not what the file says."""


@dataclass(frozen=True)
class ComparisonRow:
    """Two policies that were compared."""

    created: float
    words: str
    """The verdict in a sentence."""


@dataclass(frozen=True)
class ReportData:
    """A workspace as the report sees it."""

    setting: Setting
    """What was measured, with what."""
    policies: tuple[PolicyRow, ...] = ()
    """In the order of their making."""
    efforts: tuple[Effort, ...] = ()
    """In the order of their ending, one per round and kind."""
    episodes: tuple[EpisodeRow, ...] = ()
    """In the order of their recording."""
    success: Footage | None = None
    """A success without a takeover, the policy's where there is one; None without any."""
    failure: Footage | None = None
    """An episode that failed."""
    correction: Footage | None = None
    """An episode with a takeover that ended well where possible."""
    commands: tuple[str, ...] = ()
    """Shell lines that give the figures again."""
    notes: tuple[str, ...] = ()
    """What the reader must know, e.g. files that were skipped."""
    events: tuple[LevelEvent, ...] = ()
    """Promotions, demotions and swaps, in order."""
    moments: Moments | None = None
    """What the steps come to; None where they were not read."""
    judged: Judged | None = None
    """None where nobody has judged."""
    comparisons: tuple[ComparisonRow, ...] = ()
    """In order."""

    @property
    def evaluated(self) -> tuple[PolicyRow, ...]:
        """The policies that have an evaluation, in order."""
        return tuple(policy for policy in self.policies if policy.evaluation is not None)
