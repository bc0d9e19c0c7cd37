"""A `Packer` validates Steps and packs them into bytes in the schema's layout, for the journal."""

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.errors import BadValue
from ..sim_envs.spaces import Observation
from .recorded_spec import BUILT_IN, RecordedSpec
from .schema import (
    FINAL_OBS,
    FINAL_STATE,
    IMAGE_SUFFIX,
    OBS,
    Sizes,
    columns,
    final_dtype,
    is_image,
    step_dtype,
)
from .step import Step

LIMIT = 1.0 + 1e-6
"""Largest executed action; other tools refuse files with actions outside [-1, 1]."""


class Packer:
    """Packs each Step into the same buffer, `record`, behind `head` free bytes."""

    def __init__(self, sizes: Sizes, head: int = 0) -> None:
        self.layout = step_dtype(sizes)
        self.final_layout = final_dtype(sizes)
        self.record = bytearray(head + self.layout.itemsize)
        row = np.frombuffer(self.record, self.layout, offset=head)
        self._action = row["actions"][0]
        self._seen: dict[str, NDArray[np.generic]] = {}
        self._arrays: list[tuple[str, NDArray[np.generic], bool]] = []
        self._scalars: list[tuple[str, NDArray[np.generic]]] = []
        for column in columns(sizes.cameras, sizes.readings):
            if column.key.startswith(OBS):
                self._seen[column.key.removeprefix(OBS)] = row[column.key][0]
            elif column.source and column.shape:
                self._arrays.append((column.source, row[column.key][0], column.nan))
            elif column.source:
                self._scalars.append((column.source, row[column.key]))

    def pack(self, step: Step) -> None:
        """Write a step into `record`; raise BadValue with the name of an invalid field."""
        _put_observation(self._seen, step.observation)
        for name, place, nan in self._arrays:
            value = getattr(step, name)
            if value is None and nan:
                place.fill(np.nan)
            else:
                _put(place, name, value)
        for name, place in self._scalars:
            _put_scalar(place, name, getattr(step, name))
        if not np.abs(self._action).max() <= LIMIT:  # NaN fails the comparison too
            raise BadValue("action", "finite values in [-1, 1]", self._action.tolist())

    def pack_final(self, observation: Observation, state: NDArray[np.float64]) -> NDArray[np.void]:
        """The final observation and state [S] as one row of the final layout, void[1]."""
        row = np.zeros(1, self.final_layout)
        _put_observation({name: row[FINAL_OBS + name][0] for name in self._seen}, observation)
        _put(row[FINAL_STATE][0], FINAL_STATE, state)
        return row


def sizes_of(
    observation: Observation, state: NDArray[np.float64], spec: RecordedSpec = BUILT_IN
) -> Sizes:
    """The task-dependent sizes of an episode, from its first observation and state [S]."""
    images = [name for name in observation if is_image(name)]
    if not images or "goal" not in observation:
        raise BadValue("observation", "camera images and a 'goal'", sorted(observation))
    return Sizes(
        cameras=tuple(name.removesuffix(IMAGE_SUFFIX) for name in images),
        image=len(observation[images[0]]),
        goals=np.size(observation["goal"]),
        state=np.size(state),
        actions=spec.action.size,
        readings=spec.readings,
    )


def _put_observation(places: dict[str, NDArray[np.generic]], observation: Observation) -> None:
    """Copy an observation into the row; BadValue for missing or unknown entries."""
    if observation.keys() != places.keys():
        raise BadValue("observation", f"the entries {sorted(places)}", sorted(observation))
    for name, place in places.items():
        _put(place, name, observation[name])


def _put(place: NDArray[np.generic], name: str, value: object) -> None:
    """Copy an array into the row; BadValue where shape or type do not fit."""
    array = np.asarray(value)
    if array.shape != place.shape or not np.can_cast(array.dtype, place.dtype, "same_kind"):
        expected = f"{place.dtype}{list(place.shape)}"
        raise BadValue(name, expected, f"{array.dtype}{list(array.shape)}")
    place[...] = array


def _put_scalar(place: NDArray[np.generic], name: str, value: float) -> None:
    """Write a number into a one-element array; BadValue where it does not fit the type."""
    try:
        place[0] = value
    except (TypeError, ValueError, OverflowError):
        raise BadValue(name, f"a number that fits {place.dtype}", repr(value)) from None
