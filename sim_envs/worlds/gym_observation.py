"""`GymObservation` turns what a Gymnasium environment shows into our dictionary.

Entries of uint8[height, width, 3] are pictures, made square; without one, the environment's own
rendering is the picture. All other entries are numbers.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from ..errors import BadValue, WorldFailed
from ..spaces import Image, Observation
from .gym_options import GymOptions
from .pictures import is_picture, squared
from .spec import Reading

RENDERED = "scene"
"""The camera whose picture the environment renders."""
WHOLE = "state"
"""The entry of an observation that is no dictionary."""
GOAL = np.ones(1, np.float32)


class GymObservation:
    """How one environment's observations are read."""

    def __init__(
        self, env: gym.Env[Any, Any], seen: Any, image_size: int, options: GymOptions
    ) -> None:
        """`seen` is one of its observations, which shows what there is."""
        self._env, self._size, self._fit = env, image_size, options.fit
        self.newest: dict[str, Image] = {}
        """The pictures as the environment gave them, by camera."""
        entries = dict(entries_of(seen))
        self._cameras = {_plain(key): key for key, value in entries.items() if is_picture(value)}
        numbers = {key: np.size(v) for key, v in entries.items() if not is_picture(v)}
        self._chosen = dict(options.readings) or {
            _plain(key): (key, 0, size) for key, size in numbers.items()
        }
        for name, (key, start, stop) in self._chosen.items():
            if not 0 <= start < stop <= numbers.get(key, 0):
                known = ", ".join(f"{key} [{size}]" for key, size in numbers.items())
                raise BadValue(f"reading {name}", f"a part of {known}", f"{key} {start}:{stop}")
        if not self._cameras and env.render_mode != "rgb_array":
            raise BadValue(
                "world", "a picture in its observation, or render_mode rgb_array", env.render_mode
            )

    @property
    def cameras(self) -> tuple[str, ...]:
        """The names of its pictures."""
        return tuple(self._cameras) or (RENDERED,)

    @property
    def keys(self) -> tuple[str, ...]:
        """The entries of our observation that are pictures."""
        return tuple(f"{camera}_image" for camera in self.cameras)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Its numbers, by name."""
        return tuple(
            Reading(name, stop - start, "", f"{key}[{start}:{stop}] of the environment")
            for name, (key, start, stop) in self._chosen.items()
        )

    def pictures(self, seen: Any) -> Observation:
        """Its pictures, square, uint8[size, size, 3]."""
        if not self._cameras:
            drawn = self._env.render()
            return {f"{RENDERED}_image": self._square(RENDERED, drawn)}
        entries = dict(entries_of(seen))
        return {
            f"{camera}_image": self._square(camera, entries.get(key))
            for camera, key in self._cameras.items()
        }

    def numbers(self, seen: Any) -> Observation:
        """Its numbers that a policy reads, float32 each, and the goal, which is always the same."""
        entries = dict(entries_of(seen))
        found: Observation = {"goal": GOAL.copy()}
        for name, (key, start, stop) in self._chosen.items():
            if key not in entries:
                raise WorldFailed(f"observation: expected an entry {key!r}, got {sorted(entries)}")
            values = np.ravel(entries[key])[start:stop].astype(np.float32)
            if len(values) != stop - start or not np.isfinite(values).all():
                expected = f"{stop} finite numbers"
                raise WorldFailed(f"observation {key}: expected {expected}, got {entries[key]!r}")
            found[name] = values
        return found

    def whole(self, seen: Any) -> NDArray[np.float64]:
        """Every number that it shows, float64[S]."""
        parts = [np.ravel(v) for _, v in entries_of(seen) if not is_picture(v)]
        return np.concatenate([np.zeros(0), *parts]).astype(np.float64)

    def _square(self, camera: str, picture: Any) -> Image:
        """A picture as a square of the recorded size."""
        self.newest[camera] = picture
        return squared(camera, picture, self._size, self._fit)


def entries_of(seen: Any, name: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays of an observation, nested ones by a name with dots."""
    if isinstance(seen, Mapping):
        for key, value in seen.items():
            yield from entries_of(value, f"{name}.{key}" if name else str(key))
    else:
        yield name or WHOLE, np.asarray(seen)


def _plain(key: str) -> str:
    return key.removeprefix("pixels.").removesuffix("_image")
