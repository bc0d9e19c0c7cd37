"""WorkspaceCounts counts the episodes on the disk for the window, in a thread.

It reads the workspace again after each `refresh`, and the window's loop never waits for it.
"""

import threading
from dataclasses import dataclass

from ...datasets.workspace import Workspace


@dataclass(frozen=True)
class EpisodeCount:
    """The workspace's finished episodes."""

    episodes: int = 0
    successes: int = 0


class WorkspaceCounts:
    """Episodes on the disk, and for how many minutes there is room; the screen counts nothing."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._wanted, self._closed = threading.Event(), False
        self.count = self._read()
        self.minutes_left = workspace.minutes_left()
        self._thread = threading.Thread(target=self._run, name="workspace counts", daemon=True)
        self._thread.start()

    def refresh(self) -> None:
        """Read again soon."""
        self._wanted.set()

    def close(self) -> None:
        """Stop reading."""
        self._closed = True
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._closed:
                return
            self.count = self._read()
            self.minutes_left = self._workspace.minutes_left()

    def _read(self) -> EpisodeCount:
        found = self._workspace.summaries()
        return EpisodeCount(len(found), sum(summary.success for summary in found))
