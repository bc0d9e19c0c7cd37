"""This module augments training windows by displacing the end effector and mirroring the scene.

`Augmentation.augment` calls it with a batch. Demonstrations hardly ever leave the path, so a policy
that is off it has never seen how to return. The features of a pointed object are in the end
effector's frame, so those of a displaced one follow by geometry, and the action is the
demonstrated one plus the way back (DART, Laskey 2017, injects such noise while demonstrating;
SPARTN, Zhou 2023, adds it afterwards, by rendered views). Mirroring is exact: end effector, camera
and features are symmetric.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ...sim_envs.spaces import GRIP, METRES_PER_UNIT, RADIANS_PER_UNIT
from .hand_frame import turned
from .triangulation import PinholeCamera

MIRRORED = 0.5
"""Share of the windows that are mirrored."""
ASIDE = 0.5
"""Share of the windows whose end effector is displaced, where that is possible."""
SHIFT_M = (0.02, 0.02, 0.012)
"""Standard deviations of the displacement along the heading, across and up."""
TURN_RAD = 0.15
"""Standard deviation of the added turn about the vertical."""
HIGH_M = 0.08
"""Height above an object from which on the displacement is not reduced."""
LOW_SHARE = 0.35
"""Least share of the displacement, low beside an object, where it never goes down."""
BACK_TICKS = 5
"""Ticks that the way back takes; the gripper does not close before its end."""
IN_VIEW = 0.9
"""An object with a coordinate beyond this in the wrist's picture may be cut off by the edge."""
CARRIED_M = 0.08
"""An end effector that holds an object is displaced only this far above the lowest place."""
ELSEWHERE, ELSEWHERE_M = 0.5, 0.15
"""Share of the windows in which something is carried through the air that are moved as a whole, and
the standard deviation of that along each axis of the table. Policies had learnt where to go by what
else they read, and left the way to a release that they were told. The fingers are given another
width, too: a peel that was held as wide as no other was carried at a tenth of the speed. (Of 100
validation seeds of SortRecycling with one item, 3 demonstrations and 100 generated, the second set,
92 without other widths and 98 with them.)"""
FINGERS = 0.3
"""Share of the windows with an empty open gripper whose finger width is changed."""
WIDEST_HELD_M = 0.0765
"""Fingers farther apart than this hold nothing, not even the widest object."""
OPEN_ENOUGH_M = 0.07
"""The end effector waits until its fingers are this far apart."""
OPENS_A_TICK_M = 0.003
"""How much wider they open in each tick."""
WAIT_M = 0.16
"""Distance from an object within which the end effector waits for its fingers."""
BETWEEN_M = 0.05
"""An end effector less than this above an object has it between its fingers, if they are open."""
CLOSED_ON_NOTHING_M = 0.008
"""Fingers nearer to each other than this have closed on nothing; the changed width is never more
where an object is between them."""
RISE = 0.4
"""Upward action, in [-1, 1], of a gripper that closed on nothing, while it opens."""


