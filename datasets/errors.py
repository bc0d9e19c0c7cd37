"""What can go wrong while an episode is recorded; the rest of the tree is in sim_envs."""

from ..sim_envs.errors import SidestickError


class RecordingError(SidestickError):
    """An episode cannot be recorded further; what was recorded so far is kept."""
