"""ShelfPick is the task to take the named item off a two-board shelf and put it into the tote."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .. import kinematics
from ..arm import NAME as ARM
from ..arm import Arm
from ..cameras import Camera, FixedCamera, WristCamera
from ..clutter import ClutterSpot
from ..colours import Colour
from ..errors import BadValue
from ..furniture import Bin, add_room
from ..gripper import PANDA
from ..items import Item, bottle, can, carton
from ..primitives import Part
from ..rotations import matrix_from_quat, quat_from_rotvec, quat_multiply, tilted_quat
from ..task_description import ObjectClass
from ..world import Pose, World
from .task import Status, Task

ITEMS: dict[str, Item] = {
    "red can": can((0.82, 0.10, 0.10), 0.030, 0.110),
    "blue can": can((0.10, 0.28, 0.85), 0.028, 0.120),
    "yellow box": carton((0.93, 0.80, 0.10), (0.026, 0.028, 0.062)),
    "green box": carton((0.10, 0.55, 0.22), (0.024, 0.029, 0.052)),
    "orange bottle": bottle((0.95, 0.47, 0.06), 0.028, 0.095, (0.97, 0.97, 0.97)),
    "purple bottle": bottle((0.50, 0.18, 0.66), 0.027, 0.110, (0.15, 0.15, 0.15)),
}

BOARD_TOPS_M = (0.20, 0.47)
BOARD_X_M = (0.59, 0.83)
BOARD_HALF_THICK_M = 0.01
SHELF_HALF_WIDTH_M = 0.40
SHELF_HEIGHT_M = 0.74
SLOT_X_M = 0.665
SLOT_PITCH_M = 0.23
SLOTS_PER_BOARD = 3
SLOT_JITTER_M = (0.015, 0.02)
YAW_JITTER_RAD = 0.25

TOTE = Bin("tote", (0.38, 0.46), (0.15, 0.13), 0.14, (0.28, 0.30, 0.34))

EE_TILT_RAD = float(np.radians(35.0))
START_POS_M = (0.42, 0.0, 0.42)
START_JITTER_M = (0.03, 0.06, 0.04)
START_JITTER_RAD = 0.06

SCENE_HOLDING = 0.35
SCENE_ASTRAY = 0.12
REACH_LOW_M = (0.33, -0.30, 0.20)
REACH_HIGH_M = (0.70, 0.50, 0.62)

AT_REST_M_S = 0.05
AT_REST_TICKS = 4
LIFTED_M = 0.02
NEAR_M = 0.06

WOOD: Colour = (0.72, 0.60, 0.46)
WALL: Colour = (0.86, 0.84, 0.80)


@dataclass
class ShelfPick(Task):
    """Pick the named item off the shelf; `num_items` of the six kinds stand in random slots."""

    num_items: int = len(ITEMS)

    name: ClassVar[str] = "ShelfPick"
    summary: ClassVar[str] = "pick the named item off a two-board shelf into the tote"
    goal_names: ClassVar[tuple[str, ...]] = tuple(ITEMS)
    labels: ClassVar[tuple[str, ...]] = ("background", *ITEMS, "tote", "robot")
    stages: ClassVar[tuple[str, ...]] = ("reach", "grasp", "carry", "place", "done")
    objects: ClassVar[tuple[ObjectClass, ...]] = tuple(
        ObjectClass(name, goal, TOTE) for goal, name in enumerate(ITEMS)
    )
    max_steps: ClassVar[int] = 300
    camera_plan: ClassVar[dict[str, Camera]] = {
        "front": FixedCamera((-0.24, 0.56, 0.92), (0.54, 0.10, 0.25), 54.0),
        "wrist": WristCamera((0.10, 0.0, -0.06), (0.0, 0.0, 0.16), 85.0),
        "side": FixedCamera((0.10, -1.15, 0.75), (0.50, 0.05, 0.28), 52.0),
    }
    stretchable: ClassVar[tuple[str, ...]] = tuple(ITEMS)
    clutter_spots: ClassVar[tuple[ClutterSpot, ...]] = (
        ((0.60, -0.34), (0.68, -0.14)),  # below the lower board
        ((0.60, -0.06), (0.68, 0.14)),
        ((0.62, 0.46), (0.76, 0.60)),  # beside the shelf
        ((0.40, -0.60), (0.56, -0.48)),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (isinstance(self.num_items, int) and 1 <= self.num_items <= len(ITEMS)):
            raise BadValue("num_items", f"an integer from 1 to {len(ITEMS)}", self.num_items)
        self.present: list[str] = []
        self.start_height_m = 0.0

    @property
    def target(self) -> str:
        """Name of the item that the instruction asks for."""
        return self.goal_names[self.goal]

    @property
    def instruction(self) -> str:
        """This episode's instruction."""
        return f"put the {self.target} into the tote"

    def item(self, name: str) -> Item:
        """An item at its size in this episode."""
        return self.drawn.sized(name, ITEMS[name])

    def furnish(self, world: World) -> None:
        """Add a table, a shelf of two boards with sides and a back, and an open tote."""
        middle = sum(BOARD_X_M) / 2
        depth = (BOARD_X_M[1] - BOARD_X_M[0]) / 2
        add_room(world)
        for i, top in enumerate(BOARD_TOPS_M):
            size = (depth, SHELF_HALF_WIDTH_M, BOARD_HALF_THICK_M)
            board = Part("box", size, WOOD)
            world.add(f"board {i}", [board], (middle, 0, top - size[2]), material="shelf")
        half = SHELF_HEIGHT_M / 2
        for side in (-1, 1):
            panel = Part("box", (depth, 0.01, half), WOOD)
            place = (middle, side * SHELF_HALF_WIDTH_M, half)
            world.add(f"side {side}", [panel], place, material="shelf")
        back = Part("box", (0.006, SHELF_HALF_WIDTH_M, half), WALL)
        world.add("back", [back], (BOARD_X_M[1] + 0.006, 0, half))
        TOTE.add(world, self.labels.index("tote"))

    def begin(self, world: World, rng: np.random.Generator) -> None:
        """Put `num_items` different items into random slots and name one of them."""
        kinds = rng.permutation(len(ITEMS))[: self.num_items]
        slots = rng.permutation(SLOTS_PER_BOARD * len(BOARD_TOPS_M))
        self.present = [self.goal_names[kind] for kind in kinds]
        for name, slot in zip(self.present, slots, strict=False):
            board, column = divmod(int(slot), SLOTS_PER_BOARD)
            jitter = rng.uniform(-1, 1, 2) * SLOT_JITTER_M
            x = SLOT_X_M + jitter[0]
            y = (column - (SLOTS_PER_BOARD - 1) / 2) * SLOT_PITCH_M + jitter[1]
            item = self.item(name)
            z = BOARD_TOPS_M[board] + item.half_height_m + 0.001
            yaw = rng.uniform(-YAW_JITTER_RAD, YAW_JITTER_RAD)
            item.add(world, name, (x, y, z), yaw, self.labels.index(name))
        self.goal = int(kinds[rng.integers(self.num_items)])
        self.start_height_m = float(world.pose(self.target).position[2])
        self.memory = np.zeros(1)

    def start_pose(self, rng: np.random.Generator) -> Pose:
        """In front of the shelf, a little different every time."""
        position = np.array(START_POS_M) + rng.uniform(-1, 1, 3) * START_JITTER_M
        turn = quat_from_rotvec(rng.uniform(-1, 1, 3) * START_JITTER_RAD)
        return Pose(position, quat_multiply(turn, tilted_quat(EE_TILT_RAD)))

    def scramble(self, world: World, arm: Arm, rng: np.random.Generator) -> None:
        """Pose the arm at random, some items in tote, table or shelf, often one in the gripper."""
        tool = random_reach(rng)
        joints = kinematics.inverse(tool.position, tool.quat, kinematics.REST_RAD, 60)
        position, quat = kinematics.forward(joints)
        holding = bool(rng.random() < SCENE_HOLDING)
        for name in self.present:
            if name != self.target and rng.random() < SCENE_ASTRAY:
                world.place(name, *stray_pose(self.item(name), rng))
        opening = rng.uniform(0.0, PANDA.finger_open_m)
        if holding:
            item = self.item(self.target)
            opening = item.width_m / 2
            yaw = np.arctan2(*matrix_from_quat(quat)[1::-1, 2])
            turn = quat_multiply(
                quat_from_rotvec(rng.normal(0, 0.1, 3)), quat_from_rotvec((0, 0, float(yaw)))
            )
            grip = matrix_from_quat(turn)[:, 2] * item.grip_height_m
            world.place(self.target, position - grip + rng.normal(0, 0.006, 3), turn)
        elif rng.random() < SCENE_ASTRAY:
            world.place(self.target, *stray_pose(self.item(self.target), rng))
        arm.put(joints, float(opening), closing=holding)

    def placed(self, world: World) -> frozenset[str]:
        """The item, once it lies in the tote."""
        inside = TOTE.holds(world.pose(self.target).position)
        return frozenset({self.target} if inside and not world.touching(ARM, self.target) else ())

    def assess(self, world: World, arm: Arm) -> Status:
        """Success once the item has lain in the tote, untouched, for AT_REST_TICKS ticks."""
        item = world.pose(self.target).position
        fingers = arm.fingers_touching(self.target)
        inside = TOTE.holds(item)
        free = not world.touching(ARM, self.target)
        still = inside and free and world.speed(self.target) < AT_REST_M_S
        self.memory[0] = self.memory[0] + 1 if still else 0
        if self.memory[0] >= AT_REST_TICKS:
            return Status(True, "done", 1.0)
        if TOTE.is_under(item):
            return Status(False, "place", 0.85)
        if fingers == 2 and abs(item[2] - self.start_height_m) > LIFTED_M:
            distance = float(np.linalg.norm(item[:2] - TOTE.centre_m))
            return Status(False, "carry", 0.5 + 0.3 * max(0.0, 1.0 - distance / 0.7))
        gap = float(np.linalg.norm(item - arm.tool().position))
        if gap < NEAR_M:
            return Status(False, "grasp", 0.35 + 0.05 * fingers)
        return Status(False, "reach", 0.3 * max(0.0, 1.0 - gap / 0.6))


