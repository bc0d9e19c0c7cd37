"""SortClothes: take crumpled garments out of a low bin, into the light or the dark hamper."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..arm import FINGER_LINKS, Arm
from ..arm import NAME as ARM
from ..cameras import Camera, FixedCamera, HandCamera
from ..errors import BadValue
from ..furniture import Bin, add_room
from ..garments import GARMENTS, SHADES, Cloth, bodies_touching
from ..rotations import Vector, matrix_from_quat, quat_from_rotvec, quat_multiply, tilted_hand
from ..world import Pose, World
from .task import Status, Task

BIN = Bin("bin", (0.50, 0.0), (0.17, 0.19), 0.05, (0.50, 0.47, 0.58), sunk_m=0.05)
HAMPERS = {
    "light": Bin("light hamper", (0.46, 0.34), (0.16, 0.15), 0.056, (0.96, 0.95, 0.88), sunk_m=0.05),
    "dark": Bin("dark hamper", (0.46, -0.34), (0.16, 0.15), 0.056, (0.26, 0.27, 0.31), sunk_m=0.05),
}

START_POS_M = (0.33, 0.0, 0.34)
START_JITTER_M = (0.03, 0.06, 0.03)
START_JITTER_RAD = 0.06
DOWN_RAD = float(np.pi / 2)

LAYER_M = 0.11
"""Between the heights from which one garment after the other is dropped."""
DROP_FROM_M = 0.05
DROP_AREA_M = (0.05, 0.07)
CREASE_M = 0.004

PILE_M = 0.12
"""What lies in a hamper, even on other garments, is lower than this."""
AT_REST_M_S = 0.06
AT_REST_TICKS = 4
LIFTED_M = 0.10
"""Above the bin's walls: a garment in the hand and that high is being carried."""
NEAR_M = 0.06


