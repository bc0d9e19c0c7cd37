"""`Windows` cuts Frames into training samples: observation histories with their action chunks."""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..sim_envs.errors import BadValue
from .frames import Frames
from .labels import JUDGED_BAD, idle_steps
from .step import ActionMode

__all__ = ["Frames", "Windows"]

DROPPED = frozenset({int(ActionMode.PRE_INTERVENTION), JUDGED_BAD})
"""Labels that no chunk may contain: what led to a takeover, and what reviewers judged bad."""


class Windows:
    """All steps of `frames` at which a chunk of actions may start.

    A window is `history` observations, `stride` steps apart, of which the last is its start, and
    the `chunk` actions from there on.
    It never reaches across an episode's end, a change of driver or a dropped step: what lies
    beyond is masked out, and earlier observations are replaced by the first one that counts.
    With `bridge_idle` an idle step is left out of the chunks instead of cutting them.
    """

    def __init__(
        self,
        frames: Frames,
        chunk: int = 16,
        history: int = 1,
        drop_labels: Collection[int] = DROPPED,
        drop_idle: bool = True,
        bridge_idle: bool = False,
        stride: int = 1,
    ) -> None:
        if min(chunk, history, stride) < 1:
            raise BadValue("chunk, history, stride", "at least 1 each", (chunk, history, stride))
        self.frames, self.chunk, self.history = frames, chunk, history
        self.stride = stride
        first = _changes(frames.episode)
        dropped = np.isin(frames.labels, list(drop_labels))
        idle = np.zeros(len(frames), np.bool_)
        if drop_idle:
            idle = idle_steps(frames.actions, first, frames.spec.action)
        cuts = dropped if bridge_idle else dropped | idle
        run, run_start = _runs(first | _changes(frames.driver), cuts)
        self.starts: NDArray[np.int64] = np.flatnonzero(~(dropped | idle))
        """int64[B], the index in `frames` of the step at which each window starts."""
        self._chunks, self.chunk_mask = _chunks(self.starts, run, chunk)
        self._oldest = run_start[self.starts]

    @property
    def classes(self) -> NDArray[np.int64]:
        """The label of each window's first step, int64[B]."""
        return self.frames.labels[self.starts]

    @property
    def chunk_index(self) -> NDArray[np.int64]:
        """The steps of each window's actions, int64[B, H]; beyond a cut the last step repeats."""
        return self._chunks

    def history_index(self, indices: ArrayLike) -> NDArray[np.int64]:
        """The steps of the windows' observations, int64[B, history], oldest first."""
        chosen = np.asarray(indices)
        steps = self.starts[chosen][:, None] + self.stride * np.arange(1 - self.history, 1)
        index: NDArray[np.int64] = np.maximum(steps, self._oldest[chosen][:, None])
        return index

    def batch(self, indices: ArrayLike, images: bool = True) -> dict[str, NDArray[Any]]:
        """The windows at these indices, each entry with the batch as its first axis.

        Observations by name [B, history, ...], `actions` [B, H, A], `mask` [B, H] True where an
        action counts, `label` [B], `index` [B] of the first step in the frames.
        """
        chosen = np.asarray(indices)
        seen = self.history_index(chosen)
        sources: dict[str, NDArray[Any]] = {**self.frames.observations}
        if images:
            sources |= self.frames.images
        batch = {name: rows[seen] for name, rows in sources.items()}
        batch["actions"] = self.frames.actions[self._chunks[chosen]]
        batch["mask"] = self.chunk_mask[chosen]
        batch["index"] = self.starts[chosen]
        batch["label"] = self.frames.labels[batch["index"]]
        return batch

    def __len__(self) -> int:
        return len(self.starts)


def _changes(rows: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a row differs from the one before, bool[N]; the first always does."""
    changes = np.ones(len(rows), np.bool_)
    np.not_equal(rows[1:], rows[:-1], out=changes[1:])
    return changes


def _runs(
    begins: NDArray[np.bool_], cuts: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The number of each step's run between cuts, and the index of its first step, int64[N]."""
    starts = begins | cuts
    starts[1:] |= cuts[:-1]
    run: NDArray[np.int64] = np.cumsum(starts)
    places = np.where(starts, np.arange(len(starts)), 0)
    first: NDArray[np.int64] = np.maximum.accumulate(places)
    return run, first


def _chunks(
    kept: NDArray[np.int64], run: NDArray[np.int64], chunk: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The steps of the chunk at each kept step, and which of them are in its run, [B, H]."""
    if not len(kept):
        return np.zeros((0, chunk), np.int64), np.zeros((0, chunk), np.bool_)
    ahead = np.arange(len(kept))[:, None] + np.arange(chunk)
    steps = kept[np.minimum(ahead, len(kept) - 1)]
    mask = (run[steps] == run[kept][:, None]) & (ahead < len(kept))
    last = mask.sum(axis=1) - 1  # a run's kept steps lie side by side
    index = np.where(mask, steps, np.take_along_axis(steps, last[:, None], axis=1))
    return index, mask
