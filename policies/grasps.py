"""Where the gripper closes next: a label that every demonstration brings with it."""

import numpy as np
from numpy.typing import NDArray

from ..datasets.frames import Frames

GRIP = 6
"""Place of the gripper in an action; above 0 it closes."""


def next_grasps(frames: Frames) -> NDArray[np.float32]:
    """The hand's position, metres, at the next closing of the gripper: (N, 3).

    NaN from the last closing of an episode on.
    """
    closed = frames.actions[:, GRIP] > 0
    before = np.concatenate(([False], closed[:-1]))
    first = np.concatenate(([True], frames.episode[1:] != frames.episode[:-1]))
    closing = closed & (first | ~before)
    steps = np.where(closing, np.arange(len(frames)), len(frames))
    coming = np.minimum.accumulate(steps[::-1])[::-1]
    here = np.minimum(coming, len(frames) - 1)
    known = (coming < len(frames)) & (frames.episode[here] == frames.episode)
    places = frames.observations["ee_pos"][here]
    return np.where(known[:, None], places, np.nan).astype(np.float32)
