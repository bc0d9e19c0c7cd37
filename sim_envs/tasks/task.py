"""A Task defines a scene, an instruction, stages and when it is solved; ArmEnv runs one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..arm import Arm
from ..cameras import Camera
from ..clutter import ClutterSpot
from ..domain_randomization import LEVELS, Randomizable, Variation, checked_level, draw
from ..errors import MissingCapability, UnknownKeyword
from ..rotations import Vector
from ..spaces import CAMERAS
from ..task_description import ObjectClass, TaskDescription
from ..world import Pose, World


@dataclass(frozen=True)
class Status:
    """Progress of the task, read from the world after a step."""

    success: bool
    """The task is solved: everything lies at rest where it belongs, and the gripper is off it."""
    stage: str
    """One of the task's `stages`."""
    progress: float
    """In [0, 1], 1 at success."""


@dataclass
class Task(ABC):
    """One task. Subclasses are dataclasses whose fields are the variants that a user can choose."""

    variation: str = field(default="none", kw_only=True)
    """How much the world's appearance differs from episode to episode: one of LEVELS."""

    name: ClassVar[str]
    """Short name, as the command line takes it."""
    summary: ClassVar[str]
    """One-line description for people."""
    goal_names: ClassVar[tuple[str, ...]]
    """What an instruction can name; the observation's `goal` has a 1 for what it does name."""
    labels: ClassVar[tuple[str, ...]]
    """Classes of the segmentation; the first is the background, the last the robot."""
    stages: ClassVar[tuple[str, ...]]
    """Names of the task's steps in order."""
    objects: ClassVar[tuple[ObjectClass, ...]] = ()
    """The classes of objects that the task moves, and where they belong; none: nothing is said of
    them to perception, to generated demonstrations and to the window."""
    names_several: ClassVar[bool] = False
    """Whether the goal may name several objects; then the driver chooses which comes next."""
    camera_plan: ClassVar[Mapping[str, Camera]]
    """Where all cameras stand, by name."""
    recorded_cameras: ClassVar[tuple[str, ...]] = CAMERAS
    """Names of the cameras whose pictures are observations."""
    stretchable: ClassVar[tuple[str, ...]] = ()
    """Items whose shape a variation may change."""
    clutter_spots: ClassVar[tuple[ClutterSpot, ...]] = ()
    """Where a variation may put clutter."""
    has_grasp_points: ClassVar[bool] = False
    """Whether objects can be grasped at some points only, see `holds`."""
    expert: ClassVar[Callable[[], Any] | None] = None
    """Makes the task's Expert, for the simulated operator; those of built-in tasks are in experts/,
    which this package must not import."""
    settle_steps: ClassVar[int] = 24
    """Physics steps in which objects come to rest before the episode begins."""

    def __post_init__(self) -> None:
        checked_level(self.variation)
        self.goal = 0
        self.memory = np.zeros(1)
        self.drawn = Variation()
        self.cameras: Mapping[str, Camera] = self.camera_plan

    @classmethod
    def variants(cls) -> dict[str, object]:
        """Keywords for make_task_env(), with their defaults; the task's own come first."""
        own = {item.name: item.default for item in fields(cls)}
        shared = {"variation": own.pop("variation")}
        return own | shared

    @classmethod
    def describe(cls) -> TaskDescription:
        """What a policy may know of the task, without a world."""
        return TaskDescription(
            cls.name,
            cls.labels,
            cls.goal_names,
            cls.objects,
            cls.camera_plan,
            cls.recorded_cameras,
            cls.names_several,
        )

    @classmethod
    def choices(cls) -> dict[str, tuple[str, ...]]:
        """The values that exist for those keywords that take one of a few words."""
        return {"variation": LEVELS}

    @classmethod
    def with_variant(cls, keywords: Mapping[str, Any]) -> "Task":
        """Build the task; UnknownKeyword names those that exist."""
        unknown = sorted(set(keywords) - set(cls.variants()))
        if unknown:
            known = ", ".join(f"{k} (default {v!r})" for k, v in cls.variants().items())
            raise UnknownKeyword(cls.name, unknown[0], known)
        return cls(**keywords)

    def vary(self, world: World, rng: np.random.Generator) -> None:
        """Draw how this episode looks, and set it as the appearance of an empty world."""
        self.draw_variation(rng)
        world.dress(self.drawn.look)

    def draw_variation(self, rng: np.random.Generator) -> None:
        """Draw how this episode looks, and shift `cameras` accordingly."""
        recorded = {name: self.camera_plan[name] for name in self.recorded_cameras}
        randomizable = Randomizable(
            recorded, self.labels[1:-1], self.stretchable, self.clutter_spots
        )
        self.drawn = draw(self.variation, randomizable, rng)
        shifts = self.drawn.cameras
        self.cameras = {
            name: camera.shifted(shifts[name]) if name in shifts else camera
            for name, camera in self.camera_plan.items()
        }

    def add_clutter(self, world: World) -> None:
        """Add the pieces of clutter that were drawn."""
        for i, piece in enumerate(self.drawn.clutter):
            piece.add(world, f"clutter {i}")

    @property
    @abstractmethod
    def max_steps(self) -> int:
        """Ticks after which an episode of this variant is cut off; a class constant will do."""

    @property
    @abstractmethod
    def instruction(self) -> str:
        """The instruction in words, for the goal of this episode."""

    @abstractmethod
    def furnish(self, world: World) -> None:
        """Add what never moves."""

    @abstractmethod
    def begin(self, world: World, rng: np.random.Generator) -> None:
        """Add what moves, at random places, and choose the goal."""

    @abstractmethod
    def start_pose(self, rng: np.random.Generator) -> Pose:
        """The end-effector pose at which the episode begins."""

    @abstractmethod
    def assess(self, world: World, arm: Arm) -> Status:
        """Assess the world as it is; called once after every step, may update `memory`."""

    def scramble(self, world: World, arm: Arm, rng: np.random.Generator) -> None:
        """Put arm and objects where an episode might have brought them; for labelled scenes."""
        raise MissingCapability(
            f"{self.name} has no `scramble`, which labelled scenes for perception take; "
            "`sidestick train --vision end-to-end` does without"
        )

    def placed(self, world: World) -> frozenset[str]:
        """Labels of the wanted objects that lie where they belong, and that the arm let go of."""
        return frozenset()

    def wanted(self, world: World) -> tuple[ObjectClass, ...]:
        """The objects of this episode that have to be moved, in the order of the labels."""
        goals, here = self.goal_vector(), set(world.labels.values())
        return tuple(
            item
            for item in self.objects
            if goals[item.goal] and self.labels.index(item.label) in here
        )

    def holds(self, world: World) -> dict[int, Vector]:
        """Best grasp point of each object, metres [3], by its label, if it `has_grasp_points`."""
        return {}

    def goal_vector(self) -> NDArray[np.float32]:
        """The goal one-hot, float32 [goals]; tasks of several objects give a multi-hot vector."""
        vector = np.zeros(len(self.goal_names), np.float32)
        vector[self.goal] = 1.0
        return vector
