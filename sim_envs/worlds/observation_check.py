"""`check_observation` compares what a world shows with what its spec says that it shows."""

import numpy as np

from ..errors import WorldFailed
from ..spaces import Observation
from .spec import WorldSpec


def check_observation(spec: WorldSpec, observation: Observation) -> None:
    """Raise WorldFailed where an observation is not as the spec says: key, expected, got."""
    side = spec.image_size
    expected: dict[str, tuple[str, tuple[int, ...]]] = {
        f"{camera}_image": ("uint8", (side, side, 3)) for camera in spec.cameras
    }
    expected |= {reading.name: ("float32", (reading.size,)) for reading in spec.readings}
    expected["goal"] = ("float32", (len(spec.goal_names),))
    for key in sorted(expected.keys() | observation.keys()):
        if key not in expected or key not in observation:
            wanted = _shape(*expected[key]) if key in expected else "no such entry"
            got = "nothing" if key not in observation else "one"
            raise WorldFailed(f"{spec.task}: observation {key}: expected {wanted}, got {got}")
        value = np.asarray(observation[key])
        dtype, shape = expected[key]
        if value.dtype != dtype or value.shape != shape:
            got = _shape(value.dtype, value.shape)
            raise WorldFailed(
                f"{spec.task}: observation {key}: expected {_shape(dtype, shape)}, got {got}"
            )
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise WorldFailed(
                f"{spec.task}: observation {key}: expected finite numbers, got {value.tolist()}"
            )


def _shape(dtype: object, shape: tuple[int, ...]) -> str:
    return f"{dtype}{list(shape)}"
