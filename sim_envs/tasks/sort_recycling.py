"""SortRecycling: bring what lies on the table to its bin, recycling to blue and trash to grey."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import kinematics
from ..arm import FINGER_OPEN_M, Arm
from ..arm import NAME as ARM
from ..cameras import Camera, FixedCamera, HandCamera
from ..errors import BadValue
from ..furniture import Bin, add_room
from ..items import STEADY, Item, bottle, can, cup, jar, milk_carton, peel, rag, wrapper
from ..rotations import matrix_from_quat, quat_from_rotvec, quat_multiply, tilted_hand
from ..world import Pose, World
from .task import Status, Task

RECYCLABLES: dict[str, Item] = {
    "can": replace(can((0.85, 0.08, 0.10), 0.027, 0.092), rolling_friction=STEADY),
    "bottle": replace(
        bottle((0.10, 0.58, 0.20), 0.025, 0.080, (0.97, 0.97, 0.97)), rolling_friction=STEADY
    ),
    "carton": milk_carton((0.96, 0.96, 0.94), (0.05, 0.62, 0.72)),
    "jar": jar((0.93, 0.48, 0.04), (0.98, 0.94, 0.80)),
}
TRASH: dict[str, Item] = {
    "peel": peel((0.98, 0.88, 0.12), (0.35, 0.24, 0.08)),
    "cup": cup((0.50, 0.32, 0.18), (0.12, 0.10, 0.10)),
    "wrapper": wrapper((0.93, 0.18, 0.58), (1.00, 0.72, 0.86)),
    "rag": rag((0.48, 0.28, 0.70), (0.78, 0.66, 0.90)),
}
ITEMS = RECYCLABLES | TRASH
FLAT = ("peel", "wrapper", "rag")
"""Kinds that have only one way to lie; the others stand or lie on their side."""

BLUE = Bin("blue bin", (0.44, 0.41), (0.14, 0.12), 0.065, (0.10, 0.30, 0.85))
GREY = Bin("grey bin", (0.44, -0.41), (0.14, 0.12), 0.065, (0.24, 0.25, 0.27))
BINS = (BLUE, GREY)

STREWN_LOW_M = (0.36, -0.17)
STREWN_HIGH_M = (0.62, 0.17)
GAP_M = 0.03
"""Room between neighbours for the fingers, as far as there is room on the table."""
GAP_SHRINKS = 0.98
LYING = 0.5
"""How often a thing that can stand lies on its side."""

STRAIGHT_DOWN_RAD = float(np.pi / 2)
START_POS_M = (0.38, 0.0, 0.26)
START_JITTER_M = (0.03, 0.06, 0.03)
START_JITTER_RAD = 0.06

SCENE_HOLDING = 0.35
SCENE_SORTED = 0.35
REACH_LOW_M = (0.32, -0.48, 0.03)
REACH_HIGH_M = (0.64, 0.48, 0.30)

STEPS_PER_ITEM = 240
AT_REST_M_S = 0.05
AT_REST_TICKS = 4
NEAR_M = 0.06
FARTHEST_M = 0.7


@dataclass
class SortRecycling(Task):
    """Sort the table: `num_items` of the eight kinds lie on it, each belongs into one bin."""

    num_items: int = 4

    name: ClassVar[str] = "SortRecycling"
    summary: ClassVar[str] = "sort recycling into the blue bin and trash into the grey one"
    goal_names: ClassVar[tuple[str, ...]] = tuple(ITEMS)
    labels: ClassVar[tuple[str, ...]] = ("background", *ITEMS, *(b.name for b in BINS), "robot")
    stages: ClassVar[tuple[str, ...]] = ("reach", "grasp", "carry", "place", "done")
    cameras: ClassVar[dict[str, Camera]] = {
        "front": FixedCamera((-0.24, 0.56, 0.92), (0.54, 0.10, 0.25), 54.0),
        "wrist": HandCamera((0.10, 0.0, -0.06), (0.0, 0.0, 0.16), 85.0),
        "side": FixedCamera((1.25, 0.0, 0.75), (0.42, 0.0, 0.02), 50.0),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (isinstance(self.num_items, int) and 1 <= self.num_items <= len(ITEMS) - 2):
            raise BadValue("num_items", f"an integer from 1 to {len(ITEMS) - 2}", self.num_items)
        self.present: list[str] = []

    @property
    def max_steps(self) -> int:
        """Twice and a half what an expert takes, so it grows with the items."""
        return STEPS_PER_ITEM * self.num_items

    @property
    def instruction(self) -> str:
        """The order in words."""
        names = [f"the {name}" for name in self.present]
        listed = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
        return f"sort {listed}: recycling into the blue bin, trash into the grey one"

    def goal_vector(self) -> NDArray[np.float32]:
        """What the order covers: float32 [8], 1 for every kind that this episode began with.

        It does not say which item comes next: that is for whoever drives to choose. `goal` is
        the first of them in the order's words.
        """
        return np.array([name in self.present for name in self.goal_names], np.float32)

    def furnish(self, world: World) -> None:
        """A table and two open bins, one at either hand."""
        add_room(world)
        for bin_ in BINS:
            bin_.add(world, self.labels.index(bin_.name))

    def begin(self, world: World, rng: np.random.Generator) -> None:
        """Strew `num_items` different kinds over the table, standing or lying, none in a heap."""
        kinds = rng.permutation(len(ITEMS))[: self.num_items]
        self.present = [self.goal_names[kind] for kind in kinds]
        self.goal = int(kinds[0])
        self.memory = np.zeros(1)
        quats = [resting_quat(name, rng) for name in self.present]
        sizes = [_extents(name, quat) for name, quat in zip(self.present, quats, strict=True)]
        radii = np.array([np.hypot(size[0], size[1]) for size in sizes])
        places = strewn(radii, rng)
        for i, name in enumerate(self.present):
            position = np.array([*places[i], sizes[i][2] + 0.001])
            ITEMS[name].add_turned(world, name, position, quats[i], self.labels.index(name))
