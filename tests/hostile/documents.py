"""Makers that spoil a document: JSON and TOML of the wrong kind, size or depth."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.hostile.place import Maker, Place

DEEP = 100_000
MARK = "@@here@@"
BROKEN: dict[str, bytes] = {
    "empty": b"",
    "null": b"null",
    "number": b"5",
    "text": b'"x"',
    "list": b"[1]",
    "object": b"{}",
    "cut": b'{"a": ',
    "deep lists": b"[" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "no UTF-8": b"\xff\xfe\x00{",
    "NUL": b'{"a": "\x00"}',
    "10^5000": b'{"a": 1' + b"0" * 5000 + b"}",
    "a mebibyte of blanks": b" " * 2**20 + b"{}",
}
"""Whole documents."""
ODD = [
    "null", "true", "-1", "1.5", "1e999", "NaN", "1" + "0" * 400, '""', '"\\u001b[2J[/x]\\u202e"',
    '"\\ud800"', "[]", "[1]", "[null]", '["x", ["y"]]', "{}", '{"a": {"b": []}}', "1e15",
    '"../../../x"', '"/etc/passwd"', "[" * 2000 + "]" * 2000, "1000000000",
    '"' + "x" * 100_000 + '"',
]  # fmt: skip
"""Values, as JSON."""
TOML_BROKEN: dict[str, bytes] = {
    "empty": b"",
    "no TOML": b"= 5",
    "no UTF-8": b'task = "\xff"',
    "deep lists": b"x = " + b"[" * DEEP + b"]" * DEEP,
    "deep tables": b"[" + b"a." * 20_000 + b"a]\nx = 1\n",
    "deep keys": b"a." * 20_000 + b"a = 1\n",
    "deep inline": b"x = " + b"{a=" * 5000 + b"1" + b"}" * 5000,
    "large number": b"control_hz = 1" + b"0" * 5000,
    "a mebibyte": b"# x\n" * 2**18,
    "many keys": b"".join(b"k%d = 1\n" % n for n in range(20_000)),
}
TOML_ODD = [
    "true", "-1", "0", "1.5", "inf", "nan", "1" + "0" * 400, '""', '"\\u001b[2J[/x]"', "[]", "[1]",
    '["x"]', "{}", "{a = 1}", "1979-05-27", '"../../x"', "9" * 18, '["a/b", "../c", ""]',
    '[{a = "RB"}]', "[" * 400 + "]" * 400,
]  # fmt: skip
"""Values, as TOML."""


def places(value: Any, most: int = 99) -> Iterator[tuple[str | int, ...]]:
    """The places of all values in a document, down to the first item of each list."""
    if most == 0:
        return
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = [(0, value[0])] if value else []
    for key, item in inner:
        yield (key,)
        yield from ((key, *rest) for rest in places(item, most - 1))


def with_value(document: Any, place: tuple[str | int, ...], text: str) -> str:
    """A JSON document with a JSON text at a place."""
    changed = json.loads(json.dumps(document))
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = MARK
    return json.dumps(changed).replace(f'"{MARK}"', text)


def without(document: Any, place: tuple[str | int, ...]) -> str:
    """A JSON document without what is at a place."""
    changed = json.loads(json.dumps(document))
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    del holder[place[-1]]
    return json.dumps(changed)


def json_makers(
    find: Callable[[Place], Path], sample: Any, each: int = 3
) -> Iterator[tuple[str, Maker]]:
    """Makers that spoil one JSON file, by name; `sample` is a sound document of its kind.

    At each place in it `each` of ODD are tried, in turn, and that it is missing.
    """
    for name, content in BROKEN.items():
        yield name, _writer(find, content)
    turn = 0
    for place in places(sample):
        where = ".".join(map(str, place))
        yield f"no {where}", _writer(find, without(sample, place).encode())
        for _ in range(each):
            odd = ODD[turn % len(ODD)]
            turn += 1
            text = with_value(sample, place, odd)
            yield f"{where} = {odd[:20]}", _writer(find, text.encode())


def toml_makers(
    find: Callable[[Place], Path], sample: dict[str, str]
) -> Iterator[tuple[str, Maker]]:
    """Makers that spoil a TOML file of these keys and texts of values, by name."""
    for name, content in TOML_BROKEN.items():
        yield name, _writer(find, content)
    for key in sample:
        for odd in TOML_ODD:
            lines = (f"{k} = {odd if k == key else v}" for k, v in sample.items())
            yield f"{key} = {odd[:20]}", _writer(find, "\n".join(lines).encode())
        rest = "\n".join(f"{k} = {v}" for k, v in sample.items() if k != key)
        yield f"no {key}", _writer(find, rest.encode())


def _writer(find: Callable[[Place], Path], content: bytes) -> Maker:
    def write(place: Place) -> None:
        path = find(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return write
