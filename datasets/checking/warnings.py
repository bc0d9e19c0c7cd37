"""Flags episodes that are whole, but that a person should look at before learning from them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from ...sim_envs.spaces import MOTION
from ..episode import Episode
from ..labels import idle_steps

IDLE_SHARE = 0.5
"""An episode in which more of the steps move nothing."""
JERK = 0.6
"""Mean change of the commanded motion from one step to the next; practised driving has 0.2."""
LATE_MS = 25.0
"""A tick that begins later than this, half a period at 20 Hz, is a late one."""
LATE_SHARE = 0.1
SHORTEST_STEPS = 20
"""One second: nothing can be picked in it."""


class Flag(NamedTuple):
    """Why an episode is worth a look."""

    name: str
    """One or two words."""
    detail: str
    """The figure behind it."""


Flagger: TypeAlias = Callable[[Episode], str | None]
"""Looks at an episode; the detail when it raises its flag, else None."""


def idle(episode: Episode) -> str | None:
    """Most of the steps move nothing."""
    first = np.arange(len(episode)) == 0
    share = float(idle_steps(episode.actions, first).mean())
    return f"{share:.0%} of the steps move nothing" if share > IDLE_SHARE else None


def jerky(episode: Episode) -> str | None:
    """The commanded motion jumps about."""
    jumps = np.linalg.norm(np.diff(episode.actions[:, MOTION], axis=0), axis=1)
    mean = float(jumps.mean()) if len(jumps) else 0.0
    return f"the motion changes by {mean:.2f} a step" if mean > JERK else None


def late_ticks(episode: Episode) -> int:
    """How many ticks began late."""
    return int(np.count_nonzero(episode.late_ms > LATE_MS))


def late(episode: Episode) -> str | None:
    """The machine did not keep up."""
    share = late_ticks(episode) / len(episode)
    if share <= LATE_SHARE:
        return None
    return f"{share:.0%} of the ticks late, by up to {episode.late_ms.max():.0f} ms"


def too_short(episode: Episode) -> str | None:
    """Over before anything can have happened."""
    return f"{len(episode)} steps" if len(episode) < SHORTEST_STEPS else None


FLAGGERS: Mapping[str, Flagger] = {
    "idle": idle,
    "jerky": jerky,
    "late": late,
    "too short": too_short,
}
"""Those that need no images. Others are handed to `flags_of`, check and listing: whether the named
item was ever in view takes the simulator; `teleop/evaluation/visibility.py` asks it for
`sidestick check`."""


def flags_of(episode: Episode, flaggers: Mapping[str, Flagger] = FLAGGERS) -> tuple[Flag, ...]:
    """Return the flags that an episode raises."""
    details = ((name, flagger(episode)) for name, flagger in flaggers.items())
    return tuple(Flag(name, detail) for name, detail in details if detail is not None)
