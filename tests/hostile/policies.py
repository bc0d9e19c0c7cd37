"""Makers of policies: settings and weights that lie, and odd files beside them."""

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.hostile.documents import BROKEN, json_makers
from tests.hostile.place import Maker, Place

PIN = {"policy": "0001", "why": "x", "created": 1.0}
ASIDE = {"why": "x", "by": "ada", "created": 1.0, "to": None}
METRICS = b'{"step": 1, "loss": 0.5}\n'
ROWS = [
    b"[1]\n", b"null\n", b"5\n", b'{"step": "x"}\n', b'{"step": null}\n', b'{"loss": 1e999}\n',
    b'{"step": 1, "loss": NaN}\n', b'{"step": 1' + b"0" * 400 + b"}\n", b"\xff\xfe\n", b"[" * 99999,
    b'{"step": [1]}\n', b'{"step": 1, "loss": {}}\n',
]  # fmt: skip


def read(path: Path) -> Any:
    """The sound document in a file."""
    return json.loads(path.read_text())


def document_makers(base: Place) -> Iterator[tuple[str, Maker]]:
    """Makers of odd config.json, gate.json, pin.json, set-aside.json and plan.json."""
    files: dict[str, tuple[Callable[[Place], Path], Any, int]] = {
        "config.json": (lambda p: p.policy / "config.json", read(base.policy / "config.json"), 2),
        "gate.json": (lambda p: p.policy / "gate.json", read(base.policy / "gate.json"), 3),
        "pin.json": (lambda p: p.ws / "policies/pin.json", PIN, 12),
        "set-aside.json": (lambda p: p.policy / "set-aside.json", ASIDE, 3),
        "plan.json": (
            lambda p: p.ws / "policies/staging/candidate/plan.json",
            read(base.policy / "plan.json"),
            4,
        ),
    }
    for name, (find, sample, each) in files.items():
        if name == "config.json":  # its long lists of numbers are one place each
            sample["novelty"]["values"] = sample["novelty"]["values"][:3]
        for case, make in json_makers(find, sample, each):
            yield f"{name}: {case}", make
    for number, row in enumerate(ROWS):
        yield f"metrics.jsonl: {number}", _metrics(row)
    for case, content in BROKEN.items():
        yield f"gate.json of a candidate: {case}", _candidate(content)


def _metrics(row: bytes) -> Maker:
    return lambda p: (p.policy / "metrics.jsonl").write_bytes(METRICS + row + METRICS)


def _candidate(gate: bytes) -> Maker:
    """A whole candidate with a gate's ruling of this content."""

    def make(place: Place) -> None:
        folder = place.ws / "policies/staging/candidate"
        folder.mkdir(parents=True, exist_ok=True)
        for path in place.policy.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        (folder / "gate.json").write_bytes(gate)

    return make


def safetensors(header: Any, body: bytes = b"", size: int | None = None) -> bytes:
    """A file of weights with this header, whatever it claims."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text + body


def tensor(shape: list[int], end: int, dtype: str = "F32") -> dict[str, Any]:
    """The entry of one tensor."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [0, end]}


WEIGHTS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda sound: b"",
    "half": lambda sound: sound[: len(sound) // 2],
    "no header": lambda sound: struct.pack("<Q", 2**63),
    "a header of 2^40": lambda sound: safetensors({}, size=2**40),
    "a header of 100 MB": lambda sound: safetensors(b"{" + b" " * 10**8 + b"}"),
    "a deep header": lambda sound: safetensors(b'{"a":' * 99_999),
    "a header that is a list": lambda sound: safetensors([]),
    "no tensors": lambda sound: safetensors({}),
    "a tensor of 2^60": lambda sound: safetensors({"a": tensor([2**58], 2**60)}),
    "a tensor that overflows": lambda sound: safetensors(
        {"a": tensor([2**33, 2**33], 8)}, b"8" * 8),
    "a tensor of 0 x 2^62": lambda sound: safetensors({"a": tensor([0, 2**62], 0)}),
    "negative offsets": lambda sound: safetensors({"a": tensor([-1], -4)}),
    "metadata that is deep": lambda sound: safetensors(
        {"__metadata__": {"sidestick": '{"a":' * 99_999}}),
    "metadata that is a list": lambda sound: safetensors({"__metadata__": {"sidestick": "[1]"}}),
    "metadata of numbers": lambda sound: safetensors({"__metadata__": {"sidestick": 5}}),
    "a pickle": lambda sound: b"\x80\x04cos\nsystem\n(S'touch /tmp/pwned'\ntR.",
    "a zip": lambda sound: b"PK\x03\x04" + bytes(99),
    "noise": lambda sound: sound[:-999] + np.random.default_rng(0).bytes(999),
    "NaN": lambda sound: sound[:-4000] + b"\xff\xff\xff\x7f" * 1000,
    "100 000 tensors": lambda sound: safetensors(
        {f"t{n}": tensor([0], 0) for n in range(100_000)}),
}  # fmt: skip
NPY: dict[str, bytes] = {
    "empty": b"",
    "text": b"x" * 99,
    "a pickle": b"\x93NUMPY\x01\x00\x46\x00" + b"{'descr': '|O', 'fortran_order': False, "
    b"'shape': (1,), }".ljust(69) + b"\n" + b"cos\nsystem\n(S'touch /tmp/pwned'\ntR.",
    "terabytes": b"\x93NUMPY\x01\x00\x76\x00" + b"{'descr': '<f4', 'fortran_order': False, "
    b"'shape': (20, 2, 1099511627776, 6), }".ljust(117) + b"\n",
    "negative": b"\x93NUMPY\x01\x00\x76\x00" + b"{'descr': '<f4', 'fortran_order': False, "
    b"'shape': (20, -2, 4, 6), }".ljust(117) + b"\n" + bytes(9999),
    "deep header": b"\x93NUMPY\x02\x00\xa0\x86\x01\x00" + b"(" * 99_999 + b"\n",
    "a header of 4 GB": b"\x93NUMPY\x02\x00\xff\xff\xff\xff",
    "another dtype": b"\x93NUMPY\x01\x00\x76\x00" + b"{'descr': [('a', '<f4')], "
    b"'fortran_order': False, 'shape': (20,), }".ljust(117) + b"\n" + bytes(80),
    "zeros of the right shape": b"\x93NUMPY\x01\x00\x76\x00" + b"{'descr': '<f4', "
    b"'fortran_order': False, 'shape': (20, 2, 3, 6), }".ljust(117) + b"\n" + bytes(20 * 36 * 4),
}  # fmt: skip


def weight_makers() -> Iterator[tuple[str, Maker]]:
    """Makers of odd weights, of the policy and of the workspace's perception."""
    for name, change in WEIGHTS.items():
        yield f"model: {name}", _changed(lambda p: p.policy / "model.safetensors", change)
        yield f"perception: {name}", _changed(lambda p: p.ws / "perception.safetensors", change)


def cache_makers() -> Iterator[tuple[str, Maker]]:
    """Makers of odd caches."""
    for name, content in NPY.items():
        yield f"cache: {name}", _cached(content)
    yield "cache: a hole of a tebibyte", _cached(NPY["terabytes"], 2**40)


def _cached(content: bytes, size: int = 0) -> Maker:
    def make(place: Place) -> None:
        for path in (place.ws / "cache").rglob("*.npy"):
            with path.open("wb") as file:
                file.write(content)
                if size:
                    file.truncate(size)

    return make


def _changed(find: Callable[[Place], Path], change: Callable[[bytes], bytes]) -> Maker:
    return lambda place: find(place).write_bytes(change(find(place).read_bytes()))
