"""Whether an episode's values make sense, once its layout is known to be right."""

from collections.abc import Iterator

import numpy as np

from .episode import Episode
from .packing import LIMIT
from .schema import columns, is_image

MOVED_M = 0.02
"""A hand that travelled this far must have changed what its cameras see."""
LONG_ENOUGH = 20
"""Steps from which on a picture that never changes is a camera that stood still."""


def episode_problems(episode: Episode) -> Iterator[str]:
    """Yield what is wrong with the content of an episode whose layout is right."""
    table = {column.key: column for column in columns(()) if not column.nan}
    for key, values in episode.columns.items():
        if key in table and not np.isfinite(values).all():
            yield f"{key}: holds values that are not finite"
    if np.abs(episode.actions).max() > LIMIT:
        yield "actions: outside [-1, 1]"
    backwards = np.flatnonzero(np.diff(episode.wall_time) < 0)
    if len(backwards):
        yield f"wall_time: runs backwards at step {backwards[0] + 1}"
    yield from _image_problems(episode)


def _image_problems(episode: Episode) -> Iterator[str]:
    """Yield the cameras that saw nothing, or the same all the time while the hand moved."""
    travel = np.ptp(episode.observations["ee_pos"], axis=0).max()
    must_change = len(episode) >= LONG_ENOUGH and travel > MOVED_M
    for name, images in episode.observations.items():
        if not is_image(name):
            continue
        if images.min() == images.max():
            yield f"obs/{name}: one colour all over"
        elif must_change and (images == images[0]).all():
            yield f"obs/{name}: the same picture at every step"
