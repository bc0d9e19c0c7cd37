"""`GripperToggle` remembers presses of the one gripper button until the clutch makes them count."""

EARLY_S = 0.1
"""A press counts where the clutch follows within this time: both are pressed at a takeover."""


class GripperToggle:
    """Turns the gripper's wish around once a press; no press is lost between two ticks."""

    def __init__(self) -> None:
        self._turn = False
        self._early: float | None = None
        """When the button was pressed without the clutch, s."""

    def sample(self, pressed: bool, clutch: bool, now: float) -> bool:
        """Take in the button and the clutch; True once where a press stays without effect."""
        self._turn &= clutch  # let go of again before a tick came
        if pressed and clutch:
            self._turn = not self._turn
        elif pressed:
            self._early = now
        if self._early is None:
            return False
        late = now - self._early > EARLY_S
        if clutch and not late:
            self._turn = not self._turn
        if clutch or late:
            self._early = None
        return late

    def wish(self, closing: bool) -> bool:
        """Whether the fingers shall close, where they do or shall now; spends the presses."""
        turned, self._turn = closing ^ self._turn, False
        return turned

    def forget(self) -> None:
        """Drop the presses."""
        self._turn, self._early = False, None
