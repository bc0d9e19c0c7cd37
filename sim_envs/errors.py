"""This module holds every error of Sidestick; each message says what was asked and what exists.

It lies in the lowest of the four packages, which all others may import: one file lists the errors
of all four, and one `except SidestickError` catches them.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class SidestickError(Exception):
    """Root of every error that Sidestick raises on purpose; the command line prints it plainly.

    Each can be made of its message alone, as Gymnasium, its vector environments and pickle do.
    """


class UnknownName(SidestickError):
    """A name was asked for that nobody registered."""

    def __init__(self, kind: str, asked: str | None = None, known: Iterable[str] = ()) -> None:
        self.kind, self.asked, self.known = kind, asked, sorted(known)
        listed = f"unknown {kind} {asked!r}; known: {', '.join(self.known) or 'none'}"
        if near := get_close_matches(asked or "", self.known, n=1):
            listed += f"; did you mean {near[0]}?"
        super().__init__(kind if asked is None else listed)


class AmbiguousName(UnknownName):
    """A part of a name was given that several have."""

    def __init__(self, kind: str, asked: str | None = None, found: Iterable[str] = ()) -> None:
        super().__init__(kind, asked, found)
        several = f"{kind} {asked!r}: several match: {', '.join(self.known)}; give more of it"
        self.args = (kind if asked is None else several,)


class BadAction(SidestickError, ValueError):
    """An action is not finite, or not of the shape that the environment takes."""


class BadValue(SidestickError, ValueError):
    """A caller gave a value of the wrong shape, type or range."""

    def __init__(self, field: str, expected: str | None = None, got: object = None) -> None:
        self.field = field
        super().__init__(field if expected is None else f"{field}: expected {expected}, got {got}")


class UnknownKeyword(BadValue, TypeError):
    """A keyword was given that a task does not take.

    It is a TypeError with Python's own words, too: other tools try keywords and wait for that.
    """

    def __init__(self, task: str, keyword: str | None = None, known: str = "") -> None:
        super().__init__(task)
        if keyword is not None:
            self.args = (f"{task}: unexpected keyword argument {keyword!r}; it takes {known}",)


class WorkspaceError(SidestickError):
    """A workspace cannot be used as asked: missing, in use, or of another task or rate."""


class RecordingError(SidestickError):
    """An episode cannot be recorded further; what was recorded so far is kept."""


class DamagedFile(SidestickError):
    """A file of a workspace cannot be read; it is named, skipped, and never deleted."""


class PolicyError(SidestickError):
    """A policy cannot be loaded or does not fit the task, cameras or renderer."""


class NoDisplay(SidestickError):
    """A window was asked for and there is no screen."""


class MissingCapability(SidestickError):
    """A world cannot do what was asked; the message says what it lacks."""


class PlugInError(SidestickError):
    """A plug-in is missing, cannot be imported, or shares its name with another."""


class WorldFailed(SidestickError):
    """A world raised an error, hung, or broke its own spec; the episode so far is kept."""


class NotAllowed(SidestickError):
    """A data file names code that the user has not asked to run."""


class RendererMissing(SidestickError):
    """A renderer cannot start on this machine; the message names the package to install."""


class NotEarned(SidestickError):
    """A level was asked for whose gate has not been passed."""


class MissingExtra(SidestickError):
    """An optional package is not installed; the message says what installs it."""


class FormatError(SidestickError):
    """A file of other software cannot be imported as it is; the message says why."""
