"""`pack` and `unpack` turn observations and plans into msgpack bytes, and back.

Arrays travel as openpi's policy servers send and expect them: a map with their bytes, type and
shape. Nothing but numbers, text, lists and maps can be said, so that reading runs no code.
"""

import math
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import BadValue

ARRAY, NUMBER = b"__ndarray__", b"__npgeneric__"
"""Keys that mark a map as an array, and as a single number of numpy's."""
DATA, TYPE, SHAPE = b"data", b"dtype", b"shape"
KINDS = "fiub"
"""numpy's letters for the types that are allowed: floats, integers, booleans."""
MOST_AXES = 8
MOST_BYTES = 2**26
"""Of a message: sixteen pictures of 1000 x 1000 and more."""
DEPTH = 16
"""Maps and lists within each other."""


def pack(value: object) -> bytes:
    """A message's bytes; `value` consists of maps, lists, text, numbers and arrays."""
    return msgspec.msgpack.encode(_plain(value))


def unpack(message: bytes) -> Any:
    """The inverse of pack(); BadValue, a ValueError, for anything else."""
    if len(message) > MOST_BYTES:
        raise BadValue("message", f"at most {MOST_BYTES} bytes", len(message))
    try:
        return _arrays(msgspec.msgpack.decode(message))
    except (msgspec.DecodeError, RecursionError, TypeError) as error:
        raise BadValue("message", "msgpack", error) from None


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in KINDS:
            raise BadValue("array", "numbers", value.dtype)
        array = np.ascontiguousarray(value)
        # ascontiguousarray gives an array without axes one axis
        return {ARRAY: True, DATA: array.tobytes(), TYPE: array.dtype.str, SHAPE: value.shape}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _arrays(value: object, depth: int = 0) -> Any:
    if depth > DEPTH:
        raise BadValue("message", f"at most {DEPTH} maps and lists within each other", "more")
    if isinstance(value, dict):
        plain = {_text(key): item for key, item in value.items()}
        if ARRAY.decode() in plain:
            return _array(plain)
        if NUMBER.decode() in plain:
            return plain.get(DATA.decode())
        return {key: _arrays(item, depth + 1) for key, item in plain.items()}
    if isinstance(value, list):
        return [_arrays(item, depth + 1) for item in value]
    return value


def _array(given: dict[Any, Any]) -> NDArray[Any]:
    data, kind, shape = (given.get(key.decode()) for key in (DATA, TYPE, SHAPE))
    if not isinstance(data, bytes) or not isinstance(shape, list) or len(shape) > MOST_AXES:
        raise BadValue("array", "bytes, a type and a shape", f"{type(data).__name__}, {shape}")
    if not all(isinstance(side, int) and side >= 0 for side in shape):
        raise BadValue("array's shape", "numbers from 0", shape)
    dtype = _dtype(_text(kind))
    if math.prod(shape) * dtype.itemsize != len(data):
        raise BadValue("array", f"the bytes of {dtype}{shape}", f"{len(data)} bytes")
    return np.frombuffer(data, dtype).reshape(shape).copy()


def _dtype(name: object) -> "np.dtype[Any]":
    try:
        found = np.dtype(name) if isinstance(name, str) and len(name) < 16 else None
    except (TypeError, ValueError):
        found = None
    if found is None or found.kind not in KINDS or found.subdtype or found.names:
        raise BadValue("array's type", "floats, integers or booleans", name)
    return found


def _text(key: object) -> object:
    """Keys of other writers are bytes."""
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else key
