"""WorkspaceCounts counts the episodes on the disk for the window, in a thread.

It reads the workspace again after each `refresh`, and the window's loop never waits for it.
"""

import threading
from dataclasses import dataclass

from ...datasets.workspace import Workspace
from .learner_state import learner_state

LEARNER_EVERY_S = 2.0
"""So often the learner's state is read."""


@dataclass(frozen=True)
class EpisodeCount:
    """The workspace's finished episodes."""

    episodes: int = 0
    successes: int = 0


class WorkspaceCounts:
    """Episodes on the disk, and for how many minutes there is room; the screen counts nothing."""

    def __init__(self, workspace: Workspace, learns: bool = False) -> None:
        """`learns` says whether a learner works beside the session, whose state is read too."""
        self._workspace, self._learns = workspace, learns
        self.learner = learner_state(workspace) if learns else ""
        """What the learner does; empty without one."""
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
            recorded = self._wanted.wait(LEARNER_EVERY_S if self._learns else None)
            self._wanted.clear()
            if self._closed:
                return
            if recorded:
                self.count = self._read()
                self.minutes_left = self._workspace.minutes_left()
            if self._learns:
                self.learner = learner_state(self._workspace)

    def _read(self) -> EpisodeCount:
        found = self._workspace.summaries()
        return EpisodeCount(len(found), sum(summary.success for summary in found))
