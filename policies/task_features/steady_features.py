"""`SteadyFeatures` keeps of a policy's features what cannot have changed since the last plan.

`RetryPerturbation` passes the features of each plan through it first.

Fingers that hold something hold it until they move. What says from the pictures whether they do may
be wrong in the air, and a policy that believes it lets go on the way.

A hand that is about to close hides much of its object. The place to grasp then seems to jump by
some centimetres from plan to plan, for a garment above all, and a policy that follows drags its
fingers through the cloth and takes hold loosely. So a low hand goes to where the place was before.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from .hand_frame import turned
from .hand_frame_augmentation import (
    CLOSED_ON_NOTHING_M,
    WIDEST_HELD_M,
    HandFrameAugmentation,
)

MOVED_M = 0.004
"""Fingers that move by less than this from one plan to the next rest."""
LOW_M = 0.07
"""A hand that is less than this above the place is low."""
JUMP_M = (0.012, 0.08)
"""A place that is seen less far aside than the first is the same; farther than the second, another
object's. Between them it is believed once it is seen there twice."""


class Held(NamedTuple):
    """What the hand carried at the last plan."""

    width_m: float
    """Between the fingers."""
    kind: Tensor
    """(1, kinds) which class of objects it is."""
    release_m: Tensor
    """(1, 2) where it is let go of, on the table."""


class SteadyFeatures:
    """Stateful: it is told the features of every plan of an episode."""

    def __init__(self, imagined: HandFrameAugmentation) -> None:
        self._imagined = imagined
        self.reset()

    def reset(self) -> None:
        """Start anew: an episode begins, or the policy did not drive."""
        self._held: Held | None = None
        self._forget_place()

    def _forget_place(self) -> None:
        self._kept: Tensor | None = None
        self._seen: Tensor | None = None

    def __call__(self, features: Tensor, heading_rad: Tensor) -> Tensor:
        """The features (1, F), steadied; the frame that they are in has a heading (1,), radians."""
        features = self._with_hold(features, heading_rad)
        if not self._imagined.reaches(features):
            self._forget_place()
            return features
        return self._with_place(features, heading_rad)

    def _with_hold(self, features: Tensor, heading_rad: Tensor) -> Tensor:
        """The features of a hand that holds still what it carried, while its fingers rest."""
        width, before = self._imagined.value(features, "gripper_width"), self._held
        high = bool(self._imagined.high(features)[0])
        rests = before is not None and abs(width - before.width_m) < MOVED_M
        if before is not None and rests and high and self._imagined.value(features, "held") < 0.5:
            features = self._holding(features, before, heading_rad)
        holds = self._imagined.value(features, "held") > 0.5
        firm = CLOSED_ON_NOTHING_M < width < WIDEST_HELD_M
        self._held = self._hold(features, heading_rad) if holds and firm else None
        return features

    def _hold(self, features: Tensor, heading_rad: Tensor) -> Held:
        kinds, release, base = self._columns()
        place_m = turned(features[:, release] - features[:, base], heading_rad)
        return Held(self._imagined.value(features, "gripper_width"), features[:, kinds], place_m)

    def _holding(self, features: Tensor, what: Held, heading_rad: Tensor) -> Tensor:
        """The features (1, F) of a hand that carries this, whatever it is to take next."""
        held = features.clone()
        kinds, release, base = self._columns()
        held[:, : kinds.stop] = 0.0
        for name in ("held", "is_one"):
            self._imagined.of(held, name).fill_(1.0)
        held[:, kinds] = what.kind
        held[:, release] = turned(what.release_m, -heading_rad) + features[:, base]
        return held

    def _columns(self) -> tuple[slice, slice, slice]:
        """Columns of the kind of object, of the way to its release, and of that to the base."""
        release, base = (self._imagined.columns(name, 2) for name in ("release_x", "base_x"))
        return slice(release.stop, base.start), release, base

    def _with_place(self, features: Tensor, heading_rad: Tensor) -> Tensor:
        """The features of the place where the object was when the hand was higher."""
        to = features[:, self._imagined.columns("to_x", 3)]
        base_m = features[:, self._imagined.columns("base_x", 2)]
        seen = turned(to[:, :2] - base_m, heading_rad)
        if -float(to[0, 2]) > LOW_M or self._believed(seen):
            self._kept = seen
        self._seen = seen
        if self._kept is None or self._kept is seen:
            return features
        after = torch.cat((turned(self._kept, -heading_rad) + base_m, to[:, 2:]), dim=1)
        return self._moved(features, to, after)

    def _believed(self, seen: Tensor) -> bool:
        """Whether a place (1, 2) on the table is that of the object."""
        if self._kept is None or self._seen is None:
            return True
        near, far = JUMP_M
        aside = float((seen - self._kept).norm())
        return aside < near or aside > far or float((seen - self._seen).norm()) < near

    def _moved(self, features: Tensor, before: Tensor, after: Tensor) -> Tensor:
        """The features (1, F) of an object at another place (1, 3) before the hand."""
        keypoint, known = self._imagined.seen(features, before, after, torch.zeros(1))
        moved = features.clone()
        moved[:, self._imagined.columns("to_x", 3)] = after
        if known:
            moved[:, self._imagined.columns("wrist_x", 6)] = keypoint
        return moved
