"""`ObjectPointing` points at the next object in each image and says what is done with it.

As `GraspPointing`, it learns from the demonstrations alone where the gripper closes next. Of what
it points at it learns too whether the gripper has it, with which heading it is taken, how high, and
where it is let go of. The head reads the same numbers in the hand's frame as with keypoints, so
that the same augmentation helps it. For tasks whose instruction names several objects.
"""

from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ...datasets.frames import Frames
from ...sim_envs.making import describe_task
from ..next_step.chooser import FAILED
from ..next_step.demonstrated import next_places
from ..perception.heatmaps import near_peak, read_peak
from ..perception.keypoints import KEYPOINT_NAMES
from ..task_features import hand_frame
from ..task_features.augmentation import Augmentation
from ..task_features.features import BODY_NAMES, Columns, body
from ..task_features.grasp_labels import grasp_marks, grasps_under_way
from ..task_features.hand_frame import Array, rotation, turned
from ..task_features.hand_frame_augmentation import HandFrameAugmentation
from ..task_features.pointed_object import GRASPED, HAND_NAMES, LET_GO, PLACE_NAMES, as_shown
from ..task_features.triangulation import StereoRig
from .grasp_pointing import GraspPointing
from .heatmap_encoder import GraspPointingConfig
from .protocol import Batch

HELD, OVER = "shown_held", "over"
"""Columns (N,): 1 or 0, whether the demonstration's gripper carries something, NaN if unknown; and
whether it takes nothing any more."""
WIDTH = 128
"""Of the network that says what is done with what is pointed at."""
RELEASE, HELD_AT, HEIGHT, HEADING = slice(0, 3), 3, 4, slice(5, 7)
"""Its outputs: metres; a logit; metres; cosine and sine of twice the angle in the wrist's image."""
OUTPUTS = 7
RELEASE_M, HEIGHT_M = 0.05, 0.02
"""Errors that cost as much as one nat."""
DILATIONS = (1, 2, 4, 8)
"""Of the encoders: which object is next depends on the whole image."""
MASS, SPREAD = float(np.log1p(20.0)), 0.1
"""A pointed place is given to the head as an object of so many cells and of this size."""


