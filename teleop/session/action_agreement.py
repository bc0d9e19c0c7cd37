"""How far a policy wanted what the human did, while she drove: from the two recorded actions."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.spaces import CONTROL_HZ, GRIP, METRES_PER_UNIT, MOVE
from .blending import STILL
from .subscriber import Tick

AHEAD = CONTROL_HZ
"""Steps of the next second."""
GOOD_COSINE, GOOD_GRIPPER, GOOD_DISTANCE_M = 0.70, 0.85, 0.08
"""From where on a policy wants what the human does."""


@dataclass(frozen=True)
class ActionAgreement:
    """One stage's, or a whole episode's."""

    steps: int
    """Steps on which both wanted something."""
    cosine: float
    """Mean cosine of the two translations, over steps on which the human's hand moved."""
    distance_m: float
    """How far apart the two would have brought the hand within a second, on average, m: the
    policy's wish is asked anew on every step, from where the human has come."""
    gripper: float
    """Share of steps on which both wanted the gripper alike."""

    @property
    def good(self) -> bool:
        """Whether the policy wanted what the human did; what is not known (NaN) is not good."""
        near = self.distance_m <= GOOD_DISTANCE_M
        return self.cosine >= GOOD_COSINE and self.gripper >= GOOD_GRIPPER and near

    def to_json(self) -> dict[str, Any]:
        """With None for what is not known."""
        return {key: None if value != value else value for key, value in asdict(self).items()}


def action_agreement(
    human: NDArray[np.float32], policy: NDArray[np.float32], chosen: NDArray[np.bool_] | None = None
) -> ActionAgreement:
    """Compare what was wanted, (T, 7) each with NaN for nothing; over the `chosen` steps (T,)."""
    both: NDArray[np.bool_] = np.isfinite(np.concatenate([human, policy], axis=1)).all(axis=1)
    counted = both if chosen is None else both & chosen
    human_part, its = human[:, MOVE].astype(np.float64), policy[:, MOVE].astype(np.float64)
    lengths = np.linalg.norm(human_part, axis=1), np.linalg.norm(its, axis=1)
    moving = counted & (lengths[0] > STILL) & (lengths[1] > STILL)
    cosines = (human_part[moving] * its[moving]).sum(axis=1) / (lengths[0] * lengths[1])[moving]
    same = (human[counted, GRIP] > 0) == (policy[counted, GRIP] > 0)
    return ActionAgreement(
        int(counted.sum()),
        _mean(cosines),
        _mean(_apart_m(human_part - its, both)[counted]),
        _mean(same),
    )


def agreement_by_stage(
    human: NDArray[np.float32],
    policy: NDArray[np.float32],
    stage: NDArray[np.integer],
    stages: Sequence[str],
) -> dict[str, ActionAgreement]:
    """The same for every stage that came up; `stage` (T,) counts in `stages`."""
    return {
        stages[i]: action_agreement(human, policy, stage == i) for i in np.unique(stage).tolist()
    }


def _apart_m(difference: NDArray[np.float64], both: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For every step, how far two hands are apart a second later, m; NaN where it is not known."""
    steps = np.where(both[:, None], difference, np.nan) * METRES_PER_UNIT
    apart = np.full(len(steps), np.nan)
    for i in range(len(steps) - AHEAD + 1):
        apart[i] = np.linalg.norm(steps[i : i + AHEAD].sum(axis=0))
    return apart


def _mean(values: NDArray[Any]) -> float:
    """The mean of what is known; NaN where nothing is."""
    known = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    return float(known.mean()) if len(known) else float("nan")


MEMORY = 0.9
"""Share of what is known that is left after a tick: half of the weight is younger than 0.33 s."""


class RunningAgreement:
    """A running mean of the cosine of what both hands want, on ticks on which both move."""

    def __init__(self) -> None:
        self._sum, self._weight = 0.0, 0.0

    @property
    def cosine(self) -> float:
        """From -1, against each other, to 1, alike; NaN where nothing is known of late."""
        return self._sum / self._weight if self._weight > 0.1 else math.nan

    def update(self, tick: Tick) -> None:
        """A tick has passed."""
        self._sum, self._weight = self._sum * MEMORY, self._weight * MEMORY
        human_part, its = tick.step.human_action, tick.step.policy_action
        if human_part is None or its is None:
            return
        one, other = human_part[MOVE].astype(np.float64), its[MOVE].astype(np.float64)
        lengths = float(np.linalg.norm(one)), float(np.linalg.norm(other))
        if min(lengths) > STILL:
            self._sum += float(one @ other) / (lengths[0] * lengths[1])
            self._weight += 1.0
