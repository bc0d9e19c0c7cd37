"""Snapshots: moments of a running episode to come back to."""

from dataclasses import dataclass

from .spaces import Action


@dataclass(frozen=True)
class Snapshot:
    """A moment of an episode to come back to; valid until the next reset."""

    history: tuple[Action | None, ...]
    """All actions since the reset, None for each re-seating: what led to this moment."""
    episode: int
    """Which reset the snapshot belongs to."""
