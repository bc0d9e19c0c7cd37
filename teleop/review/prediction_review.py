"""A grader before one prediction after the other: accept, reject, or put it right."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...datasets.episode import Episode
from ...datasets.judgements.judgements import ACCEPT, CORRECT, PREDICTION, REJECT, Judge
from ...datasets.workspace import Workspace
from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import SidestickError
from ...sim_envs.spaces import CONTROL_HZ, GRIP, METRES_PER_UNIT, MOVE
from ..evaluation.replay import RestoredMoment
from .judgement_writer import GradingSpeed, JudgementWriter
from .prediction_actions import DIRECTIONS, PredictionAction
from .predictions import RecordedPlan, plan_to

DRAG_M = 0.005
"""One press moves the end of the plan by this."""
DRIVE_SPEED = 0.6
NOTICE_S = 3.0


@dataclass
class PlanEdit:
    """The plan that is shown, as far as it has been put right."""

    closing: bool = False
    """What the gripper is told while the grader drives."""
    offset_m: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    grip: float | None = None
    """What the hand ends with; None for what the plan says."""
    driven: NDArray[np.float32] | None = None
    """What the grader has driven instead, (n, 7)."""

    @property
    def is_moved(self) -> bool:
        """Whether it differs from what the policy said."""
        return bool(self.offset_m.any()) or self.grip is not None or self.driven is not None


class PredictionReview:
    """The state behind the window of predictions."""

    def __init__(
        self,
        workspace: Workspace,
        operator: str,
        policy: str,
        items: Sequence[RecordedPlan],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.workspace, self.policy, self.clock = workspace, policy, clock
        self.writer = JudgementWriter(Judge(workspace, operator))
        self.items, self.place = list(items), 0
        self.grading_speed = GradingSpeed(clock, began=clock())
        self.help = self.over = False
        self.drive: RestoredMoment | None = None
        self._env: ArmEnv | None = None
        self._owed_s = 0.0
        self._notice = ("", 0.0)
        self.plan_edit = PlanEdit()
        self._begin()

    @property
    def item(self) -> RecordedPlan | None:
        """What is shown; None when there is none left."""
        return self.items[self.place] if self.place < len(self.items) else None

    @property
    def notice(self) -> str:
        """The short message that is to be shown now."""
        return self._notice[0] if self.clock() < self._notice[1] else ""

    @property
    def proposal(self) -> NDArray[np.float32]:
        """The plan as it has been put right so far, (H, 7)."""
        item = self.item
        if self.plan_edit.driven is not None:
            return self.plan_edit.driven
        assert item is not None
        actions = plan_to(item.plan.actions, self.plan_edit.offset_m)
        if self.plan_edit.grip is not None:
            actions[len(actions) // 2 :, GRIP] = self.plan_edit.grip
        return actions

    def do(self, say: PredictionAction) -> None:
        """One press."""
        if say is PredictionAction.QUIT:
            self.over = True
        elif say is PredictionAction.HELP or self.help:
            self.help = not self.help
        elif say is PredictionAction.UNDO:
            self._undo()
        elif self.item is None:
            return
        elif say is PredictionAction.DRIVE:
            self._toggle_drive(self.item)
        elif self.drive is not None:
            if say is PredictionAction.GRIP:
                self.plan_edit.closing = not self.plan_edit.closing
        elif say in DIRECTIONS:
            self.plan_edit.offset_m = self.plan_edit.offset_m + DRAG_M * np.array(
                DIRECTIONS[say], float
            )
        elif say is PredictionAction.GRIP:
            last = self.proposal[-1, GRIP]
            self.plan_edit.grip = -1.0 if last > 0 else 1.0
        elif say is PredictionAction.SKIP:
            self._next()
        else:
            self._grade(say, self.item)

    def pass_time(self, seconds: float, push: NDArray[np.float64]) -> None:
        """While a correction is driven: `push` [3] is the held direction in the base frame."""
        if self.drive is None or self.item is None:
            return
        self._owed_s += seconds
        while self._owed_s >= 1 / CONTROL_HZ and self.drive is not None:
            self._owed_s -= 1 / CONTROL_HZ
            action = np.zeros(7, np.float32)
            action[MOVE] = np.clip(push, -1, 1) * DRIVE_SPEED
            action[GRIP] = 1.0 if self.plan_edit.closing else -1.0
            self.drive.drive(action)
            if len(self.drive.driven) >= len(self.item.plan.actions):
                self._end_drive()

    def correct(self, actions: NDArray[np.float32]) -> None:
        """Put the driven actions, (n, 7), in the place of the plan."""
        self.plan_edit.driven = actions

    def close(self) -> None:
        """Free the simulator."""
        self.writer.flush()
        if self._env is not None:
            self._env.close()

    def restored(self, item: RecordedPlan) -> RestoredMoment:
        """The simulator at the moment that is shown."""
        episode = Episode.read(self.workspace.find(item.episode), images=False)
        restored = RestoredMoment(episode, item.step, self._env)
        self._env = restored.env
        return restored

    def _begin(self) -> None:
        self.plan_edit = PlanEdit(self.item.closing if self.item else False)
        self.drive, self._owed_s = None, 0.0

    def _next(self) -> None:
        self.place += 1
        self._begin()

    def _grade(self, say: PredictionAction, item: RecordedPlan) -> None:
        actions = self.proposal
        grade = CORRECT if self.plan_edit.is_moved else ACCEPT
        if say is PredictionAction.AS_DONE:
            grade, actions = CORRECT, item.done
        elif say is PredictionAction.REJECT:
            grade, actions = REJECT, item.plan.actions
        self.grading_speed.verdict()
        self.writer.write(
            item.episode, PREDICTION, item.step, grade=grade, policy=self.policy,
            actions=np.clip(actions, -1, 1).astype(float).round(5).tolist(),
            executed=item.executed, novelty=_json(item.plan.novelty),
            disagreement_m=round(item.disagreement_m, 4),
        )  # fmt: skip
        if self.writer.refused:
            self._notify(self.writer.refused)
        self._next()

    def _undo(self) -> None:
        last = self.writer.take_back()
        if last is None:
            self._notify("nothing to take back")
            return
        places = [
            i for i, f in enumerate(self.items) if (f.episode, f.step) == (last.episode, last.start)
        ]
        self.place = places[0] if places else self.place
        self._begin()
        self._notify("taken back")

    def _toggle_drive(self, item: RecordedPlan) -> None:
        if self.drive is not None:
            self._end_drive()
            return
        try:
            self.drive = self.restored(item)
            self.plan_edit.driven, self._owed_s = None, 0.0
            self._notify(f"you drive: {len(item.plan.actions) / CONTROL_HZ:.1f} s")
        except SidestickError as error:
            self._notify(str(error)[:120])

    def _end_drive(self) -> None:
        if self.drive is not None and self.drive.driven:
            self.correct(self.drive.actions)
        self.drive = None

    def _notify(self, words: str) -> None:
        self._notice = (words, self.clock() + NOTICE_S)


def _json(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None


def end_m(item: RecordedPlan, actions: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where the hand would be after these actions, [3] in the base frame."""
    return np.asarray(item.hand_m + actions[:, MOVE].sum(0) * METRES_PER_UNIT, np.float64)
