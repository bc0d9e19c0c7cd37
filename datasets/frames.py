"""`Frames` holds the steps of many decoded episodes, one array per column, for training."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.errors import BadValue, DamagedFile
from .cache import FOLDER, allocate
from .episode import Episode, episode_summary
from .files.plain_log import plain_log
from .recorded_spec import BUILT_IN, RecordedSpec
from .schema import COLUMNS, OBS, Sizes, is_image
from .summary import EpisodeSummary

_log = plain_log(__name__)
_COLUMNS = (
    "actions",
    "human_actions",
    "policy_actions",
    "intv_labels",
    "driver",
    "level",
    "stage",
    "novelty",
    "takeover_id",
    "reseat",
)
"""Columns that are kept beside the observations."""
_UNSIZED = Sizes(cameras=(), image=0, goals=0, state=0)


class Frames:
    """The concatenated steps of many episodes; `extend` adds episodes of later rounds.

    Returned arrays are views: get them again after `extend`.
    """

    def __init__(
        self,
        episodes: Iterable[Episode] = (),
        images: bool = True,
        cache: Path | None = None,
        expected: int = 0,
        memory_limit: int | None = None,
    ) -> None:
        """`cache`: folder for arrays that would not fit into memory; `expected`: number of steps.

        `memory_limit` is in bytes per array; by default it depends on the free memory.
        """
        self._with_images = images
        self._allocation = _Allocation(cache, expected, memory_limit)
        self._columns = {
            column.key: _GrowingArray(
                _UNSIZED.shape(column.shape), np.dtype(column.dtype), self._allocation
            )
            for column in COLUMNS
            if column.key in _COLUMNS
        }
        self._episode = _GrowingArray((), np.dtype(np.int32), self._allocation)
        self._summaries: list[EpisodeSummary] = []
        self.extend(episodes)

    @classmethod
    def read(
        cls,
        paths: Iterable[Path | str],
        images: bool = True,
        memory_limit: int | None = None,
        seen: Callable[[int], object] = lambda files: None,
    ) -> Self:
        """Read episode files; a damaged one is logged and skipped.

        `seen` is called with the number of files done.
        Arrays that would not fit into memory are files in the workspace's folder `cache`.
        """
        files = [Path(path) for path in paths]
        cache = files[0].parent.parent / FOLDER if files else None
        expected = sum(map(_steps, files)) if images else 0
        return cls(_readable(files, images, seen), images, cache, expected, memory_limit)

    def extend(self, episodes: Iterable[Episode]) -> None:
        """Append episodes."""
        for episode in episodes:
            self._add(episode)

    @property
    def images(self) -> dict[str, NDArray[np.uint8]]:
        """The cameras' images by observation name, uint8[N, H, W, 3]."""
        return {name: rows for name, rows in self._observations() if is_image(name)}

    @property
    def observations(self) -> dict[str, NDArray[np.float32]]:
        """The other observations by name, float32[N, d]."""
        return {name: rows for name, rows in self._observations() if not is_image(name)}

    @property
    def actions(self) -> NDArray[np.float32]:
        """The executed actions, float32[N, A]."""
        return self.column("actions")

    @property
    def spec(self) -> RecordedSpec:
        """What the numbers of actions and readings mean, in all episodes."""
        return self._summaries[0].header.spec if self._summaries else BUILT_IN

    @property
    def labels(self) -> NDArray[np.int64]:
        """Training label of each step, an ActionMode, int64[N]."""
        return self.column("intv_labels")

    @property
    def driver(self) -> NDArray[np.uint8]:
        """Driver of each step, a Driver, uint8[N]."""
        return self.column("driver")

    @property
    def episode(self) -> NDArray[np.int32]:
        """Index of each step's episode in `episodes`, int32[N]."""
        rows: NDArray[np.int32] = self._episode.rows
        return rows

    @property
    def episodes(self) -> tuple[EpisodeSummary, ...]:
        """The episodes' summaries, in the order of their steps."""
        return tuple(self._summaries)

    def column(self, key: str) -> NDArray[Any]:
        """A column of the schema over all steps, [N, ...]; BadValue for unknown ones."""
        if key not in self._columns:
            raise BadValue("column", f"one of {sorted(self._columns)}", repr(key))
        return self._columns[key].rows

    def __len__(self) -> int:
        return len(self._episode.rows)

    def __repr__(self) -> str:
        return f"Frames({len(self._summaries)} episodes, {len(self)} steps)"

    def _observations(self) -> Iterator[tuple[str, NDArray[Any]]]:
        for key, column in self._columns.items():
            if key.startswith(OBS):
                yield key.removeprefix(OBS), column.rows

    def _add(self, episode: Episode) -> None:
        """Append an episode's rows to every column; an incompatible episode changes nothing."""
        rows = {OBS + name: values for name, values in episode.observations.items()}
        rows = {
            key: values for key, values in rows.items() if self._with_images or not is_image(key)
        }
        rows |= {key: getattr(episode, key) for key in _COLUMNS}
        if not self._summaries:
            self._columns |= {
                key: _GrowingArray(v.shape[1:], v.dtype, self._allocation)
                for key, v in rows.items()
            }
        came = episode.summary.header.spec
        if self._summaries and came != self.spec:
            raise BadValue(f"actions of episode {episode.summary.id}", str(self.spec), came)
        for key in sorted(self._columns.keys() | rows.keys()):
            self._check(key, rows, episode)
        for key, values in rows.items():
            self._columns[key].append(values)
        self._episode.append(np.full(len(episode), len(self._summaries), np.int32))
        self._summaries.append(episode.summary)

    def _check(self, key: str, rows: dict[str, NDArray[Any]], episode: Episode) -> None:
        """Raise BadValue when a column of an episode has another shape than the present ones."""
        here = self._columns[key].rows.shape[1:] if key in self._columns else "nothing"
        came = rows[key].shape[1:] if key in rows else "nothing"
        if here != came:
            raise BadValue(f"{key} of episode {episode.summary.id}", f"shape {here}", came)


class _Allocation(NamedTuple):
    """Where arrays are allocated, and how large."""

    folder: Path | None
    expected: int
    limit: int | None

    def allocate(self, rows: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """An array of `rows` rows, or of the expected number if that is more."""
        return allocate((max(rows, self.expected), *shape), dtype, self.folder, self.limit)


class _GrowingArray:
    """An array that grows at its end, with spare capacity."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any], where: _Allocation) -> None:
        self._where = where
        self._buffer = np.empty((0, *shape), dtype)
        self._used = 0

    @property
    def rows(self) -> NDArray[Any]:
        """The rows in use, a view."""
        return self._buffer[: self._used]

    def append(self, rows: NDArray[Any]) -> None:
        """Copy rows to the end."""
        end = self._used + len(rows)
        if end > len(self._buffer):
            spare = max(end, 3 * len(self._buffer) // 2)
            buffer = self._where.allocate(spare, self._buffer.shape[1:], self._buffer.dtype)
            buffer[: self._used] = self.rows
            self._buffer = buffer
        self._buffer[self._used : end] = rows
        self._used = end


def _steps(path: Path) -> int:
    """Number of steps in a file's summary; 0 for a damaged file."""
    try:
        return episode_summary(path).steps
    except DamagedFile:
        return 0


def _readable(
    paths: Iterable[Path], images: bool, seen: Callable[[int], object]
) -> Iterator[Episode]:
    """Yield the episodes that can be read; log and skip the others."""
    for number, path in enumerate(paths, 1):
        try:
            yield Episode.read(path, images)
        except DamagedFile as error:
            _log.warning("skipped a damaged episode: %s", error)
        seen(number)
