"""`episode_problems` checks the values of an episode whose layout is valid, for `check`."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ...sim_envs.worlds.arm_spec import EE_POS
from ..episode import Episode
from ..schema import columns, is_image
from ..step import ActionMode, Driver, Level
from ..step_packing import LIMIT
from ..summary import summarise

NO_TAKEOVER = -1
_FLAG = (0, 1)
_MODES = (ActionMode.DEMONSTRATION, ActionMode.ROLLOUT, ActionMode.INTERVENTION)
ALLOWED: Mapping[str, Sequence[int]] = {
    "driver": tuple(Driver),
    "level": tuple(Level),
    "action_modes": _MODES,
    "intv_labels": (*_MODES, ActionMode.PRE_INTERVENTION),
    "dones": _FLAG,
    "succeeded": _FLAG,
    "reseat": _FLAG,
}
"""The valid values of enumerated columns."""
MOVED_M = 0.02
"""End effector travel from which on the images must have changed."""
LONG_ENOUGH = 20
"""Number of steps from which on images that never change mean a frozen camera."""


def episode_problems(episode: Episode) -> Iterator[str]:
    """Yield what is wrong with the content of an episode whose layout is right."""
    table = {column.key: column for column in columns(()) if not column.nan}
    for key, values in episode.columns.items():
        if key in table and not np.isfinite(values).all():
            yield f"{key}: holds values that are not finite"
    if np.abs(episode.actions).max() > LIMIT:
        yield "actions: outside [-1, 1]"
    for key, allowed in ALLOWED.items():
        strange = np.setdiff1d(episode.columns[key], allowed)
        if len(strange):
            yield f"{key}: holds {strange[0]}, which means nothing"
    if episode.takeover_id.min() < NO_TAKEOVER:
        yield f"takeover_id: holds {episode.takeover_id.min()}, which means nothing"
    yield from _count_problems(episode)
    yield from _image_problems(episode)


def _count_problems(episode: Episode) -> Iterator[str]:
    """Yield where the summary's counts differ from its rows."""
    stated, header = episode.summary, episode.summary.header
    counted = summarise(stated.id, header, stated.outcome, episode.columns)
    for name in ("human_steps", "takeovers"):
        ours, theirs = getattr(counted, name), getattr(stated, name)
        if ours != theirs:
            yield f"{name}: the summary has {theirs}, the rows have {ours}"
    last, known = episode.stage.max(), len(header.stages)
    if episode.stage.min() < 0 or (known and last >= known):
        yield f"stage: reaches from {episode.stage.min()} to {last}, there are {known}"
    if not episode.dones[-1]:
        yield "dones: the last step is not the end"


def _image_problems(episode: Episode) -> Iterator[str]:
    """Yield cameras with uniform images, or frozen while the end effector moved."""
    place = episode.observations.get(EE_POS, np.zeros((1, 1)))
    travel = np.ptp(place, axis=0).max()
    must_change = len(episode) >= LONG_ENOUGH and travel > MOVED_M
    for name, images in episode.observations.items():
        if not is_image(name):
            continue
        if images.min() == images.max():
            yield f"obs/{name}: one colour all over"
        elif must_change and (images == images[0]).all():
            yield f"obs/{name}: the same picture at every step"
