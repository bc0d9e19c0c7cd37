"""This module converts a journal into an episode file.

The recorder calls `convert` at the end of each episode, the workspace `recover` after a crash.
"""

import json
import logging
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.errors import DamagedFile, RecordingError
from . import lock
from .durable import TEMPORARY
from .episode import Episode
from .hdf5 import Branch
from .journal import HEAD, RecordKind, records
from .step import EpisodeHeader
from .summary import END_OF_TIME_S, RecordedOutcome, header_from_json

_log = logging.getLogger(__name__)


class RecoveredRecording(NamedTuple):
    """The content of a journal."""

    episode: Episode | None
    """None when no step was recorded."""
    discarded: bool
    """True when the operator discarded the episode."""


class _Reader:
    """Collects what a journal's records say, one method per kind."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self.data = data
        self.header: EpisodeHeader | None = None
        self.layout = self.final_layout = np.dtype([("nothing", "|u1")])
        self.rows: list[int] = []
        self.branches: list[tuple[int, list[int]]] = []
        self.final = -1
        self.end: dict[str, Any] = {}

    def follow(self) -> None:
        """Process every complete record."""
        for kind, start, stop in records(self.data):
            if kind == RecordKind.STEP:
                self._step(start, stop)
            elif kind == RecordKind.FINAL:
                self.final = start
            else:
                self._note(kind, bytes(self.data[start:stop]))

    def _step(self, start: int, stop: int) -> None:
        if stop - start != self.layout.itemsize:
            raise ValueError(f"a step of {stop - start} bytes, expected {self.layout.itemsize}")
        self.rows.append(start)

    def _note(self, kind: int, body: bytes) -> None:
        if kind == RecordKind.HEADER:
            self.header = header_from_json(body)
        elif kind == RecordKind.LAYOUT:
            layout = json.loads(body)
            self.layout, self.final_layout = _dtype(layout["step"]), _dtype(layout["final"])
        elif kind == RecordKind.REWIND:
            keep = int(json.loads(body)["keep"])
            self.branches.append((keep, self.rows[keep:]))
            del self.rows[keep:]
        elif kind == RecordKind.END:
            self.end = json.loads(body)


def read_journal(path: Path) -> RecoveredRecording:
    """Read a journal up to its first incomplete record; raise DamagedFile when it is not valid."""
    try:
        reader = _Reader(_mapped(path))
        reader.follow()
        return _recording(reader, path.stem)
    except (ValueError, KeyError, TypeError, OSError, RecursionError) as error:
        raise DamagedFile(f"{path}: {error}") from error


def _mapped(path: Path) -> NDArray[np.uint8]:
    """Map a file's bytes, uint8[size]: a journal larger than the memory needs none."""
    if not path.stat().st_size:
        return np.zeros(0, np.uint8)
    return np.memmap(path, np.uint8, "r").view(np.ndarray)


def layout_to_json(step: np.dtype[np.void], final: np.dtype[np.void]) -> bytes:
    """The body of the record that describes the layout of steps."""
    return json.dumps({"step": _fields(step), "final": _fields(final)}).encode()


def _recording(reader: _Reader, episode_id: str) -> RecoveredRecording:
    """The episode of what was read."""
    discarded = bool(reader.end.get("discarded", False))
    if reader.header is None and reader.data[: HEAD.size].any():
        raise ValueError("not a Sidestick journal, or its first record is damaged")
    if reader.header is None or not reader.rows:
        return RecoveredRecording(None, discarded)
    columns = _gather(reader.data, reader.rows, reader.layout)
    final = None
    if reader.final >= 0:
        rows = _gather(reader.data, [reader.final], reader.final_layout)
        final = {key: values[0] for key, values in rows.items()}
    branches = tuple(
        Branch(start, _gather(reader.data, rows, reader.layout))
        for start, rows in reader.branches
        if rows
    )
    outcome = _outcome(reader.end, columns, reader.header.started)
    episode = Episode.of_recording(episode_id, reader.header, outcome, columns, final, branches)
    return RecoveredRecording(episode, discarded)


