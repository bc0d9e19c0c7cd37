"""`read_journal` reads what a journal's records say, for `journal_recovery`.

A record whose checksum is right may still say anything: each is decoded by its schema.
"""

import json
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..sim_envs.errors import BadValue, DamagedFile
from .episode import Episode
from .files.decoding import decoded, parsed_json
from .hdf5 import Branch
from .journal import HEAD, RecordKind, records
from .step import EpisodeHeader
from .summary import END_OF_TIME_S, RecordedOutcome, header_from_json

Count = Annotated[int, msgspec.Meta(ge=0, le=2**31)]
Field = tuple[str, str, tuple[Count, ...]]
"""Name, numpy's name of the type, and shape of a column."""
NONSENSE = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError, RecursionError)
"""What numpy and our own code raise for records that contradict each other."""
MOST_RECORD_BYTES = 2**20
"""Of a record in JSON: several times the largest that is written."""


class Layout(msgspec.Struct, frozen=True):
    """The columns of a step and of what follows the last one."""

    step: Annotated[tuple[Field, ...], msgspec.Meta(max_length=200)]
    final: Annotated[tuple[Field, ...], msgspec.Meta(max_length=200)]


class Rewind(msgspec.Struct, frozen=True):
    """A rewind cut the main line off after its first `keep` steps."""

    keep: Count


class End(msgspec.Struct, frozen=True):
    """How an episode ended; what is None was not recorded."""

    ended: Annotated[float, msgspec.Meta(ge=0, lt=END_OF_TIME_S)] | None = None
    success: bool | None = None
    complete: bool = False
    discarded: bool = False


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
        self.layout = self.final_layout = np.dtype([])
        self.rows: list[int] = []
        self.branches: list[tuple[int, list[int]]] = []
        self.final = -1
        self.end = End()

    def follow(self) -> None:
        """Process every complete record."""
        for kind, start, stop in records(self.data):
            if kind == RecordKind.STEP:
                self._step(start, stop)
            elif kind == RecordKind.FINAL:
                self._end_of_steps(start, stop)
            else:
                self._note(kind, bytes(self.data[start:stop]))

    def _step(self, start: int, stop: int) -> None:
        if not self.layout.names:
            raise ValueError("a step before the layout of steps")
        if stop - start != self.layout.itemsize:
            raise ValueError(f"a step of {stop - start} bytes, expected {self.layout.itemsize}")
        self.rows.append(start)

    def _end_of_steps(self, start: int, stop: int) -> None:
        if stop - start != self.final_layout.itemsize:
            expected = f"{self.final_layout.itemsize} bytes"
            raise BadValue("last observation", expected, stop - start)
        self.final = start

    def _note(self, kind: int, body: bytes) -> None:
        if kind == RecordKind.HEADER:
            self.header = header_from_json(body)
            return
        values = parsed_json(body, "record of a journal", MOST_RECORD_BYTES)
        if kind == RecordKind.LAYOUT:
            layout = decoded(values, Layout, "layout")
            if self.rows:
                raise BadValue("layout", "one, before all steps", "another")
            self.layout, self.final_layout = _dtype(layout.step), _dtype(layout.final)
        elif kind == RecordKind.REWIND:
            keep = decoded(values, Rewind, "rewind").keep
            if keep > len(self.rows):
                raise BadValue("rewind: keep", f"up to {len(self.rows)} steps", keep)
            self.branches.append((keep, self.rows[keep:]))
            del self.rows[keep:]
        elif kind == RecordKind.END:
            self.end = decoded(values, End, "end")


def read_journal(path: Path) -> RecoveredRecording:
    """Read a journal up to its first incomplete record; raise DamagedFile when it is not valid."""
    try:
        reader = _Reader(_mapped(path))
        reader.follow()
        return _recording(reader, path.stem)
    except NONSENSE as error:
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
    discarded = reader.end.discarded
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


def _outcome(end: End, columns: dict[str, NDArray[Any]], started: float) -> RecordedOutcome:
    """How the episode ended; one that broke off ended with its last step."""
    ended = float(columns["wall_time"][-1]) if end.ended is None else end.ended
    success = bool(columns["succeeded"][-1]) if end.success is None else end.success
    return RecordedOutcome(success, end.complete, ended if 0 <= ended < END_OF_TIME_S else started)


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


def _dtype(fields: tuple[Field, ...]) -> np.dtype[np.void]:
    """The layout of `_fields`' result; ValueError unless it holds only numbers."""
    layout = np.dtype(list(fields))
    if any(layout[name].base.kind not in "iuf" for name in layout.names or ()):
        raise ValueError(f"a layout of something else than numbers: {fields}")
    return layout
