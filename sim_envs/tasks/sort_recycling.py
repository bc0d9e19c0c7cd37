"""SortRecycling is the task to sort items on a table into bins: recycling blue, trash grey."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import kinematics
from ..arm import NAME as ARM
from ..arm import Arm
from ..cameras import Camera, FixedCamera, WristCamera
from ..clutter import ClutterSpot
from ..errors import BadValue
from ..furniture import add_room
from ..gripper import PANDA
from ..items import Item
from ..rotations import (
    STRAIGHT_DOWN_RAD,
    Vector,
    matrix_from_quat,
    quat_from_rotvec,
    quat_multiply,
    tilted_quat,
)
from ..task_description import ObjectClass
from ..world import Pose, World
from .recycling_items import (
    BINS,
    BLUE,
    GREY,
    ITEMS,
    LYING,
    can_lie,
    ground_radius_m,
    own_bin,
    resting_pose,
    scattered,
)
from .task import Status, Task

HEAPED_M = 0.15
"""Walls are low, to let the gripper in: an item up to this high in a bin still lies in it."""

START_POS_M = (0.38, 0.0, 0.26)
START_JITTER_M = (0.03, 0.06, 0.03)
START_JITTER_RAD = 0.06

SCENE_HOLDING = 0.35
SCENE_SORTED = 0.35
SCENE_WRONG_BIN = 0.2
SCENE_ABOVE = 0.5
REACH_LOW_M = (0.32, -0.45, 0.03)
REACH_HIGH_M = (0.64, 0.45, 0.30)
STEPS_PER_ITEM = 250
AT_REST_M_S = 0.05
AT_REST_TICKS = 4
ALMOST = 0.98
"""Progress when all is in place but not yet at rest."""
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
    objects: ClassVar[tuple[ObjectClass, ...]] = tuple(
        ObjectClass(name, goal, own_bin(name)) for goal, name in enumerate(ITEMS)
    )
    names_several: ClassVar[bool] = True
    camera_plan: ClassVar[dict[str, Camera]] = {
        "front": FixedCamera((1.30, 0.0, 1.02), (0.46, 0.0, 0.10), 44.0),
        "wrist": WristCamera((0.10, 0.0, -0.06), (0.0, 0.0, 0.16), 85.0),
        "side": FixedCamera((-0.10, 0.62, 0.95), (0.46, -0.02, 0.05), 54.0),
    }
    stretchable: ClassVar[tuple[str, ...]] = tuple(ITEMS)
    clutter_spots: ClassVar[tuple[ClutterSpot, ...]] = (
        ((0.76, -0.34), (0.82, -0.12)),  # beyond the items
        ((0.76, 0.12), (0.82, 0.34)),
        ((0.14, -0.42), (0.22, -0.30)),  # beside the arm
        ((0.14, 0.30), (0.22, 0.42)),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (isinstance(self.num_items, int) and 1 <= self.num_items <= len(ITEMS) - 2):
            raise BadValue("num_items", f"an integer from 1 to {len(ITEMS) - 2}", self.num_items)
        self.present: list[str] = []

    @property
    def max_steps(self) -> int:
        """More than three times what an expert takes; it grows with the items."""
        return STEPS_PER_ITEM * self.num_items

    @property
    def instruction(self) -> str:
        """This episode's instruction."""
        names = [f"the {name}" for name in self.present]
        listed = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
        return (
            f"sort {listed or 'everything'}: recycling into the blue bin, trash into the grey one"
        )

    def goal_vector(self) -> NDArray[np.float32]:
        """Float32 [8], 1 for every kind that this episode began with.

        It does not say which item comes next: the driver chooses. `goal` is the first of them in
        the instruction.
        """
        return np.array([name in self.present for name in self.goal_names], np.float32)

    def item(self, name: str) -> Item:
        """An item at its size in this episode."""
        return self.drawn.sized(name, ITEMS[name])

    def furnish(self, world: World) -> None:
        """Add a table and two open bins, one on either side."""
        add_room(world)
        for bin_ in BINS:
            bin_.add(world, self.labels.index(bin_.name))

    def begin(self, world: World, rng: np.random.Generator) -> None:
        """Scatter `num_items` different kinds over the table, standing or lying, none in a heap."""
        kinds = rng.permutation(len(ITEMS))[: self.num_items]
        self.present = [self.goal_names[kind] for kind in kinds]
        self.goal = int(kinds[0])
        self.memory = np.zeros(1)
        lying = [can_lie(name) and bool(rng.random() < LYING) for name in self.present]
        pairs = list(zip(self.present, lying, strict=True))
        places = scattered(np.array([ground_radius_m(*pair) for pair in pairs]), rng)
        for (name, lies), (x, y) in zip(pairs, places, strict=True):
            item = self.item(name)
            position, quat = resting_pose(item, lies, x, y, rng)
            item.add_turned(world, name, position, quat, self.labels.index(name))

    def start_pose(self, rng: np.random.Generator) -> Pose:
        """Above the table, pointing down, a little different every time."""
        position = np.array(START_POS_M) + rng.uniform(-1, 1, 3) * START_JITTER_M
        turn = quat_from_rotvec(rng.uniform(-1, 1, 3) * START_JITTER_RAD)
        return Pose(position, quat_multiply(turn, tilted_quat(STRAIGHT_DOWN_RAD)))

    def is_sorted(self, world: World, name: str) -> bool:
        """Whether an item is in its own bin and the arm does not touch it."""
        position = world.pose(name).position
        inside = own_bin(name).is_under(position) and position[2] < HEAPED_M
        return inside and not world.touching(ARM, name)

    def placed(self, world: World) -> frozenset[str]:
        """The items that lie in their bins."""
        return frozenset(name for name in self.present if self.is_sorted(world, name))

    def unsorted(self, world: World) -> list[str]:
        """The items that are not yet where they belong."""
        return [name for name in self.present if not self.is_sorted(world, name)]

    def held(self, world: World, arm: Arm) -> str | None:
        """The item between the fingers that touches neither the table nor a bin, or None."""
        for name in self.present:
            grounds = ("table", *(bin_.name for bin_ in BINS))
            if arm.fingers_touching(name) == 2 and not any(
                world.touching(name, ground) for ground in grounds
            ):
                return name
        return None

    def assess(self, world: World, arm: Arm) -> Status:
        """Success once all items have lain in their bins, untouched, for AT_REST_TICKS ticks."""
        left = self.unsorted(world)
        still = not left and all(world.speed(name) < AT_REST_M_S for name in self.present)
        self.memory[0] = self.memory[0] + 1 if still else 0
        if self.memory[0] >= AT_REST_TICKS:
            return Status(True, "done", 1.0)
        stage, share = self._stage(world, arm, left)
        done = self.num_items - len(left) + (share if left else 0.0)
        return Status(False, stage, ALMOST * done / self.num_items)

    def _stage(self, world: World, arm: Arm, left: list[str]) -> tuple[str, float]:
        """Stage of the held or else the nearest unsorted item, and its progress in [0, 1]."""
        held = self.held(world, arm)
        tool = arm.tool().position
        if held is not None:
            position = world.pose(held).position
            distance = float(np.linalg.norm(position[:2] - own_bin(held).centre_m))
            if own_bin(held).is_under(position):
                return "place", 0.9
            return "carry", 0.5 + 0.3 * max(0.0, 1.0 - distance / FARTHEST_M)
        if not left:
            return "place", 0.9
        places = {name: world.pose(name).position for name in left}
        gaps = {name: float(np.linalg.norm(places[name] - tool)) for name in left}
        nearest = min(left, key=gaps.__getitem__)
        if own_bin(nearest).is_under(places[nearest]):
            return "place", 0.9
        if gaps[nearest] < NEAR_M:
            return "grasp", 0.35 + 0.05 * arm.fingers_touching(nearest)
        return "reach", 0.3 * max(0.0, 1.0 - gaps[nearest] / FARTHEST_M)

    def scramble(self, world: World, arm: Arm, rng: np.random.Generator) -> None:
        """Pose the arm at random, often above an item; some sorted, often one in the gripper."""
        for name in self.present:
            if rng.random() < SCENE_SORTED:
                world.place(name, *_binned_pose(name, self.item(name), rng))
        name = self.present[rng.integers(self.num_items)]
        holding = bool(rng.random() < SCENE_HOLDING)
        above = not holding and bool(rng.random() < SCENE_ABOVE)
        tool = _random_reach(world.pose(name).position if above else None, rng)
        joints = kinematics.inverse(tool.position, tool.quat, kinematics.REST_RAD, 60)
        opening = rng.uniform(0.0, PANDA.finger_open_m)
        if holding:
            position, quat = kinematics.forward(joints)
            opening = self.item(name).width_m / 2
            world.place(name, position + rng.normal(0, 0.006, 3), _held_quat(name, quat, rng))
        arm.put(joints, float(opening), closing=holding)