def random_reach(rng: np.random.Generator) -> Pose:
    """An end-effector pose that an episode might visit."""
    position = rng.uniform(REACH_LOW_M, REACH_HIGH_M)
    yaw = np.arctan2(position[1], position[0]) * rng.uniform(0, 1) + rng.normal(0, 0.1)
    tilt = EE_TILT_RAD + rng.normal(0, 0.1)
    return Pose(position, tilted_quat(float(tilt), float(yaw)))


def stray_pose(item: Item, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Pose of a dropped item: lying on a board, in the tote or on the table."""
    lying = quat_multiply(
        quat_from_rotvec((0.0, 0.0, rng.uniform(-np.pi, np.pi))),
        quat_from_rotvec((0.0, np.pi / 2, 0.0)),
    )
    place = rng.integers(3)
    thick = item.width_m / 2
    if place == 0:
        x, y = rng.uniform((0.62, -0.30), (0.74, 0.30))
        return np.array([x, y, rng.choice(BOARD_TOPS_M) + thick]), lying
    if place == 1:
        x, y = TOTE.centre_m + rng.uniform(-1, 1, 2) * (np.array(TOTE.half_m) - 0.06)
        return np.array([x, y, TOTE.wall_m + thick]), lying
    x, y = rng.uniform((0.30, -0.40), (0.55, 0.30))
    return np.array([x, y, thick]), lying
