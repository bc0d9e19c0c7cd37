"""`PredictionReview` lets a reviewer accept, reject or correct a policy's recorded predictions.

`PredictionWindow` passes it actions and time, and draws its state; grades go to the database.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...datasets.episode import Episode
from ...datasets.judgements.judgement import ACCEPT, CORRECT, PREDICTION, REJECT
from ...datasets.judgements.judgements import Judge
from ...datasets.workspace import Workspace
from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import SidestickError
from ...sim_envs.spaces import CONTROL_HZ
from ...sim_envs.worlds.arm_spec import ARM_ACTION, GRIPPER
from ..evaluation.replay import RestoredMoment
from .judgement_writer import JudgementWriter, ReviewSpeed
from .prediction_actions import DIRECTIONS, PredictionAction
from .predictions import RecordedPlan, plan_to

DRAG_M = 0.005
"""How far one press moves the end of the plan."""
DRIVE_SPEED = 0.6
"""Share of full speed at which a held direction drives a correction."""
NOTICE_S = 3.0
"""How long a short message is shown, s."""


@dataclass
class PlanEdit:
    """The reviewer's changes to the plan that is shown."""

    closing: bool = False
    """The gripper command while the reviewer drives a correction."""
    offset_m: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    """[3] how far the end of the plan was moved, in the base frame."""
    grip: float | None = None
    """Gripper command of the second half; None for the plan's own."""
    driven: NDArray[np.float32] | None = None
    """Actions (n, A) that the reviewer drove instead; None without."""

    @property
    def is_moved(self) -> bool:
        """Whether the plan was changed at all."""
        return bool(self.offset_m.any()) or self.grip is not None or self.driven is not None


class PredictionReview:
    """The prediction that is shown, its correction and the grades so far; draws nothing."""

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
        self.review_speed = ReviewSpeed(clock, began=clock())
        self.help = self.over = False
        self.drive: RestoredMoment | None = None
        self._env: ArmEnv | None = None
        self._owed_s = 0.0
        self._notice = ("", 0.0)
        self.plan_edit = PlanEdit()
        self._begin()

    @property
    def item(self) -> RecordedPlan | None:
        """The prediction that is shown; None when none is left."""
        return self.items[self.place] if self.place < len(self.items) else None

    @property
    def notice(self) -> str:
        """The short message that is shown now; empty when there is none."""
        return self._notice[0] if self.clock() < self._notice[1] else ""

    @property
    def proposal(self) -> NDArray[np.float32]:
        """The plan with the corrections so far, (H, A)."""
        item = self.item
        if self.plan_edit.driven is not None:
            return self.plan_edit.driven
        assert item is not None
        actions = plan_to(item.plan.actions, self.plan_edit.offset_m)
        if self.plan_edit.grip is not None:
            actions[len(actions) // 2 :, GRIPPER] = self.plan_edit.grip
        return actions

    def do(self, action: PredictionAction) -> None:
        """Carry out one action."""
        if action is PredictionAction.QUIT:
            self.over = True
        elif action is PredictionAction.HELP or self.help:
            self.help = not self.help
        elif action is PredictionAction.UNDO:
            self._undo()
        elif self.item is None:
            return
        elif action is PredictionAction.DRIVE:
            self._toggle_drive(self.item)
        elif self.drive is not None:
            if action is PredictionAction.GRIP:
                self.plan_edit.closing = not self.plan_edit.closing
        elif action in DIRECTIONS:
            self.plan_edit.offset_m = self.plan_edit.offset_m + DRAG_M * np.array(
                DIRECTIONS[action], float
            )
        elif action is PredictionAction.GRIP:
            last = self.proposal[-1, GRIPPER]
            self.plan_edit.grip = -1.0 if last > 0 else 1.0
        elif action is PredictionAction.SKIP:
            self._next()
        else:
            self._grade(action, self.item)

    def pass_time(self, seconds: float, push: NDArray[np.float64]) -> None:
        """Drive the correction on, if one is driven, along `push` [3], in the base frame."""
        if self.drive is None or self.item is None:
            return
        self._owed_s += seconds
        while self._owed_s >= 1 / CONTROL_HZ and self.drive is not None:
            self._owed_s -= 1 / CONTROL_HZ
            action = ARM_ACTION.rest()
            action[ARM_ACTION.move] = np.clip(push, -1, 1) * DRIVE_SPEED
            action[GRIPPER] = 1.0 if self.plan_edit.closing else -1.0
            self.drive.drive(action)
            if len(self.drive.driven) >= len(self.item.plan.actions):
                self._end_drive()

    def correct(self, actions: NDArray[np.float32]) -> None:
        """Replace the plan by driven actions (n, A)."""
        self.plan_edit.driven = actions

    def close(self) -> None:
        """Write what has not been written, and free the simulator."""
        if self._env is not None:
            self._env.close()
        self.writer.close()

    def restored(self, item: RecordedPlan) -> RestoredMoment:
        """The simulator in the recorded state of a prediction."""
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

    def _grade(self, action: PredictionAction, item: RecordedPlan) -> None:
        actions = self.proposal
        grade = CORRECT if self.plan_edit.is_moved else ACCEPT
        if action is PredictionAction.AS_DONE:
            grade, actions = CORRECT, item.done
        elif action is PredictionAction.REJECT:
            grade, actions = REJECT, item.plan.actions
        self.review_speed.verdict()
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
            i for i, p in enumerate(self.items) if (p.episode, p.step) == (last.episode, last.start)
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
    """Position [3] of the end effector after `actions` (n, A) from `item`, base frame, m."""
    return np.asarray(item.ee_m + ARM_ACTION.displacements(actions).sum(0), np.float64)
