"""SortClothes is the task to sort crumpled garments from a low bin into a light or dark hamper."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import kinematics
from ..arm import FINGER_LINKS, Arm
from ..arm import NAME as ARM
from ..cameras import Camera, FixedCamera, WristCamera
from ..clutter import ClutterSpot
from ..errors import BadValue
from ..furniture import add_room
from ..garments import GARMENTS, NODE_RADIUS_M, SHADES, Cloth, bodies_touching
from ..gripper import PANDA
from ..rotations import STRAIGHT_DOWN_RAD, Vector, quat_from_rotvec, quat_multiply, tilted_quat
from ..spaces import CONTROL_HZ
from ..task_description import ObjectClass
from ..world import PHYSICS_HZ, Pose, World
from .clothes_scene import BIN, BOXES, HAMPERS, PILE_M, dropped, hang, random_reach, shift_to
from .grasp_points import grasp_score
from .task import Status, Task

START_POS_M = (0.33, 0.0, 0.34)
START_JITTER_M = (0.03, 0.06, 0.03)
START_JITTER_RAD = 0.06

STEPS_PER_GARMENT = 300
AT_REST_M_S = 0.06
AT_REST_TICKS = 4
ALMOST = 0.98
"""Progress when all is in place but not yet at rest."""
NEAR_M = 0.06
FARTHEST_M = 0.7

SCENE_HOLDING = 0.35
SCENE_SORTED = 0.35
SCENE_WRONG_HAMPER = 0.2
SCENE_ABOVE = 0.5
SCENE_HANG_TICKS = 6
"""Ticks in which a garment in the gripper falls into folds."""


@dataclass
class SortClothes(Task):
    """Sort the clothes: `num_items` garments, each kind at most once, each light or dark."""

    num_items: int = 3

    name: ClassVar[str] = "SortClothes"
    summary: ClassVar[str] = "sort crumpled clothes from a bin into the light and the dark hamper"
    goal_names: ClassVar[tuple[str, ...]] = tuple(GARMENTS)
    labels: ClassVar[tuple[str, ...]] = (
        "background",
        *(f"{shade} {kind}" for kind in GARMENTS for shade in SHADES),
        *(box.name for box in BOXES),
        "robot",
    )
    stages: ClassVar[tuple[str, ...]] = ("reach", "grasp", "carry", "place", "done")
    objects: ClassVar[tuple[ObjectClass, ...]] = tuple(
        ObjectClass(f"{shade} {kind}", goal, HAMPERS[shade])
        for goal, kind in enumerate(GARMENTS)
        for shade in SHADES
    )
    names_several: ClassVar[bool] = True
    camera_plan: ClassVar[dict[str, Camera]] = {
        "front": FixedCamera((1.05, 0.0, 0.98), (0.46, 0.0, 0.05), 46.0),
        "wrist": WristCamera((0.10, 0.0, -0.06), (0.0, 0.0, 0.16), 85.0),
        "side": FixedCamera((0.10, -1.15, 0.75), (0.50, 0.0, 0.10), 52.0),
    }
    clutter_spots: ClassVar[tuple[ClutterSpot, ...]] = (
        ((0.74, -0.30), (0.78, -0.12)),  # beyond the bin
        ((0.74, 0.12), (0.78, 0.30)),
        ((0.14, -0.38), (0.22, -0.28)),  # beside the arm
        ((0.14, 0.28), (0.22, 0.38)),
    )
    has_grasp_points: ClassVar[bool] = True
    settle_steps: ClassVar[int] = 180

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (isinstance(self.num_items, int) and 1 <= self.num_items <= len(GARMENTS)):
            raise BadValue("num_items", f"an integer from 1 to {len(GARMENTS)}", self.num_items)
        self.present: list[Cloth] = []

    @property
    def max_steps(self) -> int:
        """About four times what an expert takes; it grows with the garments."""
        return STEPS_PER_GARMENT * self.num_items

    @property
    def instruction(self) -> str:
        """This episode's instruction; which garment is light or dark has to be seen."""
        kinds = [f"the {cloth.kind}" for cloth in self.present]
        listed = " and ".join([", ".join(kinds[:-1]), kinds[-1]] if kinds[1:] else kinds)
        return f"sort {listed or 'the clothes'} into the light and the dark hamper"

    def goal_vector(self) -> NDArray[np.float32]:
        """Float32 [4], 1 for every kind that this episode began with, whatever its shade.

        It says neither which garment comes next nor where it belongs: that has to be seen.
        `goal` is the first of them in the instruction.
        """
        kinds = {cloth.kind for cloth in self.present}
        return np.array([name in kinds for name in self.goal_names], np.float32)

    def furnish(self, world: World) -> None:
        """Add a table with a low bin between two hampers."""
        add_room(world)
        for box in BOXES:
            box.add(world, self.labels.index(box.name))

    def begin(self, world: World, rng: np.random.Generator) -> None:
        """Drop garments of random kinds and shades into the bin, one above the other."""
        kinds = rng.permutation(len(GARMENTS))[: self.num_items]
        self.goal = int(kinds[0])
        self.memory = np.zeros(1)
        self.present = []
        for layer, kind in enumerate(self.goal_names[i] for i in kinds):
            shade = SHADES[rng.integers(len(SHADES))]
            points, turn = dropped(kind, layer, rng)
            label = self.labels.index(f"{shade} {kind}")
            self.present.append(GARMENTS[kind].add(world, kind, shade, points, turn, label))

    def start_pose(self, rng: np.random.Generator) -> Pose:
        """Above the bin's near wall, pointing down, a little different every time."""
        position = np.array(START_POS_M) + rng.uniform(-1, 1, 3) * START_JITTER_M
        turn = quat_from_rotvec(rng.uniform(-1, 1, 3) * START_JITTER_RAD)
        return Pose(position, quat_multiply(turn, tilted_quat(STRAIGHT_DOWN_RAD)))

    @staticmethod
    def in_place(cloth: Cloth, points: Vector) -> bool:
        """Whether a garment whose nodes are at `points` [nodes, 3] lies in its hamper."""
        return HAMPERS[cloth.shade].is_under(points) and bool(points[:, 2].max() < PILE_M)

    def placed(self, world: World) -> frozenset[str]:
        """The garments that lie in their hampers."""
        touched = bodies_touching(world, ARM)
        return frozenset(
            f"{cloth.shade} {cloth.kind}"
            for cloth in self.present
            if self.in_place(cloth, cloth.points(world)) and touched.isdisjoint(cloth.bodies)
        )

    def held(self, world: World, arm: Arm) -> list[Cloth]:
        """The garments that both fingers touch."""
        left, right = (bodies_touching(world, ARM, link) for link in FINGER_LINKS)
        return [
            cloth
            for cloth in self.present
            if not left.isdisjoint(cloth.bodies) and not right.isdisjoint(cloth.bodies)
        ]

    def holds(self, world: World) -> dict[int, Vector]:
        """The node [3] of each garment that is easiest to grasp, by its label."""
        points = {cloth: cloth.points(world) for cloth in self.present}
        found = {}
        for cloth, own in points.items():
            others = [np.empty((0, 3)), *(points[c] for c in points if c is not cloth)]
            label = self.labels.index(f"{cloth.shade} {cloth.kind}")
            found[label] = own[int(np.argmax(grasp_score(own, np.concatenate(others))))]
        return found

    def assess(self, world: World, arm: Arm) -> Status:
        """Success once all garments have lain in their hampers for AT_REST_TICKS ticks."""
        points = {cloth: cloth.points(world) for cloth in self.present}
        left = [cloth for cloth in self.present if not self.in_place(cloth, points[cloth])]
        still = not left and self._at_rest(world)
        self.memory[0] = self.memory[0] + 1 if still else 0
        if self.memory[0] >= AT_REST_TICKS:
            return Status(True, "done", 1.0)
        if not left:
            return Status(False, "place", ALMOST)
        held, tool = self.held(world, arm), arm.tool().position
        stages = [_stage(cloth, points[cloth], cloth in held, tool) for cloth in left]
        stage, share = max(stages, key=lambda pair: pair[1])
        return Status(False, stage, ALMOST * (self.num_items - len(left) + share) / self.num_items)

    def _at_rest(self, world: World) -> bool:
        """Whether no garment moves, nor touches the arm."""
        touched = bodies_touching(world, ARM)
        return all(
            touched.isdisjoint(cloth.bodies) and cloth.speed(world) < AT_REST_M_S
            for cloth in self.present
        )

    def scramble(self, world: World, arm: Arm, rng: np.random.Generator) -> None:
        """Pose the arm at random, often above a garment; some sorted, often one in the gripper."""
        for cloth in self.present:
            if rng.random() < SCENE_SORTED:
                wrong = rng.random() < SCENE_WRONG_HAMPER
                shade = SHADES[SHADES.index(cloth.shade) ^ int(wrong)]
                shift_to(HAMPERS[shade], cloth, world, rng)
        cloth = self.present[rng.integers(self.num_items)]
        holding = bool(rng.random() < SCENE_HOLDING)
        above = not holding and bool(rng.random() < SCENE_ABOVE)
        nodes = cloth.points(world)
        tool = random_reach(nodes[rng.integers(len(nodes))] if above else None, holding, rng)
        joints = kinematics.inverse(tool.position, tool.quat, kinematics.REST_RAD, 60)
        opening = NODE_RADIUS_M if holding else float(rng.uniform(0.0, PANDA.finger_open_m))
        arm.put(joints, opening, closing=holding)
        if holding:
            hang(cloth, Pose(*kinematics.forward(joints)), world, rng)
            for _ in range(SCENE_HANG_TICKS):
                arm.follow(PHYSICS_HZ // CONTROL_HZ)


def _stage(cloth: Cloth, points: Vector, held: bool, tool: Vector) -> tuple[str, float]:
    """Stage of one garment, and its progress in [0, 1]."""
    hamper = HAMPERS[cloth.shade]
    if hamper.is_under(points):
        return "place", 0.9
    if held and points[:, 2].min() > BIN.height_m:
        away = float(np.linalg.norm(points[:, :2].mean(0) - hamper.centre_m))
        return "carry", 0.5 + 0.3 * max(0.0, 1.0 - away / FARTHEST_M)
    gap = float(np.linalg.norm(points - tool, axis=1).min())
    if gap < NEAR_M:
        return "grasp", 0.45 if held else 0.35
    return "reach", 0.3 * max(0.0, 1.0 - gap / FARTHEST_M)
