"""`recorded_success` says whether another tool recorded that an episode succeeded, or nothing.

A reward is a success only where it can mean nothing else: 0 and 1 alone, and 1 at the last step.
Shaped rewards, and a reward in the middle of an episode, leave it open; nothing is guessed.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNKNOWN = "success: unknown, {}; judge these episodes with `sidestick review`"


def recorded_success(
    columns: Mapping[str, NDArray[Any]], flag: bool | None = None
) -> tuple[bool | None, str]:
    """Whether the task was solved, and where that is unknown the reason.

    `flag` is what the episode says as a whole, `columns` [T] may hold `succeeded` and `rewards`.
    """
    if flag is not None:
        return flag, ""
    if "succeeded" in columns:
        return bool(np.asarray(columns["succeeded"]).any()), ""
    if "rewards" not in columns:
        return None, "neither rewards nor success are recorded"
    rewards = np.asarray(columns["rewards"])
    if not np.isin(rewards, (0, 1)).all():
        return None, "the rewards are others than 0 and 1 (shaped), which says nothing of it"
    if rewards[-1] == 1:
        return True, ""
    if rewards.any():
        return None, "there is a reward in the middle and none at the end"
    return False, ""
