"""At assist, operator and policy share control: `blend` makes one action of their two.

The policy's share grows with its confidence and with the cosine of the two actions (SAPS 2026
blends by agreement; confidence is one minus novelty). Translation and rotation are blended
separately, the gripper is the operator's alone. Where the two conflict, and where the operator
holds still, the share is 0: the executed action never points against the operator's.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.spaces import Action
from ...sim_envs.worlds.arm_spec import ARM_ACTION
from ...sim_envs.worlds.spec import ActionSpec

LARGEST_SHARE = 0.8
"""The policy's share at full confidence and agreement; the rest stays the operator's."""
STILL = 0.05
"""A translation or rotation [3] of an action that is shorter than this asks for no motion."""

Vector = NDArray[np.float64]


def alignment(human: Vector, policy: Vector) -> float:
    """The cosine of two translations or rotations [3]; 0 where either asks for no motion."""
    lengths = float(np.linalg.norm(human)), float(np.linalg.norm(policy))
    if min(lengths) < STILL:
        return 0.0
    return float(human @ policy) / (lengths[0] * lengths[1])


def blend(
    human: Action, policy: Action, confidence: float, spec: ActionSpec = ARM_ACTION
) -> tuple[Action, float]:
    """The action to execute, float32[A], and the policy's share of its motion in [0, 1].

    `confidence` in [0, 1]; a policy whose confidence is not known (NaN) gets no share.
    """
    trust = 0.0 if math.isnan(confidence) else min(1.0, max(0.0, confidence))
    executed = human.astype(np.float64)
    parts = {"human": 0.0, "policy": 0.0}
    for part in spec.parts:
        human_part, policy_part = human[part].astype(np.float64), policy[part].astype(np.float64)
        share = LARGEST_SHARE * trust * max(0.0, alignment(human_part, policy_part))
        executed[part] = (1.0 - share) * human_part + share * policy_part
        parts["human"] += (1.0 - share) * float(np.linalg.norm(human_part))
        parts["policy"] += share * float(np.linalg.norm(policy_part))
    whole = parts["human"] + parts["policy"]
    return executed.astype(np.float32), parts["policy"] / whole if whole > 0 else 0.0
