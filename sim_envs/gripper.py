"""The gripper's measures: one record that the arm, tasks, experts and policies read.

These are facts of the hand. What somebody decides by (how near is near enough, how narrow is
empty for the thing at hand) stands with whoever decides, under a name of its own.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gripper:
    """Two fingers that move apart from their middle, and the palm above them.

    Lengths are in metres, heights along the tool's axis from the tool's point between the tips.
    """

    finger_open_m: float
    """How far each finger is from the middle when the gripper is open."""
    finger_speed_m_s: float
    """How fast each finger is told to open."""
    finger_at_m: float
    """From the tool's point to the middle of an open finger: half of its thickness farther out."""
    tip_m: float
    """How far the fingers reach beyond the tool's point."""
    palm_m: float
    """How far a thing may reach up between the fingers before it meets the palm."""
    palm_half_m: tuple[float, float]
    """Half of the palm's size along the hand's heading and along the way of the fingers."""
    empty_finger_m: float
    """Closed fingers that are nearer to the middle than this hold nothing but what is thin."""
    lowest_m: float
    """Height of the tool's point above a table that the finger tips just clear."""

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
