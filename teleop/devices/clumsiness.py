"""`Clumsiness` gives the simulated operator a beginner's habits.

It changes what the expert would do: a slow hand, long pauses, a detour, the wrong object first, a
grasp that is let go of and taken again, an object that is dropped on the way.
"""

from dataclasses import dataclass, replace

import numpy as np

from ...sim_envs.environment import ArmEnv
from ...sim_envs.experts.expert import ExpertTarget
from ...sim_envs.rotations import Vector
from ...sim_envs.world import Pose

HELD_STAGE = "carry"
"""The stage in which an object is held and clear, in every task."""


@dataclass(frozen=True)
class Habits:
    """How often a clumsy operator does what; a chance is one of an episode."""

    detour: float = 0.5
    wrong_object: float = 0.4
    regrasp: float = 0.5
    drop: float = 0.4
    pace: tuple[float, float] = (0.65, 0.9)
    """Slowest and fastest hand, as a share of the expert's speed."""
    pause_chance: float = 0.02
    """Per tick; a tidy operator's is less than half of it."""
    pause_ticks: tuple[int, int] = (10, 30)
    first_ticks: tuple[int, int] = (2, 20)
    """A detour begins so many ticks after the beginning."""
    detour_ticks: int = 25
    detour_m: float = 0.15
    """How far aside of the way it leads."""
    visit_ticks: int = 70
    """At most so long the hand is busy with a wrong object."""
    beside_m: float = 0.05
    """The fingers close so far above a wrong object: it stays where it is."""
    open_ticks: int = 10
    """The fingers are open so long when an object is let go of by mistake."""
    regrasp_ticks: int = 2
    """Ticks after an object is clear until it is let go of to be taken again."""
    drop_ticks: tuple[int, int] = (8, 20)
    """Ticks after it is clear until it is dropped."""


class Clumsiness:
    """Stateful: change() makes the expert's target that of a clumsy operator."""

    def __init__(self, habits: Habits | None = None) -> None:
        self.habits = habits or Habits()
        self.begin(np.random.default_rng(0))

    def begin(self, rng: np.random.Generator) -> None:
        """Draw what will happen in a new episode."""
        habits = self.habits
        self._rng = rng
        self._detour = rng.random() < habits.detour
        self._wrong = rng.random() < habits.wrong_object
        self._slips = [habits.regrasp_ticks] if rng.random() < habits.regrasp else []
        if rng.random() < habits.drop:
            self._slips.append(int(rng.integers(*habits.drop_ticks)))
        self._detour_at = int(rng.integers(*habits.first_ticks))
        self._aside: Vector | None = None
        self._visiting = habits.visit_ticks
        self._visited: Vector | None = None
        self._clear = self._open = 0

    def change(self, env: ArmEnv, target: ExpertTarget) -> ExpertTarget:
        """What the operator does instead of going to the expert's target, or that target."""
        if self._open > 0:
            self._open -= 1
            return ExpertTarget(env.arm.tool(), closing=False)
        if self._wrong:
            return self._visit(env, target)
        self._clear = self._clear + 1 if env.status.stage == HELD_STAGE else 0
        if self._slips and self._clear > self._slips[0]:
            self._slips.pop(0)
            self._open, self._clear = self.habits.open_ticks, 0
            return ExpertTarget(env.arm.tool(), closing=False)
        return self._on_the_way(env, target)

    def _visit(self, env: ArmEnv, target: ExpertTarget) -> ExpertTarget:
        """Go above an object that is not the expert's next, close, open, and remember."""
        tool = env.arm.tool()
        if self._visited is None:
            self._visited = self._other(env, target)
        self._visiting -= 1
        if self._visited is None or self._visiting <= 0:
            self._wrong = False
            return target
        gap = float(np.linalg.norm(self._visited - tool.position))
        if gap < 0.02 and self._visiting > self.habits.open_ticks:
            self._visiting = self.habits.open_ticks
        closing = self._visiting <= self.habits.open_ticks and self._visiting > 5
        return ExpertTarget(Pose(self._visited, tool.quat), closing=closing)

    def _other(self, env: ArmEnv, target: ExpertTarget) -> Vector | None:
        """Above the object that is nearest to the hand, of those that the expert does not go to."""
        places = np.array([env.world.pose(name).position for name in env.world.dynamic])
        away = np.linalg.norm(places - target.target.position, axis=1) > 0.1
        if not away.any():
            return None
        gaps = np.linalg.norm(places[away] - env.arm.tool().position, axis=1)
        place = places[away][int(np.argmin(gaps))]
        back = np.array([-1.0, 0.0, 1.0]) / np.sqrt(2.0)
        return np.asarray(place + back * (self.habits.beside_m + 0.05), np.float64)

    def _on_the_way(self, env: ArmEnv, target: ExpertTarget) -> ExpertTarget:
        """The expert's target, or one aside of it while a detour lasts."""
        begin = self._detour_at
        if not self._detour or not begin <= env.elapsed < begin + self.habits.detour_ticks:
            return target
        if self._aside is None:
            angle = self._rng.uniform(-np.pi, np.pi)
            aside = np.array([0.3 * np.cos(angle), np.sin(angle), 0.3]) * self.habits.detour_m
            self._aside = env.arm.tool().position + aside
        return replace(target, target=Pose(self._aside, target.target.quat), closing=False)
