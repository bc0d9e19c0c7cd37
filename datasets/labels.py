"""This module computes training labels of steps: what led to an intervention, and what is idle."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.worlds.arm_spec import ARM_ACTION
from ..sim_envs.worlds.spec import ActionSpec
from .step import ActionMode

PRE_INTERVENTION_STEPS = 15
"""The policy's last steps before a takeover, 0.75 s: they led to it and must not be imitated."""
JUDGED_BAD = -11
"""Label of a step that a reviewer excluded from training; never recorded, set when reading."""
IDLE_NORM = 0.02
"""Norm of a step's translation and rotation, in action units, below which it does not move."""
GRIP_OPEN = -1.0
"""The gripper's command at the start of an episode."""
GRIP_CHANGE = 0.1
"""Smallest change of the gripper's command that counts; a policy's output jitters by less."""


def intervention_labels(
    modes: NDArray[np.int64],
    waiting: NDArray[np.bool_] | None = None,
    rejoined: Collection[int] = (),
) -> NDArray[np.int64]:
    """`modes` [T] with -10 on the rollout steps shortly before each intervention.

    Steps on which the arm was `waiting` [T] for help are labelled too, but do not count towards the
    window: what led to the intervention are the policy's actions before it asked. The window ends
    at a step at which a rewind `rejoined` the main line: what led there is on the abandoned branch.
    """
    labels = modes.copy()
    idle = np.zeros(len(modes), np.bool_) if waiting is None else waiting
    intervened = modes == ActionMode.INTERVENTION
    before = np.concatenate([[False], intervened[:-1]])
    for onset in np.flatnonzero(intervened & ~before).tolist():
        step, left = onset, PRE_INTERVENTION_STEPS
        while step > 0 and left > 0 and step not in rejoined:
            step -= 1
            if modes[step] != ActionMode.ROLLOUT:
                break
            labels[step] = ActionMode.PRE_INTERVENTION
            left -= not idle[step]
    return labels


def abandoned_labels(modes: NDArray[np.int64]) -> NDArray[np.int64]:
    """-10 for all steps [T] of an abandoned branch: it led to what the rewind undid."""
    return np.full_like(modes, ActionMode.PRE_INTERVENTION)


def idle_steps(
    actions: NDArray[np.float32],
    first_of_episode: NDArray[np.bool_],
    spec: ActionSpec = ARM_ACTION,
) -> NDArray[np.bool_]:
    """Which of the actions [N, A] neither move the end effector nor the gripper, bool[N].

    Every episode starts with the gripper open. Absolute targets move where they change.
    """
    moved = actions
    if spec.absolute:
        moved = actions.copy()
        moved[1:, spec.absolute] -= actions[:-1, spec.absolute]
    still: NDArray[np.bool_] = np.linalg.norm(moved[:, spec.motion], axis=1) < IDLE_NORM
    if spec.grip is None:
        return still
    grip = actions[:, spec.grip]
    before = np.concatenate([[GRIP_OPEN], grip[:-1]])
    before[first_of_episode] = GRIP_OPEN
    idle: NDArray[np.bool_] = still & (np.abs(grip - before) < GRIP_CHANGE)
    return idle
