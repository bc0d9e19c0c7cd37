"""After a grasp that came to nothing, or a hand that stood still, the next goes a little elsewhere.

A policy without memory repeats what failed, to the end of the episode. What it did is seen in
the fingers: they closed and opened again, and nothing was carried in between; or nothing moved
for some plans, though there is something to take. From then on the hand is told that it is a
little aside of where it is, so that what the policy does leads it as far to the other side;
training has imagined such hands, so the features are of a known kind.
"""

import torch
from torch import Tensor

from .hand_frame import turned
from .hand_frame_augmentation import (
    CARRIED_M,
    CLOSED_ON_NOTHING_M,
    WIDEST_HELD_M,
    HandFrameAugmentation,
)

GUESSES = (
    (0.0, 0.0, 0.010, 0.0),
    (0.012, 0.0, 0.005, 0.0),
    (-0.012, 0.0, 0.005, 0.0),
    (0.0, 0.012, 0.005, 0.0),
    (0.0, -0.012, 0.005, 0.0),
    (0.0, 0.0, 0.015, 0.4),
)
"""How far off the hand believes to be in one attempt after the other: metres along its heading,
across and up, radians about the vertical. First it reaches deeper, then aside, then turned."""
LOWEST_LED_M = 0.021
"""A hand is not led lower than this, where it would push against the table."""

STILL_M, STILL_PLANS = 0.006, 3
"""A hand and fingers that move less than this for so many plans on end stand still."""


class RetryPerturbation:
    """Counts the attempts of an episode, plan by plan, and shifts the features after failures."""

    def __init__(self, imagined: HandFrameAugmentation) -> None:
        self.imagined = imagined
        self.reset()

    def reset(self) -> None:
        """An episode begins, or somebody else drove."""
        self.failed = 0
        """Attempts that came to nothing, one after the other."""
        self._closed = self._empty = self._carried = False
        self._still, self._place = 0, torch.full((4,), torch.inf)

    def __call__(self, features: Tensor) -> Tensor:
        """The features (1, F) of the next plan to those by which it is made."""
        self._watch(features)
        if not self.failed or self._is(features, "held") or not self._is(features, "is_one"):
            return features
        off, turn = self._guess(features)
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
        self._closed |= width < WIDEST_HELD_M
        self._empty |= width < CLOSED_ON_NOTHING_M
        high = self._of(features, "ee_z") > CARRIED_M
        self._carried |= self._is(features, "held") and high and not self._empty
        if self._closed and width > WIDEST_HELD_M:
            self.failed = 0 if self._carried else self.failed + 1
            self._closed = self._empty = self._carried = False

    def _watch_place(self, features: Tensor) -> None:
        """A hand that stands still over something, its fingers too, has failed as well."""
        names = ("base_x", "base_y", "ee_z", "gripper_width")
        at = torch.stack([self.imagined.of(features, name)[0] for name in names])
        moved = float((at - self._place).norm()) > STILL_M
        idle = self._is(features, "held") or not self._is(features, "is_one")
        self._still, self._place = 0 if moved or idle else self._still + 1, at
        if self._still >= STILL_PLANS:
            self.failed, self._still = self.failed + 1, 0

    def _guess(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """How far off the hand believes to be now: (1, 3) metres, (1,) radians."""
        guess = features.new_tensor([GUESSES[(self.failed - 1) % len(GUESSES)]])
        room = max(self._of(features, "ee_z") - LOWEST_LED_M, 0.0)
        guess[:, 2].clamp_(max=room)
        return guess[:, :3], guess[:, 3]

    def _of(self, features: Tensor, name: str) -> float:
        return float(self.imagined.of(features, name)[0])

    def _is(self, features: Tensor, name: str) -> bool:
        return self._of(features, name) > 0.5