@dataclass
class SortClothes(Task):
    """Sort `num_items` crumpled garments by colour; each kind comes at most once."""

    num_items: int = 3

    name: ClassVar[str] = "SortClothes"
    summary: ClassVar[str] = "sort crumpled clothes from a bin into the light and the dark hamper"
    goal_names: ClassVar[tuple[str, ...]] = tuple(GARMENTS)
    labels: ClassVar[tuple[str, ...]] = (
        "background",
        *(f"{shade} {kind}" for kind in GARMENTS for shade in SHADES),
        "bin",
        "light hamper",
        "dark hamper",
        "robot",
    )
    stages: ClassVar[tuple[str, ...]] = ("reach", "grasp", "carry", "place", "done")
    max_steps: ClassVar[int] = 1200
    settle_steps: ClassVar[int] = 180
    cameras: ClassVar[dict[str, Camera]] = {
        "front": FixedCamera((1.02, 0.0, 0.98), (0.45, 0.0, 0.0), 50.0),
        "wrist": HandCamera((0.10, 0.0, -0.06), (0.0, 0.0, 0.16), 85.0),
        "side": FixedCamera((0.10, -1.15, 0.75), (0.50, 0.0, 0.10), 52.0),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (isinstance(self.num_items, int) and 1 <= self.num_items <= len(GARMENTS)):
            raise BadValue("num_items", f"an integer from 1 to {len(GARMENTS)}", self.num_items)
        self.present: list[Cloth] = []

    @property
    def instruction(self) -> str:
        """The order in words; which is light and which is dark is to be seen."""
        kinds = [cloth.kind for cloth in self.present]
        listed = " and ".join([", ".join(kinds[:-1]), kinds[-1]] if len(kinds) > 1 else kinds)
        return f"sort the {listed} into the light and the dark hamper"

    def goal_vector(self) -> NDArray[np.float32]:
        """Multi-hot float32 of the kinds that are there, whatever their shades."""
        kinds = {cloth.kind for cloth in self.present}
        return np.array([name in kinds for name in self.goal_names], np.float32)

    def furnish(self, world: World) -> None:
        """A table with a low bin and two hampers."""
        add_room(world)
        for box in (BIN, *HAMPERS.values()):
            box.add(world, label=self.labels.index(box.name))

    def begin(self, world: World, rng: np.random.Generator) -> None:
        """Drop garments of random kinds and shades into the bin, one above the other."""
        kinds = rng.permutation(list(GARMENTS))[: self.num_items]
        self.present = []
        for layer, kind in enumerate(kinds):
            shade = SHADES[rng.integers(2)]
            garment = GARMENTS[kind]
            turn = random_hang(rng)
            points = garment.flat() @ matrix_from_quat(turn).T
            points += rng.uniform(-CREASE_M, CREASE_M, points.shape)
            points[:, :2] += BIN.centre_m + rng.uniform(-1, 1, 2) * DROP_AREA_M
            points[:, 2] += DROP_FROM_M + LAYER_M * layer - points[:, 2].min()
            label = self.labels.index(f"{shade} {kind}")
            self.present.append(garment.add(world, str(kind), shade, points, turn, label))
        self.memory = np.zeros(1)

    def start_pose(self, rng: np.random.Generator) -> Pose:
        """Above the bin's near side, looking down, a little different every time."""
        position = np.array(START_POS_M) + rng.uniform(-1, 1, 3) * START_JITTER_M
        turn = quat_from_rotvec(rng.uniform(-1, 1, 3) * START_JITTER_RAD)
        return Pose(position, quat_multiply(turn, tilted_hand(DOWN_RAD)))

    def assess(self, world: World, arm: Arm) -> Status:
        """Success once all garments have lain in their hampers for AT_REST_TICKS ticks."""
        points = [cloth.points(world) for cloth in self.present]
        sorted_ = [self.in_place(c, p) for c, p in zip(self.present, points, strict=True)]
        touched = bodies_touching(world, ARM) if all(sorted_) else set()
        still = all(sorted_) and all(
            cloth.speed(world) < AT_REST_M_S and touched.isdisjoint(cloth.bodies)
            for cloth in self.present
        )
        self.memory[0] = self.memory[0] + 1 if still else 0
        if self.memory[0] >= AT_REST_TICKS:
            return Status(True, "done", 1.0)
        held = self.held(world, arm)
        tool = arm.tool().position
        scores = []
        for cloth, where, done in zip(self.present, points, sorted_, strict=True):
            scores.append(self._score(cloth, where, done, cloth in held, tool))
        best = max(scores[i] for i, done in enumerate(sorted_) if not done) if not all(sorted_) else 1.0
        stage = stage_of(best)
        return Status(False, stage, 0.99 * float(np.mean(scores)))

    @staticmethod
    def in_place(cloth: Cloth, points: Vector) -> bool:
        """Whether a garment lies in its hamper, all of it."""
        hamper = HAMPERS[cloth.shade]
        return hamper.is_under(points) and bool(points[:, 2].max() < PILE_M)

    def held(self, world: World, arm: Arm) -> list[Cloth]:
        """The garments that are between the fingers."""
        left, right = (bodies_touching(world, ARM, link) for link in FINGER_LINKS)
        return [
            cloth
            for cloth in self.present
            if not left.isdisjoint(cloth.bodies) and not right.isdisjoint(cloth.bodies)
        ]

    def touched(self, world: World, arm: Arm) -> list[Cloth]:
        """The garments that a finger touches, the one that it touches most first."""
        bodies = set().union(*(bodies_touching(world, ARM, link) for link in FINGER_LINKS))
        counts = {cloth: len(bodies.intersection(cloth.bodies)) for cloth in self.present}
        return sorted((c for c in self.present if counts[c]), key=lambda c: -counts[c])

    def _score(self, cloth, points, done, held, tool) -> float:
        if done:
            return 1.0
        hamper = HAMPERS[cloth.shade]
        if hamper.is_under(points):
            return 0.85
        if held and points[:, 2].min() > BIN.height_m:
            away = float(np.linalg.norm(points[:, :2].mean(0) - hamper.centre_m))
            return 0.5 + 0.3 * max(0.0, 1.0 - away / 0.6)
        gap = float(np.linalg.norm(points - tool, axis=1).min())
        if gap < NEAR_M:
            return 0.4
        return 0.3 * max(0.0, 1.0 - gap / 0.6)

    def scramble(self, world: World, arm: Arm, rng: np.random.Generator) -> None:
        pass


def stage_of(score: float) -> str:
    """The stage of the garment that has come farthest."""
    if score < 0.35:
        return "reach"
    if score < 0.45:
        return "grasp"
    return "carry" if score < 0.82 else "place"


def random_hang(rng: np.random.Generator) -> Vector:
    """How a garment is turned when it is dropped: nearly upright, any way round, xyzw [4]."""
    roll = quat_from_rotvec((0.0, 0.0, rng.uniform(-np.pi, np.pi)))
    rise = quat_from_rotvec((rng.uniform(0.9, 2.2), 0.0, 0.0))
    yaw = quat_from_rotvec((0.0, 0.0, rng.uniform(-np.pi, np.pi)))
    return quat_multiply(yaw, quat_multiply(rise, roll))