def _outcome(
    end: dict[str, Any], columns: dict[str, NDArray[Any]], started: float
) -> RecordedOutcome:
    """How the episode ended; one that broke off ended with its last step."""
    ended = float(end.get("ended", columns["wall_time"][-1]))
    return RecordedOutcome(
        success=bool(end.get("success", columns["succeeded"][-1])),
        complete=bool(end.get("complete", False)),
        ended=ended if 0 <= ended < END_OF_TIME_S else started,
    )


def _gather(
    data: NDArray[np.uint8], starts: list[int], layout: np.dtype[np.void]
) -> dict[str, NDArray[Any]]:
    """Copy the rows that start at these bytes into one contiguous array [T, ...] per column."""
    runs = [
        np.ndarray((len(run),), layout, data, offset=int(run[0]), strides=(_stride(layout),))
        for run in np.split(starts, np.flatnonzero(np.diff(starts) != _stride(layout)) + 1)
    ]
    return {key: np.concatenate([run[key] for run in runs]) for key in layout.names or ()}


def _stride(layout: np.dtype[np.void]) -> int:
    """Distance in bytes of two consecutively recorded rows."""
    return HEAD.size + layout.itemsize


def _fields(layout: np.dtype[np.void]) -> list[tuple[str, str, tuple[int, ...]]]:
    """A layout as name, type and shape, for JSON."""
    return [(name, layout[name].base.str, layout[name].shape) for name in layout.names or ()]


def _dtype(fields: list[tuple[str, str, list[int]]]) -> np.dtype[np.void]:
    """The layout of `_fields`' result; ValueError unless it holds only numbers."""
    layout = np.dtype([(name, kind, tuple(shape)) for name, kind, shape in fields])
    if any(layout[name].base.kind not in "iuf" for name in layout.names or ()):
        raise ValueError(f"a layout of something else than numbers: {fields}")
    return layout


JOURNAL = ".journal"
EPISODE = ".hdf5"
DAMAGED = ".damaged"


def convert(journal: Path, episodes: Path, trash: Path) -> Path | None:
    """Make the episode file of a settled journal and remove the journal; None without steps.

    It can be repeated after a kill at any moment: the journal is removed only after the file is
    durable and has been read back, and a journal whose file exists already is a left-over and
    removed too. Raises RecordingError, and keeps the journal, where the file cannot be read back.
    """
    name = f"{journal.stem}{EPISODE}"
    for place in (episodes / name, trash / name):
        if place.exists():
            journal.unlink(missing_ok=True)
            return place
    recording = read_journal(journal)
    target = (trash if recording.discarded else episodes) / name
    if recording.episode is not None:
        recording.episode.write(target)
        _read_back(target)
    journal.unlink(missing_ok=True)
    return target if recording.episode else None


def _read_back(target: Path) -> None:
    """Read a file that was just written; take it away again where that fails."""
    try:
        Episode.read(target)
    except DamagedFile as error:
        target.unlink()
        raise RecordingError(f"what was written cannot be read back: {error}") from error


def recover(folder: Path, episodes: Path, trash: Path) -> list[Path]:
    """Convert every journal that no living recorder locks, and remove half-written files."""
    done: list[Path] = []
    for journal in sorted(folder.glob(f"*{JOURNAL}")):
        fd = os.open(journal, os.O_RDWR | os.O_CLOEXEC)
        if not lock.take(fd):
            os.close(fd)
            continue
        try:
            path = convert(journal, episodes, trash)
        except DamagedFile as error:
            journal.replace(journal.with_suffix(DAMAGED))
            _log.warning("%s; kept as %s", error, journal.with_suffix(DAMAGED).name)
        except RecordingError as error:
            _log.error("%s: %s; the journal is kept", journal, error)
        else:
            done += [path] if path is not None and path.parent == episodes else []
        finally:
            lock.drop(fd)
    _sweep(folder, episodes)
    _sweep(folder, trash)
    return done


def _sweep(journals: Path, place: Path) -> None:
    """Remove half-written files without a journal; the others are being written now."""
    for temporary in place.glob(f".*{EPISODE}{TEMPORARY}"):
        stem = temporary.name.removesuffix(f"{EPISODE}{TEMPORARY}").removeprefix(".")
        if not (journals / f"{stem}{JOURNAL}").exists():
            temporary.unlink(missing_ok=True)
