"""Assist: the human's command and the policy's as one, where the two agree.

The policy's share grows with its confidence and with the cosine of the two commands (SAPS 2026
blends by agreement; confidence is one minus novelty). Translation and rotation are blended each by
themselves, the gripper is the human's alone. Where they conflict, and where she holds still, the
share is nothing: whatever is executed never points against what she wants.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.spaces import MOVE, TURN, Action

PARTS = (MOVE, TURN)
LARGEST_SHARE = 0.8
"""However sure the policy is, a part of the command stays the human's."""
STILL = 0.05
"""A part of a command that is shorter than this asks for no motion."""

Vector = NDArray[np.float64]


def alignment(human: Vector, policy: Vector) -> float:
    """The cosine of two parts of commands; 0 where either asks for no motion."""
    lengths = float(np.linalg.norm(human)), float(np.linalg.norm(policy))
    if min(lengths) < STILL:
        return 0.0
    return float(human @ policy) / (lengths[0] * lengths[1])


def blend(human: Action, policy: Action, confidence: float) -> tuple[Action, float]:
    """The command to execute, float32[7], and the policy's share of its motion in [0, 1].

    `confidence` in [0, 1]; a policy that does not know how sure it is (NaN) gets no share.
    """
    trust = 0.0 if math.isnan(confidence) else min(1.0, max(0.0, confidence))
    executed = human.astype(np.float64)
    parts = {"human": 0.0, "policy": 0.0}
    for part in PARTS:
        human_part, its = human[part].astype(np.float64), policy[part].astype(np.float64)
        share = LARGEST_SHARE * trust * max(0.0, alignment(human_part, its))
        executed[part] = (1.0 - share) * human_part + share * its
        parts["human"] += (1.0 - share) * float(np.linalg.norm(human_part))
        parts["policy"] += share * float(np.linalg.norm(its))
    whole = parts["human"] + parts["policy"]
    return executed.astype(np.float32), parts["policy"] / whole if whole > 0 else 0.0
