"""Buttons whose meaning depends on how long they are held."""

DISCARD_HOLD_S = 0.6
SCRUB_AFTER_S = 0.6
SCRUB_EVERY_S = 0.25


class HoldButton:
    """Fires once when it has been held long enough."""

    def __init__(self, hold_s: float = DISCARD_HOLD_S) -> None:
        self.hold_s = hold_s
        self.fraction = 0.0
        """How much of the time has passed, in [0, 1]."""
        self._since: float | None = None
        self._fired = False

    def update(self, held: bool, now: float) -> bool:
        """Look at the button; True on the one look at which it fires."""
        if not held:
            self._since, self._fired, self.fraction = None, False, 0.0
            return False
        if self._since is None:
            self._since = now
        self.fraction = 0.0 if self._fired else min(1.0, (now - self._since) / self.hold_s)
        if self.fraction < 1.0:
            return False
        self._fired, self.fraction = True, 0.0
        return True


class Repeat:
    """Fires again and again while a button stays down, beginning after a while."""

    def __init__(self, after_s: float = SCRUB_AFTER_S, every_s: float = SCRUB_EVERY_S) -> None:
        self.after_s, self.every_s = after_s, every_s
        self._next: float | None = None

    def update(self, held: bool, now: float) -> bool:
        """Look at the button; True whenever a repeat is due."""
        if not held:
            self._next = None
            return False
        if self._next is None:
            self._next = now + self.after_s
        if now < self._next:
            return False
        self._next = now + self.every_s
        return True
