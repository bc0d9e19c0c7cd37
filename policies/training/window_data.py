"""`TrainingData` holds what training reads: prepared frames, and windows of actions over them.

`from_episodes` makes it; `hold_out` splits it and `joined` concatenates two.
"""

import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import BadValue
from ..task_features.features import Columns
from .class_weights import CLASS_NAMES

WINDOW_ARRAYS = ("rows", "actions", "mask", "classes", "episodes", "past", "marks")
"""Fields of `TrainingData` with one row for each window."""


@dataclass(frozen=True, repr=False)
class TrainingData:
    """R prepared frames and N windows; images stay uint8 until a batch is drawn."""

    inputs: Columns
    """Output of the vision's `prepare`: key -> (R, ...)."""
    rows: NDArray[np.int64]
    """(N,) index of the frame at which each window starts."""
    actions: NDArray[np.float32]
    """(N, H, A) the executed actions from there on; masked ones may be anything finite."""
    mask: NDArray[np.bool_]
    """(N, H) true where the action belongs to the window, false beyond a cut."""
    classes: NDArray[np.int64]
    """(N,) Sirius' label of the window's first step."""
    episodes: NDArray[np.int64]
    """(N,) index into `episode_ids`."""
    episode_ids: tuple[str, ...]
    """Ids of the episodes that the windows come from."""
    past: NDArray[np.int64] | None = None
    """(N, history - 1) earlier frames of a window, oldest first; None where history is 1."""
    marks: NDArray[np.float32] | None = None
    """(N, marks, 2) what demonstrations show, see `GraspSupervision.marks`; None: not needed."""

    def __post_init__(self) -> None:
        windows, chunk = self.mask.shape
        expected = {
            "rows": (windows,),
            "actions": (windows, chunk, self.actions.shape[-1]),
            "classes": (windows,),
            "episodes": (windows,),
        }
        if self.past is not None:
            expected["past"] = (windows, self.past.shape[-1])
        if self.marks is not None:
            expected["marks"] = (windows, self.marks.shape[1], 2)
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise BadValue(f"training {name}", str(shape), getattr(self, name).shape)
        if not windows:
            raise BadValue("training data", "at least one window", "none; record episodes first")
        self._check_values()

    def _check_values(self) -> None:
        frames = {len(column) for column in self.inputs.values()}
        if len(frames) != 1 or not 0 <= self.rows.min() <= self.rows.max() < min(frames):
            raise BadValue("training rows", f"frames among {frames}", self.rows.max())
        if not self.mask[:, 0].all():
            raise BadValue("training mask", "a first action in every window", "none in some")
        for name, array in {**self.inputs, "actions": self.actions}.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                bad = self._episodes_of(~np.isfinite(array).reshape(len(array), -1).all(1), name)
                known = f"NaN or infinity in {bad}; grade that a failure, or move its file away"
                raise BadValue(f"training {name}", "finite values", known)

    def _episodes_of(self, bad: NDArray[np.bool_], name: str) -> str:
        windows = bad if name == "actions" else bad[self.rows]
        found = [self.episode_ids[i] for i in np.unique(self.episodes[windows])]
        return ", ".join(found[:5]) or "frames that no window starts at"

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def chunk(self) -> int:
        """Actions in a window."""
        return int(self.mask.shape[1])

    def take(self, windows: NDArray[np.int64] | NDArray[np.bool_]) -> "TrainingData":
        """Some of the windows, by indices (B,) or a mask (N,); the frames are shared."""
        whole = {name: getattr(self, name) for name in WINDOW_ARRAYS}
        some: dict[str, Any] = {k: None if v is None else v[windows] for k, v in whole.items()}
        return replace(self, **some)

    @property
    def history(self) -> int:
        """Frames of a window."""
        return 1 if self.past is None else 1 + self.past.shape[1]

    def seen_rows(self, windows: NDArray[np.integer]) -> NDArray[np.int64]:
        """Indices of the frames of some windows (B,), (B, history), oldest first."""
        now = self.rows[windows][:, None]
        return now if self.past is None else np.concatenate((self.past[windows], now), axis=1)

    def window_inputs(self) -> Columns:
        """The inputs without images at the windows' frames, (N, F) each, to fit normalisation."""
        small = {key: column for key, column in self.inputs.items() if column.ndim == 2}
        return {key: column[self.rows] for key, column in small.items()}

    def counts(self) -> dict[str, int]:
        """Windows per class, by name."""
        values, counts = np.unique(self.classes, return_counts=True)
        names = (CLASS_NAMES.get(int(value), str(value)) for value in values)
        return {name: int(count) for name, count in zip(names, counts, strict=True)}

    @property
    def fingerprint(self) -> str:
        """Checksum of the data, so that a training is only resumed on the same."""
        crc = 0
        for name in WINDOW_ARRAYS:
            if (array := getattr(self, name)) is not None:
                crc = zlib.crc32(np.ascontiguousarray(array).data, crc)
        for key in sorted(self.window_inputs()):
            crc = zlib.crc32(np.ascontiguousarray(self.inputs[key]).data, crc)
        return f"{crc:08x}"


def hold_out(
    data: TrainingData, share: float, least: int, seed: int
) -> tuple[TrainingData, TrainingData | None]:
    """Training windows and those of a few held-out episodes; None with under `least` episodes.

    The episodes are drawn by `seed`. Of few episodes, all are needed for training.
    """
    present = np.unique(data.episodes)
    if share <= 0 or len(present) < least:
        return data, None
    number = max(1, round(share * len(present)))
    chosen = np.random.default_rng(seed).choice(present, number, replace=False)
    held = np.isin(data.episodes, chosen)
    return data.take(~held), data.take(held)


def joined(old: TrainingData, new: TrainingData) -> TrainingData:
    """The windows of both, those of `old` first; BadValue if they differ in shapes."""
    kinds = [
        (data.chunk, data.history, {key: column.shape[1:] for key, column in data.inputs.items()})
        for data in (old, new)
    ]
    if kinds[0] != kinds[1]:
        raise BadValue("training data to join", f"chunk, history and inputs {kinds[0]}", kinds[1])
    frames, episodes = len(next(iter(old.inputs.values()))), len(old.episode_ids)
    shifted = {"rows": new.rows + frames, "episodes": new.episodes + episodes}
    if new.past is not None:
        shifted["past"] = new.past + frames
    arrays: dict[str, Any] = {}
    for name in WINDOW_ARRAYS:
        first, second = getattr(old, name), shifted.get(name, getattr(new, name))
        both = first is not None and second is not None
        arrays[name] = np.concatenate((first, second)) if both else None
    inputs = {key: np.concatenate((old.inputs[key], new.inputs[key])) for key in old.inputs}
    ids = old.episode_ids + new.episode_ids
    return TrainingData(inputs=inputs, episode_ids=ids, **arrays)
