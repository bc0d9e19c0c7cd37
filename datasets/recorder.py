"""A `Recorder` appends Steps to a journal and makes each episode's file in the background."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.errors import BadValue, DamagedFile, RecordingError
from ..sim_envs.spaces import Observation
from .files.plain_log import plain_log
from .journal_recovery import convert
from .journal_writer import JournalWriter
from .step import EpisodeHeader, Step
from .workspace import Workspace

_log = plain_log(__name__)


class Recorder:
    """Records a workspace's episodes; a second recorder on a workspace is refused.

    Worker processes of the same session use `lock=False`: each journal has its own lock.
    """

    def __init__(self, workspace: Workspace, lock: bool = True) -> None:
        self.workspace = workspace
        self._lock = workspace.lock() if lock else None
        self._pool = ThreadPoolExecutor(1, "convert")
        self._pending: list[Future[Path]] = []
        self._running: JournalWriter | None = None

    @property
    def recording(self) -> bool:
        """True between start and finish or discard."""
        return self._running is not None

    @property
    def steps(self) -> int:
        """Steps of the running episode's main line."""
        return self._running.steps if self._running else 0

    def start(self, header: EpisodeHeader, name: str = "") -> str:
        """Start an episode and return its id, which is `name` unless that is empty.

        Raises RecordingError when the disk has no room for one.
        """
        if self._running:
            raise RecordingError("an episode is being recorded: finish or discard it first")
        config = self.workspace.config
        if header.task != config.task:
            raise BadValue("task", f"{config.task!r} as the workspace has", repr(header.task))
        header = replace(
            header,
            started=header.started or time.time(),
            env_args=header.env_args or config.env_args(),
        )
        self._running = JournalWriter(self.workspace.journal_dir, header, config, name)
        return self._running.id

    def append(self, step: Step) -> None:
        """Record one step; afterwards it survives the death of the process."""
        self._current().append(step)

    def cut(self, steps: int) -> None:
        """Cut the last `steps` off the main line, as a rewind does; they are kept as a branch."""
        self._current().cut(steps)

    def finish(
        self,
        final_observation: Observation | None,
        final_state: NDArray[np.float64] | None,
        success: bool,
        complete: bool = True,
    ) -> Future[Path]:
        """End the episode with its last observation and state [S]; return the future of its file.

        An episode without a step is not kept: its future raises RecordingError.
        """
        final = None
        if final_observation is not None and final_state is not None:
            final = (final_observation, final_state)
        return self._end(final, success, complete, discarded=False)

    def discard(self) -> None:
        """End the episode and put it into trash/; nothing happens when none is running."""
        if self._running:
            self._end(None, success=False, complete=False, discarded=True)

    def wait(self) -> list[Path]:
        """Wait until all ended episodes are on the disk; return the files since the last call.

        Raises the RecordingError of the first that could not be converted: its journal is kept,
        and `Workspace.recover` converts it later.
        """
        pending, self._pending = self._pending, []
        errors = [error for error in (future.exception() for future in pending) if error]
        if errors:
            raise errors[0]
        return [future.result() for future in pending]

    def close(self) -> None:
        """Keep a running episode as incomplete, wait, unlock; a second call does nothing."""
        if self._running and self._running.steps:
            self._end(None, success=False, complete=False, discarded=False)
        elif self._running:
            self.discard()
        self._pool.shutdown(wait=True)
        if self._lock:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _current(self) -> JournalWriter:
        """The running episode; RecordingError without one."""
        if self._running is None:
            raise RecordingError("no episode is being recorded: start one first")
        return self._running

    def _end(
        self,
        final: tuple[Observation, NDArray[np.float64]] | None,
        success: bool,
        complete: bool,
        discarded: bool,
    ) -> Future[Path]:
        """Record the end in the journal and convert it in the background."""
        running = self._current()
        self._running = None
        try:
            running.end(final, success, complete, discarded)
        except RecordingError as error:
            _log.warning("%s", error)
        future = self._pool.submit(self._convert, running)
        if running.steps and not discarded:
            self._pending.append(future)
        return future

    def _convert(self, running: JournalWriter) -> Path:
        """Make the episode's file; on failure the journal is kept."""
        journal, workspace = running.journal, self.workspace
        try:
            journal.settle()
            path = convert(journal.path, workspace.episodes_dir, workspace.trash_dir)
        except (OSError, ValueError, DamagedFile, RecordingError) as error:
            message = f"{journal.path}: cannot be converted now ({error}); {_fate(journal.path)}"
            _log.error("%s", message)  # the future may never be read
            raise RecordingError(message) from error
        finally:
            journal.close()
        if path is None:
            raise RecordingError(f"{running.id}: an episode without a step is not kept")
        self._renew_index()
        return path

    def _renew_index(self) -> None:
        """Update dataset.hdf5; a failure is only logged, as the episode is safe."""
        try:
            self.workspace.extend_index()
        except OSError as error:
            _log.warning("%s is not up to date: %s", self.workspace.index_path, error)


def _fate(journal: Path) -> str:
    """What becomes of an episode that could not be converted."""
    if journal.exists():
        return "the journal is kept, `sidestick check --repair` converts it later"
    return (
        "the journal is not there any more: was the workspace moved, removed or unmounted? "
        "Where it comes back, `sidestick check --repair` converts the episode"
    )
