"""This module shifts a policy's features: deeper than shown, and elsewhere after a failed grasp.

The policy passes the features of each plan through it. A policy closes at the mean height of the
demonstrations that looked alike. Half of them closed lower, and there its fingers may close above
the object, while fingers that are a little too deep hold it as well. So the features are those of
an end effector a little above the real one, and the policy leads the real one as much deeper.

A policy without memory repeats a failed grasp to the end of the episode. After one (see
`FailedGrasps`) the features are those of an end effector a little aside of the real one, so that
the policy leads the real one as far to the other side, and deeper by each failure. Each attempt
has another such displacement, drawn as `HandFrameAugmentation` drew those on which the policy was
trained.

A hand that cannot sink further would wait above its object for ever, for it was to close deeper:
its features are those of one that has arrived. One that stood still over its object seems to have
closed on nothing: the policy has learnt to rise then, and comes again.
"""

import torch
from torch import Tensor

from .failed_grasps import FailedGrasps
from .hand_frame import turned
from .hand_frame_augmentation import SHIFT_M, TURN_RAD, HandFrameAugmentation
from .steady_features import SteadyFeatures

DEEPER_M = 0.008
"""How much deeper than demonstrations the hand reaches, never below the lowest of them; by as much
again after each failure. Of 120 validation seeds of SortRecycling with one item and 3
demonstrations, two sets, 110 without it and 117 with it; 0.014 m gave less (56 of 60 where 0.008 m
gave 58). End to end, whose heights are off by centimetres, of 40 validation seeds 34 where failures
did not make it deeper and 38 where they do."""


class RetryPerturbation:
    """Shifts the features of one episode's plans by what has failed so far."""

    def __init__(self, imagined: HandFrameAugmentation) -> None:
        self.imagined = imagined
        self._grasps, self._steady = FailedGrasps(imagined), SteadyFeatures(imagined)

    def reset(self) -> None:
        """Start anew: an episode begins, or the policy did not drive."""
        self._grasps.reset()
        self._steady.reset()

    @property
    def failed(self) -> int:
        """Number of failed attempts in a row."""
        return self._grasps.count

    def __call__(self, features: Tensor, heading_rad: Tensor) -> Tensor:
        """The features (1, F) to plan with, from those observed (1, F) at a heading (1,)."""
        features = self._steady(features, heading_rad)
        self._grasps.watch(features)
        if not self.imagined.reaches(features):
            return features
        if self._grasps.leaving:
            shut = features.clone()
            self.imagined.of(shut, "gripper_width").fill_(0.0)
            return shut
        off, turn = self._displacement(features)
        to = features[:, self.imagined.columns("to_x", 3)]
        seen, known = self.imagined.seen(features, to, turned(to - off, -turn), turn)
        if not known:
            return features
        nothing_held = torch.zeros(1, dtype=torch.bool)
        return self.imagined.transformed(features, off, turn, seen, nothing_held)

    def _displacement(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The displacement of the present attempt: (1, 3) metres, (1,) radians.

        Before a grasp has failed it leads upwards alone, by DEEPER_M at most.
        """
        draws = torch.randn((1, 4), generator=torch.Generator().manual_seed(self.failed))
        draws = draws.to(features) * float(self.failed > 0)
        if self._grasps.blocked:
            here = min(self.imagined.value(features, "to_z"), 0.0)
            return features.new_tensor([[0.0, 0.0, here]]), draws[:, 3] * TURN_RAD
        shift = draws[:, :3] * features.new_tensor(SHIFT_M)
        room = max(self.imagined.value(features, "ee_z") - self.imagined.lowest_m, 0.0)
        deeper = DEEPER_M * (1 + self.failed)
        shift[:, 2] = (shift[:, 2].abs() + deeper).clamp(max=room)
        return shift, draws[:, 3] * TURN_RAD
