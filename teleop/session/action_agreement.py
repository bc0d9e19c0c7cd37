"""These measures say how well a policy's actions agree with those of the operator who drives.

`action_agreement` compares the recorded actions of an episode, as evidence for the ladder;
`RunningAgreement` follows the ticks of a running one, for the window's gauge.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.spaces import CONTROL_HZ
from ...sim_envs.worlds.arm_spec import ARM_ACTION
from ...sim_envs.worlds.spec import ActionSpec
from .blending import STILL
from .subscriber import Tick

AHEAD = CONTROL_HZ
"""Steps of the next second."""
GOOD_COSINE, GOOD_GRIPPER, GOOD_DISTANCE_M = 0.70, 0.85, 0.08
"""Least cosine, least share of equal grips and largest distance of a policy that agrees."""


@dataclass(frozen=True)
class ActionAgreement:
    """The agreement of operator and policy over one stage or a whole episode."""

    steps: int
    """Steps on which both gave an action."""
    cosine: float
    """Mean cosine of the two translations, over steps on which both asked for motion."""
    distance_m: float
    """How far apart the two would have moved the end effector within a second, on average, m: the
    policy is asked anew on every step, from where the operator has come."""
    gripper: float
    """Share of steps on which both gave the same gripper command."""

    @property
    def good(self) -> bool:
        """Whether all three measures reach their bounds; one that is NaN does not."""
        near = self.distance_m <= GOOD_DISTANCE_M
        return self.cosine >= GOOD_COSINE and self.gripper >= GOOD_GRIPPER and near

    def to_json(self) -> dict[str, Any]:
        """The fields by name, with None for NaN."""
        return {key: None if value != value else value for key, value in asdict(self).items()}


def action_agreement(
    human: NDArray[np.float32],
    policy: NDArray[np.float32],
    chosen: NDArray[np.bool_] | None = None,
    spec: ActionSpec = ARM_ACTION,
) -> ActionAgreement:
    """The agreement of two sequences of actions, (T, A) each with NaN rows for none.

    Counts the `chosen` steps (T,); all where it is None. Where there is no gripper, both agree.
    """
    both: NDArray[np.bool_] = np.isfinite(np.concatenate([human, policy], axis=1)).all(axis=1)
    counted = both if chosen is None else both & chosen
    moved = spec.parts[0]
    human_part = human[:, moved].astype(np.float64)
    policy_part = policy[:, moved].astype(np.float64)
    lengths = np.linalg.norm(human_part, axis=1), np.linalg.norm(policy_part, axis=1)
    moving = counted & (lengths[0] > STILL) & (lengths[1] > STILL)
    dots = (human_part[moving] * policy_part[moving]).sum(axis=1)
    cosines = dots / (lengths[0] * lengths[1])[moving]
    same = np.ones(int(counted.sum()), np.bool_)
    if spec.grip is not None:
        same = (human[counted, spec.grip] > 0) == (policy[counted, spec.grip] > 0)
    return ActionAgreement(
        int(counted.sum()),
        _mean(cosines),
        _mean(_apart_m(human_part - policy_part, both, spec.units(moved))[counted]),
        _mean(same),
    )


def agreement_by_stage(
    human: NDArray[np.float32],
    policy: NDArray[np.float32],
    stage: NDArray[np.integer],
    stages: Sequence[str],
    spec: ActionSpec = ARM_ACTION,
) -> dict[str, ActionAgreement]:
    """`action_agreement` by stage, for those that occur; `stage` (T,) indexes `stages`."""
    return {
        stages[i]: action_agreement(human, policy, stage == i, spec)
        for i in np.unique(stage).tolist()
    }


def _apart_m(
    difference: NDArray[np.float64], both: NDArray[np.bool_], per_unit: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance (T,) between where the two would be a second later, m; NaN where unknown.

    `difference` (T, 3) is that of the two translations, `both` (T,) where both gave an action,
    `per_unit` (3,) in metres.
    """
    steps = np.where(both[:, None], difference, np.nan) * per_unit
    apart = np.full(len(steps), np.nan)
    for i in range(len(steps) - AHEAD + 1):
        apart[i] = np.linalg.norm(steps[i : i + AHEAD].sum(axis=0))
    return apart


def _mean(values: NDArray[Any]) -> float:
    """The mean of the values (N,) that are not NaN; NaN where there are none."""
    known = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    return float(known.mean()) if len(known) else float("nan")


MEMORY = 0.9
"""Share of the weight that is left after a tick: half of it is younger than 0.33 s."""


class RunningAgreement:
    """An exponential mean of the cosine of operator's and policy's translation, for the gauge.

    Ticks on which either asks for no motion do not count.
    """

    def __init__(self, spec: ActionSpec = ARM_ACTION) -> None:
        self._moved = spec.parts[0]
        self._sum, self._weight = 0.0, 0.0

    @property
    def cosine(self) -> float:
        """From -1, opposed, to 1, alike; NaN where no recent tick counted."""
        return self._sum / self._weight if self._weight > 0.1 else math.nan

    def update(self, tick: Tick) -> None:
        """Take in a tick."""
        self._sum, self._weight = self._sum * MEMORY, self._weight * MEMORY
        human, policy = tick.step.human_action, tick.step.policy_action
        if human is None or policy is None:
            return
        human_part = human[self._moved].astype(np.float64)
        policy_part = policy[self._moved].astype(np.float64)
        lengths = float(np.linalg.norm(human_part)), float(np.linalg.norm(policy_part))
        if min(lengths) > STILL:
            self._sum += float(human_part @ policy_part) / (lengths[0] * lengths[1])
            self._weight += 1.0
