"""This module holds the gripper's dimensions, which the arm, tasks, experts and policies read.

They are facts of the gripper. Thresholds for a decision (how near is near enough, how narrow is
empty for an object) stand in the module that decides, under names of their own.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gripper:
    """Two fingers that move apart from their middle, and the palm above them.

    Lengths are in metres, heights along the end effector's z axis from its point between the tips.
    """

    finger_open_m: float
    """How far each finger is from the middle when the gripper is open."""
    finger_speed_m_s: float
    """Commanded opening speed of each finger."""
    finger_at_m: float
    """From the end effector to the middle of an open finger: half of its thickness farther out."""
    tip_m: float
    """How far the fingers reach beyond the end effector's point."""
    palm_m: float
    """How far an object may reach up between the fingers before it meets the palm."""
    palm_half_m: tuple[float, float]
    """Half of the palm's size along the end effector's x axis and y axis (finger to finger)."""
    empty_finger_m: float
    """Closed fingers nearer to the middle than this hold nothing, or something thin."""
    lowest_m: float
    """Height of the end effector above a table that the finger tips just clear."""

    @property
    def opening_m(self) -> float:
        """The widest distance between the fingers."""
        return 2 * self.finger_open_m


PANDA = Gripper(
    finger_open_m=0.04,
    finger_speed_m_s=0.12,
    finger_at_m=0.0475,
    tip_m=0.009,
    palm_m=0.034,
    palm_half_m=(0.035, 0.105),
    empty_finger_m=0.006,
    lowest_m=0.014,
)
"""The Franka Hand, as `panda.urdf` has it."""
