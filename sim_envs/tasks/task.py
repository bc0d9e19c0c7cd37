"""What a task is: a scene, an instruction, stages, and when the job is done."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..arm import Arm
from ..cameras import Camera
from ..errors import BadValue
from ..world import Pose, World


@dataclass(frozen=True)
class Status:
    """How far the job has come, read from the world after a step."""

    success: bool
    """The job is done: everything lies where it belongs, at rest, and the hand has let go."""
    stage: str
    """One of the task's `stages`."""
    progress: float
    """In [0, 1], 1 at success."""


@dataclass
class Task(ABC):
    """One job. Subclasses are dataclasses whose fields are the variants that a user can ask for."""

    name: ClassVar[str]
    """Short name, as the command line takes it."""
    summary: ClassVar[str]
    """One line for people."""
    goal_names: ClassVar[tuple[str, ...]]
    """What an instruction can name; the observation's `goal` has a 1 for what it does name."""
    labels: ClassVar[tuple[str, ...]]
    """Classes of the segmentation; index 0 is the background."""
    stages: ClassVar[tuple[str, ...]]
    """The job's steps in order."""
    cameras: ClassVar[Mapping[str, Camera]]
    """All cameras by name; "front" and "wrist" are the recorded ones."""
    settle_steps: ClassVar[int] = 24
    """Physics steps in which things come to rest before the episode begins."""
    exact_restore: ClassVar[bool] = True
    """Whether the engine restores a saved state bit for bit; it does for rigid bodies alone.
    Where it does not, going back to a moment simulates the episode again from its beginning."""

    def __post_init__(self) -> None:
        self.goal = 0
        self.memory = np.zeros(1)

    @classmethod
    def variants(cls) -> dict[str, object]:
        """The keywords that make() takes for this task, with their defaults."""
        return {field.name: field.default for field in fields(cls)}

    @classmethod
    def with_variant(cls, keywords: Mapping[str, object]) -> "Task":
        """Build the task; an unknown keyword raises BadValue with the ones that exist."""
        unknown = sorted(set(keywords) - set(cls.variants()))
        if unknown:
            known = ", ".join(f"{k} (default {v!r})" for k, v in cls.variants().items())
            raise BadValue(f"keyword {unknown[0]!r} of {cls.name}", f"one of {known}", unknown[0])
        return cls(**keywords)

    @property
    @abstractmethod
    def max_steps(self) -> int:
        """Ticks after which an episode of this variant is cut off; a class constant will do."""

    @property
    @abstractmethod
    def instruction(self) -> str:
        """The order in words, for the goal of this episode."""

    @abstractmethod
    def furnish(self, world: World) -> None:
        """Add what never moves."""

    @abstractmethod
    def begin(self, world: World, rng: np.random.Generator) -> None:
        """Add what moves, at random places, and choose the goal."""

    @abstractmethod
    def start_pose(self, rng: np.random.Generator) -> Pose:
        """Where the tool is when the episode begins."""

    @abstractmethod
    def assess(self, world: World, arm: Arm) -> Status:
        """Judge the world as it is; called once after every step, may update `memory`."""

    @abstractmethod
    def scramble(self, world: World, arm: Arm, rng: np.random.Generator) -> None:
        """Put arm and things where an episode might have brought them; for labelled scenes."""

    def goal_vector(self) -> NDArray[np.float32]:
        """One-hot float32 of the goal."""
        vector = np.zeros(len(self.goal_names), np.float32)
        vector[self.goal] = 1.0
        return vector
