"""What training reads: prepared frames, and windows of actions that point into them."""

import zlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.errors import BadValue
from .features import Columns
from .shares import CLASS_NAMES


@dataclass(frozen=True, repr=False)
class TrainingData:
    """R prepared frames and N windows; images stay uint8 until a batch is drawn."""

    inputs: Columns
    """What the vision's `prepare` gave: key -> (R, ...)."""
    rows: NDArray[np.int64]
    """(N,) the frame at which each window starts."""
    actions: NDArray[np.float32]
    """(N, H, 7) the executed actions from there on; what the mask hides may be anything finite."""
    mask: NDArray[np.bool_]
    """(N, H) true where the action belongs to the window, false beyond a cut."""
    classes: NDArray[np.int64]
    """(N,) Sirius' label of the window's first step."""
    episodes: NDArray[np.int64]
    """(N,) index into `episode_ids`."""
    episode_ids: tuple[str, ...]
    """Where the windows come from."""

    def __post_init__(self) -> None:
        windows, chunk = self.mask.shape
        expected = {
            "rows": (windows,),
            "actions": (windows, chunk, 7),
            "classes": (windows,),
            "episodes": (windows,),
        }
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
                raise BadValue(f"training {name}", "finite values", f"NaN or infinity in {bad}")

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
        """Some of the windows; the frames are shared."""
        arrays = ("rows", "actions", "mask", "classes", "episodes")
        return replace(self, **{name: getattr(self, name)[windows] for name in arrays})

    def window_inputs(self) -> Columns:
        """The small inputs (no images) at the windows' frames: what normalisation is fitted on."""
        small = {key: column for key, column in self.inputs.items() if column.ndim == 2}
        return {key: column[self.rows] for key, column in small.items()}

    def counts(self) -> dict[str, int]:
        """Windows per class, by name."""
        values, counts = np.unique(self.classes, return_counts=True)
        names = (CLASS_NAMES.get(int(value), str(value)) for value in values)
        return {name: int(count) for name, count in zip(names, counts, strict=True)}

    @property
    def fingerprint(self) -> str:
        """Names this data, so that a training is only resumed on the same."""
        crc = 0
        for array in (self.rows, self.actions, self.mask, self.classes, self.episodes):
            crc = zlib.crc32(np.ascontiguousarray(array).data, crc)
        for key in sorted(self.window_inputs()):
            crc = zlib.crc32(np.ascontiguousarray(self.inputs[key]).data, crc)
        return f"{crc:08x}"


def hold_out(
    data: TrainingData, share: float, least: int, seed: int
) -> tuple[TrainingData, TrainingData | None]:
    """Training windows and those of a few held-out episodes; None with under `least` episodes.

    The episodes are drawn by `seed`. Out of few, none is spared: each counts for success.
    """
    present = np.unique(data.episodes)
    if share <= 0 or len(present) < least:
        return data, None
    number = max(1, round(share * len(present)))
    chosen = np.random.default_rng(seed).choice(present, number, replace=False)
    held = np.isin(data.episodes, chosen)
    return data.take(~held), data.take(held)
