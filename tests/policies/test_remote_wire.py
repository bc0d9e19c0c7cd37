"""These tests pack and unpack messages of policy servers, also those that no honest one sends."""

from typing import Any

import msgspec
import numpy as np
import pytest

from sidestick.policies.remote.wire import MOST_BYTES, pack, unpack
from sidestick.sim_envs.errors import BadValue

PICTURE = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


def test_what_was_packed_is_unpacked() -> None:
    """Maps, lists, text, numbers, and arrays of every kind that is allowed, also odd shapes."""
    given = {
        "picture": PICTURE,
        "turned": PICTURE.transpose(1, 0, 2),
        "nothing": np.zeros((0, 3), np.float32),
        "single": np.float32(0.5),
        "scalar": np.array(2, np.int64),
        "deep": {"list": [1, "two", None, True, np.array([1.5, -2.0])]},
    }
    found = unpack(pack(given))
    assert found["picture"].dtype == np.uint8
    for key in ("picture", "turned", "nothing", "scalar"):
        assert np.array_equal(found[key], given[key])
        assert found[key].shape == np.shape(given[key])
    assert found["single"] == 0.5
    assert found["deep"]["list"][:4] == [1, "two", None, True]
    found["picture"][...] = 0  # it is the reader's own


def array(**changed: Any) -> bytes:
    """A message with an array, of whose parts some are not true."""
    parts = {"data": b"\x00" * 8, "dtype": "<f4", "shape": [2], **changed}
    kept = {key.encode(): value for key, value in parts.items() if value is not None}
    return msgspec.msgpack.encode({"a": {b"__ndarray__": True, **kept}})


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (b"\xc1", "msgpack"),
        (b"", "msgpack"),
        (b"\x91" * 2000, "msgpack|each other"),
        (b"\x91" * 40 + b"\x01", "each other"),
        (array(dtype="O"), "floats, integers"),
        (array(dtype="<U2"), "floats, integers"),
        (array(dtype="V8"), "floats, integers"),
        (array(dtype="(2,)<f4"), "floats, integers"),
        (array(dtype=["<f4"]), "floats, integers"),
        (array(dtype="nonsense"), "floats, integers"),
        (array(shape=[2**62, 4]), "the bytes of"),
        (array(shape=[-2]), "numbers from 0"),
        (array(shape=[1] * 40), "a shape"),
        (array(shape=None), "a shape"),
        (array(data=None), "bytes"),
        (array(data="text"), "bytes"),
    ],
)
def test_a_message_that_is_not_as_it_says_is_refused(message: bytes, said: str) -> None:
    """With what is wrong, and nothing but BadValue."""
    with pytest.raises(BadValue, match=said):
        unpack(message)


def test_neither_objects_nor_endless_messages_are_written_or_read() -> None:
    """Both ends refuse what could hide code, and what would not fit."""
    with pytest.raises(BadValue, match="numbers"):
        pack({"a": np.array([object()])})
    with pytest.raises(BadValue, match=str(MOST_BYTES)):
        unpack(bytes(MOST_BYTES + 1))
