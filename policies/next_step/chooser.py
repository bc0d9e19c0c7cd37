"""`NextStepChooser` says of every frame what the next step is about, as demonstrations showed it.

Keypoint vision of tasks with several objects holds one; training teaches it before the head.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ...datasets.frames import Frames
from ...sim_envs.errors import BadValue
from ...sim_envs.task_description import TaskDescription
from ..task_features.features import Columns
from ..task_features.grasp_labels import next_grasps
from ..task_features.pointed_object import ABOUT, HELD, LET_GO, RELEASE
from ..task_features.triangulation import StereoRig
from .demonstrated import Demonstrated, demonstrated, grasps
from .learning import Examples, learn
from .network import NextStep, NextStepNetwork
from .tokens import SeenObjects, Tokens

SHOWN, SHOWN_HELD = "shown_about", "shown_held"
"""Columns (N,) of what demonstrations were about, M after the last grasp, below 0 where that is not
known, and of whether the hand carries it. They stand in place of what the network says."""
FAILED = "failed_grasp"
"""Column (N,): the demonstration's grasp, under way or next, did not hold."""
LEAST_HEIGHT_STD_M = 0.03
"""Least standard deviation of the heights of objects' middles about those of the grasps."""
FRAMES = 4096
"""Number of frames that go through the network at once."""


class GraspHeights(NamedTuple):
    """Heights of the end effector, metres, where demonstrations took things."""

    mean_m: float
    std_m: float
    lowest_m: float

    @classmethod
    def of(cls, heights_m: NDArray[np.floating]) -> "GraspHeights":
        """The heights of all grasps, (n,)."""
        mean_m, std_m = float(heights_m.mean()), float(heights_m.std())
        return cls(mean_m, max(std_m, LEAST_HEIGHT_STD_M), float(heights_m.min()))


class NextStepChooser(nn.Module):
    """The tokens of a task and the network that reads them."""

    def __init__(
        self, task: TaskDescription, keypoint_size: int, release_sees_hand: bool = False
    ) -> None:
        super().__init__()
        self.tokens = Tokens(task, StereoRig.of(task))
        sizes = self.tokens.sizes(keypoint_size)
        self.sizes = sizes._replace(sees_hand=release_sees_hand)
        self.network = NextStepNetwork(self.sizes).requires_grad_(False)
        self.heights: GraspHeights | None = None
        """Of the demonstrations; None before it has learnt."""

    def set_heights(self, heights: GraspHeights) -> None:
        """Expect objects' middles at these heights when places are computed."""
        self.heights = heights
        rig = replace(self.tokens.rig, height_m=heights.mean_m, height_std_m=heights.std_m)
        self.tokens = replace(self.tokens, rig=rig)

    def learn(
        self,
        frames: Frames,
        columns: Columns,
        seed: int,
        learnt: Callable[[int], object] = lambda updates: None,
    ) -> GraspHeights:
        """Learn from frames and their columns, keypoints among them, (N, 2, K, 6 or 10).

        `learnt` is called with the number of updates done. BadValue where nothing is taken, or
        nothing that is taken was seen.
        """
        closing = [one.close for one in grasps(frames)]
        if not closing:
            raise BadValue("demonstrations", "some in which the gripper closes", "none that does")
        heights = GraspHeights.of(frames.observations["ee_pos"][closing, 2].astype(np.float64))
        self.set_heights(heights)
        scene = self.tokens(columns["keypoints"].astype(np.float32, copy=False), columns)
        grasps_m = next_grasps(frames).astype(np.float64)
        examples = Examples.of(scene, self._demonstrated(frames, scene), grasps_m)
        if not len(examples):
            found = "none; does perception see what the gripper takes?"
            raise BadValue("demonstrations", "some in which a seen object is taken", found)
        taught = learn(examples, self.sizes, seed, learnt=learnt)
        self.network.load_state_dict(taught.state_dict())
        return heights

    def shown(self, frames: Frames, columns: Columns) -> Columns:
        """What the frames show, as columns for `choose`; BadValue before it has learnt."""
        if self.heights is None:
            raise BadValue("vision", "one that has learnt which object is next", "an untaught one")
        scene = self.tokens(columns["keypoints"].astype(np.float32, copy=False), columns)
        shown = self._demonstrated(frames, scene)
        about = np.where(shown.known, shown.about, -1)
        let_go_m = np.where(shown.known[:, None], shown.release_m, np.nan)
        return {SHOWN: about, SHOWN_HELD: shown.held, LET_GO: let_go_m, FAILED: shown.failed}

    def _demonstrated(self, frames: Frames, scene: SeenObjects) -> Demonstrated:
        return demonstrated(frames, scene.grips_m, self.tokens.nameable)

    def choose(self, scene: SeenObjects, columns: Columns) -> Columns:
        """What the next step of each frame is about, as columns for `PointedObject`."""
        objects, each = scene.candidates.shape[1], np.arange(len(scene))
        parts = list(self._found(scene))
        scores, held, release = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
        about = np.where(scene.candidates.any(1), scores.argmax(1), objects)
        carried = held[each, np.minimum(about, objects - 1)] > 0
        if SHOWN in columns:
            shown = columns[SHOWN].astype(np.intp)
            about = np.where(shown >= 0, shown, about)
            carried = np.where(shown >= 0, columns[SHOWN_HELD].astype(np.bool_), carried)
        one: NDArray[np.intp] = np.minimum(about, objects - 1)
        return {ABOUT: about, HELD: carried & (about < objects), RELEASE: release[each, one]}

    @torch.inference_mode()
    def _found(self, scene: SeenObjects) -> Iterator[NextStep]:
        device = next(self.network.parameters()).device
        for start in range(0, len(scene), FRAMES):
            rows = slice(start, start + FRAMES)
            arrays = scene.tokens[rows], scene.hand[rows], scene.candidates[rows]
            found = self.network(*(torch.from_numpy(array).to(device) for array in arrays))
            yield NextStep(*(part.cpu() for part in found))