@dataclass(frozen=True)
class HandFrameAugmentation:
    """The random augmentation of windows: named features and their actions."""

    names: tuple[str, ...]
    """Names of the F features."""
    wrist: PinholeCamera
    """The wrist camera, in the end effector's frame."""
    lowest_m: float = 0.0
    """Lowest height at which demonstrations took anything: no displacement leads below it."""

    def __call__(
        self, features: Tensor, actions: Tensor, mask: Tensor, noise: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Features (B, F), actions (B, H, A) and mask (B, H) as copies, some of them augmented."""
        features, actions, mask = features.clone(), actions.clone(), mask.clone()
        draws = torch.rand((8, len(features)), generator=noise).to(features.device)
        shift = torch.randn((4, len(features)), generator=noise).to(features.device)
        self.mirror(features, actions, draws[0] < MIRRORED)
        open_ = self.of(features, "gripper_width") > WIDEST_HELD_M
        empty = self.of(features, "held") < 0.5
        before = actions[:, 0, GRIP] < 0
        picked = (draws[1] < FINGERS) & empty & (open_ | before)
        actions, mask = self.gripper(features, actions, mask, picked, draws[2:4])
        aside = (draws[4] < ASIDE) & ~picked & (open_ | ~empty)
        features, actions, mask = self.off_path(features, actions, mask, aside, shift)
        self.elsewhere(features, draws[5] < ELSEWHERE, noise)
        return features, actions, mask

    def of(self, features: Tensor, name: str) -> Tensor:
        """A view (B,) of the named feature."""
        return features[:, self.names.index(name)]

    def value(self, features: Tensor, name: str) -> float:
        """The named feature of one plan's features (1, F)."""
        return float(self.of(features, name)[0])

    def reaches(self, features: Tensor) -> bool:
        """Whether the hand of one plan's features (1, F) is empty and to take something."""
        return self.value(features, "held") < 0.5 and self.value(features, "is_one") > 0.5

    def high(self, features: Tensor) -> Tensor:
        """Whether the end effector (B,) is so high that what it holds is in the air."""
        return self.of(features, "ee_z") > self.lowest_m + CARRIED_M

    def columns(self, first: str, count: int) -> slice:
        """The columns of so many features from the named one on."""
        begin = self.names.index(first)
        return slice(begin, begin + count)

    def mirror(self, features: Tensor, actions: Tensor, picked: Tensor) -> None:
        """Swap left and right in place, where `picked` (B,)."""
        sign = torch.where(picked, -1.0, 1.0)
        for name in ("wrist_x", "wrist_askew", "to_y", "release_y", "base_y"):
            self.of(features, name).mul_(sign)
        for axis in (1, 3, 5):
            actions[:, :, axis] *= sign[:, None]

    def gripper(
        self, features: Tensor, actions: Tensor, mask: Tensor, picked: Tensor, draws: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Close or half close an empty gripper; near an object the robot waits until it is open.

        Changes features (B, F) in place where `picked` (B,); gives actions (B, H, A), mask (B, H).
        """
        to = features[:, self.columns("to_x", 3)]
        low = -to[:, 2] < BETWEEN_M
        near = (to.norm(dim=1) < WAIT_M) & (self.of(features, "is_one") > 0.5)
        width = torch.where(draws[0] < 0.5, 0.0, draws[1] * OPEN_ENOUGH_M)
        width = torch.where(near & low, draws[1] * CLOSED_ON_NOTHING_M, width)
        now = self.of(features, "gripper_width")
        now.copy_(torch.where(picked, width, now))
        ticks = ((OPEN_ENOUGH_M - width) / OPENS_A_TICK_M).ceil().clamp_min(0)
        ticks = torch.where(picked & near, ticks, 0).long()
        rise = torch.where(low & (ticks >= actions.shape[1]), RISE, 0.0)
        return delayed(actions, mask, ticks, rise)

    def elsewhere(self, features: Tensor, picked: Tensor, noise: torch.Generator) -> None:
        """Move carrying hands to elsewhere on the table, in place, where `picked` (B,).

        What leads through the air from the hand to the release is the same everywhere, however wide
        the fingers are that hold it: they are given another width, too.
        """
        base, width = self.columns("base_x", 2), self.of(features, "gripper_width")
        moved = torch.randn((len(features), 2), generator=noise).to(features) * ELSEWHERE_M
        share = torch.rand(len(features), generator=noise).to(features)
        other = CLOSED_ON_NOTHING_M + share * (WIDEST_HELD_M - CLOSED_ON_NOTHING_M)
        picked = picked & self.high(features) & (self.of(features, "held") > 0.5)
        features[:, base] += moved * picked[:, None]
        width.copy_(torch.where(picked, other, width))

    def off_path(
        self, features: Tensor, actions: Tensor, mask: Tensor, picked: Tensor, draws: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Displace the end effector by a little, in `picked` (B,) windows where that is possible.

        Gives features (B, F), actions (B, H, A) and mask (B, H); draws (4, B) are standard normal.
        """
        to, held = features[:, self.columns("to_x", 3)], self.of(features, "held") > 0.5
        height = torch.where(held, HIGH_M, -to[:, 2])
        share = (height / HIGH_M).clamp(LOW_SHARE, 1.0)
        off = draws[:3].T * to.new_tensor(SHIFT_M) * share[:, None]
        down = (self.of(features, "ee_z") - self.lowest_m).clamp_min(0.0)
        down = torch.where(height < HIGH_M * LOW_SHARE, 0.0, down)
        off[:, 2] = torch.maximum(off[:, 2], -down)
        turn = draws[3] * TURN_RAD * share
        seen, visible = self.seen(features, to, turned(to - off, -turn), turn)
        in_air = held & self.high(features)
        picked = picked & torch.where(held, in_air, visible) & (self.of(features, "is_one") > 0.5)
        moved = self.transformed(features, off, turn, seen, held)
        closing = ((actions[:, :, GRIP] > 0) & mask).long()
        first = torch.where(closing.any(1), closing.argmax(1), len(mask[0]))
        ticks = torch.where(picked & ~held, (BACK_TICKS - first).clamp_min(0), 0)
        actions, mask = delayed(actions, mask, ticks, torch.zeros_like(turn))
        back = with_way_back(actions, turned(off, -turn), turn)
        features = torch.where(picked[:, None], moved, features)
        return features, torch.where(picked[:, None, None], back, actions), mask

    def transformed(
        self, features: Tensor, off: Tensor, turn: Tensor, seen: Tensor, held: Tensor
    ) -> Tensor:
        """Features (B, F) of an end effector off by `off` (B, 3) metres and `turn` (B,) radians.

        `seen` (B, 6) is then the wrist's keypoint, for all but `held` (B,) objects.
        """
        moved = features.clone()
        to = turned(features[:, self.columns("to_x", 3)] - off, -turn)
        for name in ("release_x", "base_x"):
            at = self.columns(name, 2)
            moved[:, at] = turned(features[:, at] - off[:, :2], -turn)
        self.of(moved, "ee_z").add_(off[:, 2])
        aside = ~held[:, None]
        at = self.columns("to_x", 3)
        moved[:, at] = torch.where(aside, to, features[:, at])
        at = self.columns("wrist_x", seen.shape[1])
        moved[:, at] = torch.where(aside, seen, features[:, at])
        return moved

    def seen(
        self, features: Tensor, before: Tensor, after: Tensor, turn: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The wrist's keypoint (B, 6) of an object moved to `after`, and whether it is known (B,).

        `before`, `after` (B, 3): metres from the end effector, which turned by `turn` (B,) radians.
        """
        keypoint = features[:, self.columns("wrist_x", 6)]
        mass, spread = keypoint[:, 2], keypoint[:, 3]
        old, old_depth = self.picture(before)
        new, depth = self.picture(after)
        share = torch.tanh(mass.expm1() / 0.5)
        centre = keypoint[:, :2] + share[:, None] * (new - old)
        scale = old_depth / depth.clamp_min(1e-3)
        size = (mass.expm1() * scale**2).log1p(), spread * scale
        long = turned(keypoint[:, 4:6], 2 * turn)
        values = torch.stack((*centre.unbind(1), *size, *long.unbind(1)), 1)
        unseen = mass < 0.05
        inside = (centre.abs().amax(1) < IN_VIEW) & (keypoint[:, :2].abs().amax(1) < IN_VIEW)
        known = unseen | (inside & (old_depth > 0.02) & (depth > 0.02))
        return torch.where(unseen[:, None], keypoint, values), known

    def picture(self, to: Tensor) -> tuple[Tensor, Tensor]:
        """Wrist picture coordinates (B, 2) and depth (B,) of points `to` (B, 3).

        Points are in metres from an end effector that points straight down.
        """
        eye = torch.as_tensor(self.wrist.eye).to(to)
        axes = torch.as_tensor(self.wrist.axes).to(to)
        place = to * to.new_tensor((1.0, -1.0, -1.0))
        right, down, depth = ((place - eye) @ axes.T).unbind(1)
        near = depth.clamp_min(1e-3) * self.wrist.slope
        return torch.stack((right / near, down / near), 1), depth


def delayed(actions: Tensor, mask: Tensor, ticks: Tensor, rise: Tensor) -> tuple[Tensor, Tensor]:
    """Actions and mask that begin `ticks` (B,) later; until then the gripper opens.

    Meanwhile the end effector rises by the action `rise` (B,), or rests where that is 0.
    """
    place = torch.arange(mask.shape[1], device=mask.device) - ticks[:, None]
    waits, place = place < 0, place.clamp_min(0)
    later = actions.gather(1, place[..., None].expand_as(actions))
    rest = torch.zeros_like(actions)
    rest[..., 2], rest[..., GRIP] = rise[:, None], -1.0
    return torch.where(waits[..., None], rest, later), waits | mask.gather(1, place)


def with_way_back(actions: Tensor, off: Tensor, turn: Tensor) -> Tensor:
    """Actions (B, H, A) plus the way back from `off` (B, 3) metres and `turn` (B,) radians."""
    back = actions.clone()
    for axes in (slice(0, 2), slice(3, 5)):
        back[..., axes] = turned(actions[..., axes], -turn)
    ticks = min(BACK_TICKS, actions.shape[1])
    back[:, :ticks, :3] -= off[:, None] / (METRES_PER_UNIT * BACK_TICKS)
    back[:, :ticks, 5] -= turn[:, None] / (RADIANS_PER_UNIT * BACK_TICKS)
    return back.clamp(-1.0, 1.0)
