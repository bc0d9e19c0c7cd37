"""The first-run tutorial teaches one control at a time, by doing, in about two minutes.

The event loop calls Tutorial.watch with what was done in each tick; nothing else is read.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...sim_envs.rotations import Vector, rotvec_between
from ...sim_envs.world import Pose
from ..devices.controls import Control, ControlReadings

Check = Callable[["TutorialTick"], float]


@dataclass(frozen=True)
class TutorialTick:
    """What was done in a tick of the tutorial."""

    reading: ControlReadings[Control]
    """The controls that were used."""
    moved_m: Vector
    """How far the end effector moved, in the base frame, [3]."""
    turned_rad: float
    """How far the end effector turned."""
    grips: int
    """How often the gripper was opened or closed."""
    holding: bool
    """Whether the fingers close on an object."""
    seconds: float
    """How long the tick was."""


@dataclass(frozen=True)
class Exercise:
    """One thing to do, and how far a tick has done it."""

    label: str
    """Instruction; names in braces are controls, shown as the buttons that they are bound to."""
    progress: Check
    """Share of the exercise that one tick has done."""


def _driving(tutorial_tick: TutorialTick) -> bool:
    return tutorial_tick.reading.held(Control.CLUTCH)


def _hold(tutorial_tick: TutorialTick) -> float:
    return tutorial_tick.seconds if _driving(tutorial_tick) else 0.0


def _slide(tutorial_tick: TutorialTick) -> float:
    return float(np.hypot(*tutorial_tick.moved_m[:2])) / 0.25 if _driving(tutorial_tick) else 0.0


def _lift(tutorial_tick: TutorialTick) -> float:
    return abs(float(tutorial_tick.moved_m[2])) / 0.15 if _driving(tutorial_tick) else 0.0


def _turn(tutorial_tick: TutorialTick) -> float:
    return tutorial_tick.turned_rad / 0.5 if _driving(tutorial_tick) else 0.0


def _grip(tutorial_tick: TutorialTick) -> float:
    return tutorial_tick.grips / 2


def _precise(tutorial_tick: TutorialTick) -> float:
    careful = _driving(tutorial_tick) and tutorial_tick.reading.held(Control.PRECISION)
    return float(np.linalg.norm(tutorial_tick.moved_m)) / 0.04 if careful else 0.0


def _let_go(tutorial_tick: TutorialTick) -> float:
    return 0.0 if _driving(tutorial_tick) else tutorial_tick.seconds


def _home(tutorial_tick: TutorialTick) -> float:
    return tutorial_tick.seconds if tutorial_tick.reading.held(Control.HOME) else 0.0


def _pick(tutorial_tick: TutorialTick) -> float:
    risen = max(0.0, float(tutorial_tick.moved_m[2]))
    return risen / 0.03 if tutorial_tick.holding and _driving(tutorial_tick) else 0.0


def _press(control: Control) -> Check:
    return lambda tutorial_tick: float(control in tutorial_tick.reading.pressed)


EXERCISES = (
    Exercise("Hold {clutch}. While you hold it, the arm is yours. Hold it for a second.", _hold),
    Exercise(
        "Keep holding {clutch} and move the gripper: {away}, {near}, {left}, {right}, as you see "
        "it in the picture.",
        _slide,
    ),
    Exercise("Now up and down: {up} and {down}, with {clutch} held.", _lift),
    Exercise("Turn the gripper: {turn-left} and {turn-right}; tip it with {pitch-up}.", _turn),
    Exercise("Close the gripper with {gripper}, then open it again.", _grip),
    Exercise("Near objects, go gently: hold {precision} while you move.", _precise),
    Exercise("Let go of {clutch}: the arm holds still. Look around.", _let_go),
    Exercise("Hold {home}: the gripper goes back to where it began.", _home),
    Exercise(
        "Pick something up: bring the ring onto an object until it fills, close with {gripper}, "
        "and lift it.",
        _pick,
    ),
    Exercise(
        "{camera} changes the camera; the sticks follow the picture. Try it.",
        _press(Control.CAMERA),
    ),
    Exercise("Went wrong? {rewind} goes back two seconds. Press it.", _press(Control.REWIND)),
    Exercise(
        "Done well? {success} saves a success, {failure} a failure. Press {success}.",
        _press(Control.SUCCESS),
    ),
    Exercise(
        "{start} begins to record. {discard}, held, throws away. Press {start}.",
        _press(Control.START),
    ),
)


FINISHED = f"Well done: {len(EXERCISES)} of {len(EXERCISES)}. From here on it counts."


class Tutorial:
    """Which exercise the operator is at, and how much of it is done."""

    def __init__(self) -> None:
        self.number, self.done = 0, 0.0
        self._last: tuple[Pose, bool] | None = None

    @property
    def over(self) -> bool:
        """Whether everything has been done."""
        return self.number >= len(EXERCISES)

    @property
    def exercise(self) -> Exercise:
        """The exercise to do now; the last one once the tutorial is over."""
        return EXERCISES[min(self.number, len(EXERCISES) - 1)]

    def watch(
        self,
        reading: ControlReadings[Control],
        tool: Pose,
        closing: bool,
        seconds: float,
        between: bool = False,
    ) -> bool:
        """Count what a tick has done; True when it finished an exercise.

        `between` is whether an object is between the fingers.
        """
        pose, was_closing = self._last or (tool, closing)
        self._last = (tool, closing)
        turned = float(np.linalg.norm(rotvec_between(pose.quat, tool.quat)))
        moved = np.asarray(tool.position - pose.position)
        grips, holding = int(closing != was_closing), closing and between
        tutorial_tick = TutorialTick(reading, moved, turned, grips, holding, seconds)
        if self.over:
            return False
        self.done = min(1.0, self.done + self.exercise.progress(tutorial_tick))
        if self.done < 1.0:
            return False
        self.number, self.done = self.number + 1, 0.0
        return True
