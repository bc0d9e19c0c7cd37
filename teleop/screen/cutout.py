"""The picture of the named item, for the head line: cut out of the front camera's view."""

import numpy as np

from ...sim_envs.environment import ArmEnv
from ...sim_envs.spaces import Image

ITEM_PICTURE = 480
ITEM_MARGIN = 0.25


def item_picture(env: ArmEnv) -> Image | None:
    """The named item cut out of the front camera's picture; None where it is hidden or unnamed."""
    goal = env.task.goal_names[env.task.goal]
    if goal not in env.task.labels:
        return None
    picture, labels = env.labelled("front", ITEM_PICTURE, ITEM_PICTURE)
    rows, columns = np.nonzero(labels == env.task.labels.index(goal))
    if len(rows) == 0:
        return None
    side = max(np.ptp(rows), np.ptp(columns)) * (1 + 2 * ITEM_MARGIN)
    half = int(np.clip(side / 2, 12, ITEM_PICTURE // 2))
    y = int(np.clip((rows.min() + rows.max()) // 2, half, ITEM_PICTURE - half))
    x = int(np.clip((columns.min() + columns.max()) // 2, half, ITEM_PICTURE - half))
    return np.ascontiguousarray(picture[y - half : y + half, x - half : x + half])
