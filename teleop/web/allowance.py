"""An `Allowance` says how often something may be done: requests, messages, tries to come in."""

from dataclasses import dataclass, field


@dataclass
class Allowance:
    """Requests that may still be made: `burst` at once, and `rate` a second after that."""

    rate: float
    burst: float
    left: float = field(init=False)
    at: float | None = None

    def __post_init__(self) -> None:
        self.left = self.burst

    def take(self, now: float) -> bool:
        """Use one up at a time `now`, s; False where none is left."""
        if self.at is not None:
            self.left = min(self.burst, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True
