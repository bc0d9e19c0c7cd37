"""A `Snapshot` is a moment of an episode, to which ArmEnv goes back by simulating up to it."""

from dataclasses import dataclass

from .spaces import Action


@dataclass(frozen=True)
class Snapshot:
    """A moment of an episode for restore(); valid until the next reset."""

    history: tuple[Action | None, ...]
    """All actions since the reset, None for each reseat()."""
    episode: int
    """Which reset the snapshot belongs to."""
