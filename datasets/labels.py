"""What each step is to a learner: intervention labels, and which steps are idle."""

import numpy as np
from numpy.typing import NDArray

from .step import ActionMode

PRE_INTERVENTION_STEPS = 15
"""The policy's last steps before a takeover, 0.75 s: they led to it and are not to be imitated."""
JUDGED_BAD = -11
"""Label of a step that a person wants nobody to learn from; never recorded, set when reading."""
IDLE_NORM = 0.02
"""A step whose translation and rotation stay below this norm moves nothing."""
GRIP = 6
"""The gripper's place in an action."""
GRIP_OPEN = -1.0
"""The command that the gripper has when an episode starts."""
GRIP_CHANGE = 0.1
"""A change of the gripper's command that counts; a policy's output trembles by less."""


def intervention_labels(modes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return `modes` with -10 on the rollout steps shortly before each intervention."""
    labels = modes.copy()
    intervened = modes == ActionMode.INTERVENTION
    before = np.concatenate([[False], intervened[:-1]])
    for onset in np.flatnonzero(intervened & ~before):
        window = slice(max(0, onset - PRE_INTERVENTION_STEPS), onset)
        labels[window][modes[window] == ActionMode.ROLLOUT] = ActionMode.PRE_INTERVENTION
    return labels


def idle_steps(
    actions: NDArray[np.float32], first_of_episode: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell which of the actions (N, 7) neither move the hand nor change the gripper's command.

    Every episode starts with the gripper open.
    """
    still = np.linalg.norm(actions[:, :GRIP], axis=1) < IDLE_NORM
    grip = actions[:, GRIP]
    before = np.concatenate([[GRIP_OPEN], grip[:-1]])
    before[first_of_episode] = GRIP_OPEN
    idle: NDArray[np.bool_] = still & (np.abs(grip - before) < GRIP_CHANGE)
    return idle
