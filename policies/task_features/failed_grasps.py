"""`FailedGrasps` sees from the features of a policy's plans which of its grasps failed.

`RetryPerturbation` asks it. Fingers closed and opened again with nothing carried in between; or
nothing moved for some plans, though there was an object to take. It also sees a hand that is kept
from sinking to its object, and one that is to leave a place where it stood.
"""

import torch
from torch import Tensor

from .hand_frame_augmentation import (
    CLOSED_ON_NOTHING_M,
    WIDEST_HELD_M,
    HandFrameAugmentation,
)

STILL_M, STILL_PLANS = 0.006, 3
"""An end effector that moves less than this, with its fingers, in so many successive plans stands
still."""
LEAVING_PLANS = 2
"""So long it then leaves; it rises by about 5 cm."""
OPENS_AGAIN_M = 0.02
"""Fingers that had closed on nothing and are now farther apart than this try again."""
NEAR_M, OPEN_M = 0.04, 0.065
"""An end effector nearer than this to its object, with fingers farther apart than that, is about to
close."""
PLACE = ("base_x", "base_y", "to_x", "to_y", "ee_z", "gripper_width")
"""Features that say where the end effector is, and its fingers."""


class FailedGrasps:
    """Stateful: `watch` is told the features of every plan of an episode."""

    def __init__(self, imagined: HandFrameAugmentation) -> None:
        self._imagined = imagined
        self.reset()

    def reset(self) -> None:
        """Start anew: an episode begins, or the policy did not drive."""
        self.count = 0
        """Number of failed attempts in a row."""
        self.leaving = 0
        """Plans for which the end effector is still to leave the place where it stood."""
        self.blocked = False
        """Whether something keeps an open hand, near its object, from sinking."""
        self._closed = self._empty = self._carried = False
        self._width = torch.inf
        self._still, self._place = 0, torch.full((4,), torch.inf)
        self._height_m = torch.inf

    def watch(self, features: Tensor) -> None:
        """Learn what came of the last plan from the features (1, F) to plan with now."""
        reaches = self._imagined.reaches(features)
        self.leaving = max(self.leaving - 1, 0)
        self._watch_place(features, reaches)
        self._watch_height(features, reaches)
        self._watch_fingers(features)

    def _watch_fingers(self, features: Tensor) -> None:
        """Count fingers that closed and opened again with nothing carried as a failure."""
        width = self._imagined.value(features, "gripper_width")
        self._closed |= width < min(WIDEST_HELD_M, self._width)
        self._empty |= width < CLOSED_ON_NOTHING_M
        high = bool(self._imagined.high(features)[0])
        self._carried |= self._imagined.value(features, "held") > 0.5 and high and not self._empty
        self._width = width
        opens = width > (OPENS_AGAIN_M if self._empty else WIDEST_HELD_M)
        if self._closed and opens:
            self.count = 0 if self._carried else self.count + 1
            self._closed = self._empty = self._carried = False

    def _watch_place(self, features: Tensor, reaches: bool) -> None:
        """Count an end effector that stands still over an object, its fingers too, as a failure.

        Distances do not change where only the heading does, in whose frame the features are.
        """
        at = features[0, [self._imagined.names.index(name) for name in PLACE]]
        place = torch.stack((at[:2].norm(), at[2:4].norm(), at[4], at[5]))
        moved = float((place - self._place).norm()) > STILL_M
        self._still, self._place = self._still + 1 if reaches and not moved else 0, place
        if self._still >= STILL_PLANS:
            self.count, self._still, self.leaving = self.count + 1, 0, LEAVING_PLANS

    def _watch_height(self, features: Tensor, reaches: bool) -> None:
        """See whether a hand that is about to close is as high as at the plan before."""
        near = float(features[0, self._imagined.columns("to_x", 3)].norm()) < NEAR_M
        closes = reaches and near and self._imagined.value(features, "gripper_width") > OPEN_M
        height_m = self._imagined.value(features, "ee_z")
        self.blocked = closes and abs(height_m - self._height_m) < STILL_M
        self._height_m = height_m if closes else torch.inf
