"""This module flags valid episodes that a reviewer should watch before training uses them.

`check` and the listing call `flags_of` with one function per flag.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from ..episode import Episode
from ..labels import idle_steps

IDLE_SHARE = 0.5
"""Share of idle steps above which an episode is flagged."""
JERK = 0.6
"""Mean change of the commanded motion from one step to the next; a practised operator has 0.2."""
LATE_MS = 25.0
"""Delay from which on a tick counts as late: half a period at 20 Hz."""
LATE_SHARE = 0.1
SHORTEST_STEPS = 20
"""One second, too short for any pick."""


class Flag(NamedTuple):
    """Why an episode should be reviewed."""

    name: str
    """One or two words."""
    detail: str
    """The measured value."""


Flagger: TypeAlias = Callable[[Episode], str | None]
"""The detail of an episode's flag, or None when it is not flagged."""


def idle(episode: Episode) -> str | None:
    """Flag an episode whose steps are mostly idle."""
    first = np.arange(len(episode)) == 0
    share = float(idle_steps(episode.actions, first, episode.summary.header.spec.action).mean())
    return f"{share:.0%} of the steps move nothing" if share > IDLE_SHARE else None


def jerky(episode: Episode) -> str | None:
    """Flag an episode whose commanded motion is jerky."""
    motion = episode.actions[:, episode.summary.header.spec.action.motion]
    jumps = np.linalg.norm(np.diff(motion, axis=0), axis=1)
    mean = float(jumps.mean()) if len(jumps) else 0.0
    return f"the motion changes by {mean:.2f} a step" if mean > JERK else None


def late_ticks(episode: Episode) -> int:
    """Number of ticks that began late."""
    return int(np.count_nonzero(episode.late_ms > LATE_MS))


def late(episode: Episode) -> str | None:
    """Flag an episode with many late ticks."""
    share = late_ticks(episode) / len(episode)
    if share <= LATE_SHARE:
        return None
    return f"{share:.0%} of the ticks late, by up to {episode.late_ms.max():.0f} ms"


def too_short(episode: Episode) -> str | None:
    """Flag an episode that is too short for a pick."""
    return f"{len(episode)} steps" if len(episode) < SHORTEST_STEPS else None


def contradicted(episode: Episode) -> str | None:
    """Flag a verdict of an operator that the environment contradicts."""
    solved, verdict = bool(episode.columns["succeeded"].any()), episode.summary.success
    summary = episode.summary
    judged_here = summary.complete and summary.success_known and summary.header.seed >= 0
    if verdict == solved or not judged_here:
        return None
    if not verdict:
        return "saved as a failure, and the task was solved"
    stages, last = summary.header.stages, int(episode.stage[-1])
    stage = stages[last] if 0 <= last < len(stages) else last
    return f"saved as a success, and the task was never solved (stage {stage})"


def clock_set_back(episode: Episode) -> str | None:
    """Flag an episode while which the clock was set back: its steps are in order, its times not."""
    backwards = np.flatnonzero(np.diff(episode.wall_time) < 0)
    if not len(backwards):
        return None
    step = int(backwards[0]) + 1
    return f"by {episode.wall_time[step - 1] - episode.wall_time[step]:.1f} s before step {step}"


FLAGGERS: Mapping[str, Flagger] = {
    "idle": idle,
    "jerky": jerky,
    "late": late,
    "too short": too_short,
    "clock set back": clock_set_back,
    "contradicted": contradicted,
}
"""The flaggers that need no images. Others are passed to `flags_of`, check and listing: whether the
named item was ever in view takes the simulator (`teleop/evaluation/visibility.py`)."""


def flags_of(episode: Episode, flaggers: Mapping[str, Flagger] = FLAGGERS) -> tuple[Flag, ...]:
    """The flags of an episode."""
    details = ((name, flagger(episode)) for name, flagger in flaggers.items())
    return tuple(Flag(name, detail) for name, detail in details if detail is not None)
