"""This module describes the built-in arm's actions and readings; other worlds have their own.

A workspace or an episode that says nothing of them, as those of earlier versions, has these.
"""

from ..spaces import ACTION_NAMES, METRES_PER_UNIT, RADIANS_PER_UNIT
from .spec import DIRECTIONS, ActionSpec, Axis, Reading

_TURNS = ACTION_NAMES[len(DIRECTIONS) :]
ARM_ACTION = ActionSpec(
    (
        *(
            Axis(name, "move", along, METRES_PER_UNIT)
            for name, along in zip(ACTION_NAMES, DIRECTIONS, strict=False)
        ),
        *(
            Axis(name, "turn", along, RADIANS_PER_UNIT)
            for name, along in zip(_TURNS, DIRECTIONS, strict=False)
        ),
        Axis(ACTION_NAMES[-1], "grip"),
    )
)
"""robosuite's convention: changes of the end effector's pose in the base frame, and the gripper."""
GRIPPER = ARM_ACTION.size - 1
"""Index of the built-in arm's gripper."""
EE_POS = "ee_pos"
"""The reading that is the end effector's position, in every world that has one."""
FINGERS = "gripper_qpos"
"""The reading that is how far each finger is open."""
ARM_READINGS = (
    Reading("joint_pos", 7, "rad", "measured joint angles"),
    Reading(EE_POS, 3, "m", "end effector position in the base frame"),
    Reading("ee_quat", 4, "", "end effector orientation, xyzw"),
    Reading(FINGERS, 2, "m", "finger positions"),
)