class ObjectPointing(GraspPointing):
    """The next object's place, heading and release, and whether the gripper has it."""

    name: ClassVar[str] = "object-pointing"

    def __init__(self, config: GraspPointingConfig) -> None:
        super().__init__(config)
        self.rig = StereoRig.of(describe_task(config.task))
        looks = config.channels * len(config.cameras)
        self.release = None if config.release_sees_hand else _perceptron(looks, RELEASE.stop)
        apart = 0 if self.release is None else RELEASE.stop
        self.about = _perceptron(looks + len(BODY_NAMES) + self.seen, OUTPUTS - apart)
        self.register_buffer("lowest_m", torch.zeros(()))
        if config.frozen:
            self.requires_grad_(False)
            self.size = len(self.names)
            self.passes = Augmentation.passes

    @property
    def names(self) -> tuple[str, ...]:
        """Once frozen those of a pointed object; until then the peaks and the body."""
        if not self.config.frozen:
            return super().names
        return (*(f"wrist_{name}" for name in KEYPOINT_NAMES), *PLACE_NAMES, *HAND_NAMES)

    @property
    def augmentation(self) -> Augmentation | None:
        """That of the hand's frame, once frozen."""
        if not self.config.frozen:
            return None
        lowest_m = float(self.get_buffer("lowest_m"))
        return Augmentation(HandFrameAugmentation(self.names, self.rig.wrist, lowest_m))

    def marks(self, frames: Frames, task: str) -> NDArray[np.float32]:
        """(N, cameras + 4, 2): places in the images, then release, held, height and heading.

        The lowest of the heights is kept, for the augmentation.
        """
        shown = next_places(frames)
        if np.isfinite(shown.grasp_m).any():
            self.get_buffer("lowest_m").fill_(float(np.nanmin(shown.grasp_m[:, 2])))
        angle = 2 * self._angle(shown.heading_rad, frames.observations["ee_quat"])
        known = np.where(shown.held == 0, 1.0, np.nan)  # a heading is that of reaching
        rest = (
            shown.release_m[:, :2],
            np.stack((shown.release_m[:, 2], shown.held), axis=1),
            np.stack((shown.grasp_m[:, 2], known), axis=1),
            np.stack((np.cos(angle), np.sin(angle)), axis=1) * known[:, None],
        )
        seen = grasp_marks(frames, task, self.config.cameras)
        return np.concatenate((seen, np.stack(rest, axis=1)), axis=1, dtype=np.float32)

    def shown(self, frames: Frames) -> Columns:
        """What demonstrations show, as columns for `prepare` once frozen."""
        shown = next_places(frames)
        return {
            HELD: shown.held,
            OVER: np.isnan(shown.grasp_m[:, 0]),
            LET_GO: shown.release_m,
            FAILED: shown.failed,
            GRASPED: grasps_under_way(frames),
        }

    @staticmethod
    def _angle(heading_rad: Array, quat: NDArray[np.floating]) -> Array:
        """The angle (N,) in the wrist's image, from x towards y, of a heading on the table."""
        return np.asarray(hand_frame.heading(rotation(quat)) - heading_rad)

    def taught(
        self, batch: Batch, marks: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """What `forward` gives, (B, size), and the loss of all that is learnt of the object."""
        heatmaps = list(self.heatmaps(batch, noise))
        cameras = len(heatmaps)
        loss = self.pointing_loss(heatmaps, marks[:, :cameras])
        looks = [(one.logs, one.features) for one in heatmaps]
        found = self._about(looks, batch["body"])
        release, held, height, heading = self._shown(marks[:, cameras:])
        loss = loss + _off(found[:, RELEASE], release) / RELEASE_M
        loss = (
            loss
            + _off(found[:, HEIGHT, None], height) / HEIGHT_M
            + _off(found[:, HEADING], heading)
        )
        known = ~held.isnan()
        says = functional.binary_cross_entropy_with_logits(found[known, HELD_AT], held[known])
        return self.read(batch, heatmaps, noise), loss + (says if known.any() else 0.0)

    @staticmethod
    def _shown(rest: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Release (B, 3), held (B,), height (B, 1), heading (B, 2) of marks (B, 4, 2)."""
        release = torch.cat((rest[:, 0], rest[:, 1, :1]), dim=1)
        return release, rest[:, 1, 1], (rest[:, 2, 0] * rest[:, 2, 1])[:, None], rest[:, 3]

    def _about(self, looks: list[tuple[Tensor, Tensor]], own: Tensor) -> Tensor:
        """What is done with what is pointed at, (B, OUTPUTS), from each camera's look.

        Where it is let go of is told by the looks alone: a place that went along with the hand
        would never be reached by one that is off its way.
        """
        parts, seen = [own], list[Tensor]()
        for logs, features in looks:
            near = near_peak(logs)
            near = near / near.sum((1, 2), keepdim=True).clamp_min(1e-6)
            seen.append(torch.einsum("bij,bcij->bc", near, features.float()))
            parts += [read_peak(logs), seen[-1]]
        found: Tensor = self.about(torch.cat(parts, dim=1))
        if self.release is None:
            return found
        return torch.cat((self.release(torch.cat(seen, 1)), found), dim=1)

    def prepare(self, columns: Columns) -> Columns:
        """Once frozen, "features" (N, size) and the hand's heading; until then see above."""
        if not self.config.frozen:
            return super().prepare(columns)
        own, peaks, found, row = body(columns), [], [], 0
        for looks in self.looks(columns):
            part = torch.from_numpy(own[row : row + len(looks[0][0])])
            with torch.inference_mode():
                found.append(self._about(looks, part))
                peaks.append(torch.stack([read_peak(logs) for logs, _ in looks], dim=1))
            row += len(part)
        seen = torch.cat(peaks).numpy().astype(np.float64)
        return {
            "features": self._features(seen, torch.cat(found).numpy().astype(np.float64), columns),
            hand_frame.KEY: hand_frame.heading(rotation(columns["ee_quat"].astype(np.float64))),
        }

    def _features(self, peaks: Array, found: Array, columns: Columns) -> NDArray[np.float32]:
        """(N, size) from peaks (N, cameras, 3) and outputs (N, OUTPUTS)."""
        ee_m, quat = columns["ee_pos"].astype(np.float64), columns["ee_quat"].astype(np.float64)
        turn = rotation(quat)
        angle = hand_frame.heading(turn)
        at, is_one = self._places(peaks, found[:, HEIGHT], ee_m, turn)
        if OVER in columns:
            is_one = is_one & ~columns[OVER].astype(np.bool_)
        at = as_shown(at, GRASPED, columns)
        held = found[:, HELD_AT] > 0
        if HELD in columns:
            shown = columns[HELD].astype(np.float64)
            held = np.where(np.isnan(shown), held, shown > 0.5)
        to = np.where((held | ~is_one)[:, None], 0.0, at - ee_m)
        picture = self.rig.wrist.picture(np.einsum("nji,nj->ni", turn, at - ee_m))
        inside = ((np.abs(picture) < 1).all(-1) & is_one & ~held)[:, None]
        seen = np.concatenate(
            (picture, np.full((len(at), 2), (MASS, SPREAD)), found[:, HEADING]), 1
        )
        to[:, :2] = turned(to[:, :2], -angle)
        let_go_m = as_shown(found[:, RELEASE], LET_GO, columns)
        release = turned(let_go_m[:, :2] - ee_m[:, :2], -angle)
        base = turned(-ee_m[:, :2], -angle)
        width = columns["gripper_qpos"].astype(np.float64).sum(-1, keepdims=True)
        one = (is_one | held)[:, None]
        hand = base, ee_m[:, 2:], width
        parts = np.where(inside, seen, 0.0), one, held[:, None], to, release, *hand
        return np.concatenate(parts, axis=1, dtype=np.float32)

    def _places(
        self, peaks: Array, height_m: Array, ee_m: Array, turn: Array
    ) -> tuple[Array, NDArray[np.bool_]]:
        """Places (N, 3) in metres of the peaks, and whether either camera is sure (N,)."""
        known = np.concatenate(
            (peaks, np.broadcast_to(height_m[:, None, None], (*peaks.shape[:2], 1))), -1
        )
        blank = np.zeros((*peaks.shape[:2], len(KEYPOINT_NAMES)))
        things = np.concatenate((blank, known), axis=-1)[:, :, None]
        at, sure = self.rig.triangulate_grasp(things, ee_m, turn)
        return at[:, 0], sure[:, 0]


def _perceptron(inputs: int, outputs: int) -> nn.Sequential:
    """Two hidden layers between (B, inputs) and (B, outputs)."""
    return nn.Sequential(
        nn.Linear(inputs, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH), nn.GELU(),
        nn.Linear(WIDTH, outputs),
    )  # fmt: skip


def _off(found: Tensor, shown: Tensor) -> Tensor:
    """Mean absolute error, a scalar, over the rows (B, n) that are known."""
    known = ~shown.isnan().any(-1)
    off = (found[known] - shown[known]).abs()
    return off.sum() / max(1, off.numel())
