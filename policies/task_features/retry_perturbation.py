"""This module shifts a policy's features: deeper than shown, and elsewhere after a failed grasp.

The policy passes the features of each plan through it. A policy closes at the mean height of the
demonstrations that looked alike. Half of them closed lower, and there its fingers may close above
the object, while fingers that are a little too deep hold it as well. So the features are those of
an end effector a little above the real one, and the policy leads the real one as much deeper.

A policy without memory repeats a failed grasp to the end of the episode. Failures show in the
fingers: they closed and opened again with nothing carried in between; or nothing moved for some
plans, though there was an object to take. From then on the features are those of an end effector a
little aside of the real one, so that the policy leads the real one as far to the other side, and
deeper. Each attempt has another such displacement, drawn as `HandFrameAugmentation` drew those on
which the policy was trained.
"""

import torch
from torch import Tensor

from .hand_frame import turned
from .hand_frame_augmentation import (
    CARRIED_M,
    CLOSED_ON_NOTHING_M,
    SHIFT_M,
    TURN_RAD,
    WIDEST_HELD_M,
    HandFrameAugmentation,
)

DEEPER_M = 0.008
"""How much deeper than demonstrations the hand reaches, never below the lowest of them. Of 120
validation seeds of SortRecycling with one item and 3 demonstrations, two sets, 110 without it and
117 with it; 0.014 m gave less (56 of 60 where 0.008 m gave 58)."""
STILL_M, STILL_PLANS = 0.006, 3
"""An end effector that moves less than this, with its fingers, in so many successive plans stands
still."""
OPENS_AGAIN_M = 0.02
"""Fingers that had closed on nothing and are now farther apart than this try again."""


class RetryPerturbation:
    """Counts the failed attempts of an episode, plan by plan, and shifts the features."""

    def __init__(self, imagined: HandFrameAugmentation) -> None:
        self.imagined = imagined
        self.reset()

    def reset(self) -> None:
        """Start anew: an episode begins, or the policy did not drive."""
        self.failed = 0
        """Number of failed attempts in a row."""
        self._closed = self._empty = self._carried = False
        self._width = torch.inf
        self._still, self._place = 0, torch.full((4,), torch.inf)

    def __call__(self, features: Tensor) -> Tensor:
        """The features (1, F) to plan with, from those observed (1, F)."""
        self._watch(features)
        if self._is(features, "held") or not self._is(features, "is_one"):
            return features
        off, turn = self._displacement(features)
        place = self.imagined.names.index("to_x")
        to = features[:, place : place + 3]
        seen, known = self.imagined.seen(features, to, turned(to - off, -turn), turn)
        if not known:
            return features
        nothing_held = torch.zeros(1, dtype=torch.bool)
        return self.imagined.transformed(features, off, turn, seen, nothing_held)

    def _watch(self, features: Tensor) -> None:
        self._watch_place(features)
        width = self._of(features, "gripper_width")
        self._closed |= width < min(WIDEST_HELD_M, self._width)
        self._empty |= width < CLOSED_ON_NOTHING_M
        high = self._of(features, "ee_z") > self.imagined.lowest_m + CARRIED_M
        self._carried |= self._is(features, "held") and high and not self._empty
        self._width = width
        opens = width > (OPENS_AGAIN_M if self._empty else WIDEST_HELD_M)
        if self._closed and opens:
            self.failed = 0 if self._carried else self.failed + 1
            self._closed = self._empty = self._carried = False

    def _watch_place(self, features: Tensor) -> None:
        """Count an end effector that stands still over an object, its fingers too, as a failure."""
        names = ("base_x", "base_y", "ee_z", "gripper_width")
        at = torch.stack([self.imagined.of(features, name)[0] for name in names])
        moved = float((at - self._place).norm()) > STILL_M
        idle = self._is(features, "held") or not self._is(features, "is_one")
        self._still, self._place = 0 if moved or idle else self._still + 1, at
        if self._still >= STILL_PLANS:
            self.failed, self._still = self.failed + 1, 0

    def _displacement(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The displacement of the present attempt: (1, 3) metres, (1,) radians.

        Before a grasp has failed it leads upwards alone, by DEEPER_M at most.
        """
        draws = torch.randn((1, 4), generator=torch.Generator().manual_seed(self.failed))
        draws = draws.to(features) * float(self.failed > 0)
        shift = draws[:, :3] * features.new_tensor(SHIFT_M)
        room = max(self._of(features, "ee_z") - self.imagined.lowest_m, 0.0)
        shift[:, 2] = (shift[:, 2].abs() + DEEPER_M).clamp(max=room)
        return shift, draws[:, 3] * TURN_RAD

    def _of(self, features: Tensor, name: str) -> float:
        return float(self.imagined.of(features, name)[0])

    def _is(self, features: Tensor, name: str) -> bool:
        return self._of(features, name) > 0.5
