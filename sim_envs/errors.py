"""The one exception tree: each message says what was asked, what exists, what to do.

It stands whole in the lowest of the four rooms, which all others may import: so one file shows all
that can go wrong, also in the rooms above, and one `except SidestickError` catches it.
"""

from collections.abc import Iterable


class SidestickError(Exception):
    """Root of every error that Sidestick raises on purpose; the command line prints it plainly."""


class UnknownName(SidestickError):
    """A name was asked for that nobody registered."""

    def __init__(self, kind: str, asked: str, known: Iterable[str]) -> None:
        self.kind, self.asked, self.known = kind, asked, sorted(known)
        super().__init__(f"unknown {kind} {asked!r}; known: {', '.join(self.known) or 'none'}")


class AmbiguousName(UnknownName):
    """A part of a name was given that several have."""

    def __init__(self, kind: str, asked: str, found: Iterable[str]) -> None:
        super().__init__(kind, asked, found)
        self.args = (f"{kind} {asked!r}: several match: {', '.join(self.known)}; give more of it",)


class BadAction(SidestickError, ValueError):
    """An action is not finite, or not of the shape that the environment takes."""


class BadValue(SidestickError, ValueError):
    """A value came through the door with the wrong shape, type or range."""

    def __init__(self, field: str, expected: str, got: object) -> None:
        self.field = field
        super().__init__(f"{field}: expected {expected}, got {got}")


class WorkspaceError(SidestickError):
    """A workspace cannot be used as asked: missing, in use, or of another task or rate."""


class RecordingError(SidestickError):
    """An episode cannot be recorded further; what was recorded so far is kept."""


class DamagedFile(SidestickError):
    """A file of ours cannot be read; it is named, skipped, and never deleted."""


class PolicyError(SidestickError):
    """A policy cannot be loaded or does not fit the task, cameras or renderer."""


class NoDisplay(SidestickError):
    """A window was asked for and there is no screen."""


class RendererMissing(SidestickError):
    """A renderer cannot start on this machine; the message names the package to install."""


class NotEarned(SidestickError):
    """A level was asked for that the evidence does not allow."""


class MissingExtra(SidestickError):
    """An optional package is not installed; the message says what installs it."""


class FormatError(SidestickError):
    """A file of another tool cannot be taken over as it is; the message says why."""
