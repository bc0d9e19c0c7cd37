"""A `Moment` is what the physics process answers after every command."""

import json
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ..environment import ArmEnv
from ..spaces import Image
from ..tasks.task import Status

_HEADER_BYTES = 512


@dataclass(frozen=True)
class Moment:
    """An environment right after a command."""

    status: Status
    state: NDArray[np.float64]
    """ArmEnv.state(), [S]."""
    sensed: dict[str, NDArray[np.float32]]
    """ArmEnv.proprioception()."""
    pictures: dict[str, Image]
    """ArmEnv.recorded_pictures(), square; empty where they were not asked for."""

    @classmethod
    def of(cls, env: ArmEnv, drawn: bool) -> "Moment":
        """The present moment of an environment."""
        pictures = env.recorded_pictures() if drawn else {}
        return cls(env.status, env.state(), env.proprioception(), pictures)

    def pack(self) -> bytes:
        """Bytes for a pipe, the inverse of unpack()."""
        sizes = {name: len(values) for name, values in self.sensed.items()}
        header = {"status": asdict(self.status), "state": len(self.state), "sensed": sizes}
        header["pictures"] = {name: len(picture) for name, picture in self.pictures.items()}
        parts = [self.state.tobytes(), *(values.tobytes() for values in self.sensed.values())]
        parts += [picture.tobytes() for picture in self.pictures.values()]
        return json.dumps(header).encode().ljust(_HEADER_BYTES) + b"".join(parts)

    @classmethod
    def unpack(cls, packed: bytes) -> "Moment":
        """The moment of pack()'s bytes."""
        header = json.loads(packed[:_HEADER_BYTES])
        state = np.frombuffer(packed, np.float64, header["state"], _HEADER_BYTES)
        sensed, offset = dict[str, NDArray[np.float32]](), _HEADER_BYTES + state.nbytes
        for name, size in header["sensed"].items():
            sensed[name] = np.frombuffer(packed, np.float32, size, offset)
            offset += 4 * size
        pictures = dict[str, Image]()
        for name, side in header["pictures"].items():
            shape = (side, side, 3)
            pictures[name] = np.frombuffer(packed, np.uint8, 3 * side**2, offset).reshape(shape)
            offset += pictures[name].nbytes
        return cls(Status(**header["status"]), state, sensed, pictures)