def _binned_pose(name: str, item: Item, rng: np.random.Generator) -> tuple[Vector, Vector]:
    """Position [3] and xyzw [4] of an item that lies in a bin, usually the right one."""
    right = own_bin(name)
    wrong = GREY if right is BLUE else BLUE
    bin_ = wrong if rng.random() < SCENE_WRONG_BIN else right
    room = np.array(bin_.half_m) - ground_radius_m(name, can_lie(name)) * 0.8
    x, y = bin_.centre_m + rng.uniform(-1, 1, 2) * np.maximum(room, 0.01)
    return resting_pose(item, can_lie(name), float(x), float(y), rng, bin_.wall_m)


def _random_reach(near: Vector | None, rng: np.random.Generator) -> Pose:
    """An end-effector pose that an episode might visit, above a point [3] if one is given."""
    position = rng.uniform(REACH_LOW_M, REACH_HIGH_M)
    if near is not None:
        position = near + rng.normal(0, 0.025, 3) + (0.0, 0.0, rng.uniform(0.0, 0.15))
        position = np.clip(position, REACH_LOW_M, REACH_HIGH_M)
    yaw = np.arctan2(position[1], position[0]) * rng.uniform(0, 1) + rng.uniform(-1.4, 1.4)
    return Pose(position, tilted_quat(STRAIGHT_DOWN_RAD + rng.normal(0, 0.04), float(yaw)))


def _held_quat(name: str, ee_quat: Vector, rng: np.random.Generator) -> Vector:
    """Random xyzw [4] of a held item: its long side across the fingers, or upright."""
    heading = matrix_from_quat(ee_quat)[:, 0]
    quat = quat_from_rotvec((0.0, 0.0, float(np.arctan2(heading[1], heading[0]))))
    if can_lie(name) and rng.random() < LYING:
        quat = quat_multiply(quat, quat_from_rotvec((0.0, np.pi / 2, 0.0)))
    return quat_multiply(quat_from_rotvec(rng.normal(0, 0.1, 3)), quat)
