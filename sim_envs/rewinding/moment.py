"""A `Moment` is what the physics process answers after every command."""

import json
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ..environment import ArmEnv
from ..spaces import Image
from ..tasks.task import Status

_SIZE_BYTES = 8
"""Of the header's length; the header is padded to a multiple of as many, for float64."""


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
        told = json.dumps(header).encode()
        told += b" " * (-len(told) % _SIZE_BYTES)
        return b"".join([len(told).to_bytes(_SIZE_BYTES), told, *parts])

    @classmethod
    def unpack(cls, packed: bytes) -> "Moment":
        """The moment of pack()'s bytes."""
        begin = _SIZE_BYTES + int.from_bytes(packed[:_SIZE_BYTES])
        header = json.loads(packed[_SIZE_BYTES:begin])
        state = np.frombuffer(packed, np.float64, header["state"], begin)
        sensed, offset = dict[str, NDArray[np.float32]](), begin + state.nbytes
        for name, size in header["sensed"].items():
            sensed[name] = np.frombuffer(packed, np.float32, size, offset)
            offset += 4 * size
        pictures = dict[str, Image]()
        for name, side in header["pictures"].items():
            shape = (side, side, 3)
            pictures[name] = np.frombuffer(packed, np.uint8, 3 * side**2, offset).reshape(shape)
            offset += pictures[name].nbytes
        return cls(Status(**header["status"]), state, sensed, pictures)
