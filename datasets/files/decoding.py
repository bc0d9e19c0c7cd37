"""`decoded`, `parsed_json` and `parsed_toml` are the one door for documents of strangers.

They take a text, or values that were read from one, and give what a typed schema says, or a
BadValue with the field, what was expected and what came. Nothing else comes out: no depth, size or
kind of value ends in another error.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

import msgspec

from ...sim_envs.errors import BadValue
from .names import shown

DEEPEST = 50
"""Levels of lists and tables within each other; ours have up to eight."""
MOST_BYTES = 2**26
"""Longest JSON text that is parsed."""
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(rf"(?<![\w.-])(?:{_PART}[ \t]*+\.[ \t]*+){{{DEEPEST}}}")
T = TypeVar("T")


def decoded(value: object, schema: type[T], name: str, closed: bool = False) -> T:
    """A value as its schema has it: a dataclass or Struct, with numbers and texts in bounds.

    `name` says in errors what it is. BadValue where it does not fit, or, if the schema is `closed`,
    has other keys.
    """
    if closed and isinstance(value, Mapping):
        known = {item.name for item in fields(schema)}  # type: ignore[arg-type]  # of dataclasses
        if unknown := sorted(set(value) - known, key=str):
            raise BadValue(name, f"its own fields, {', '.join(sorted(known))}", shown(unknown))
    try:
        return msgspec.convert(value, schema, strict=True)
    except msgspec.ValidationError as error:
        raise _bad_value(value, name, str(error)) from None
    except RecursionError:
        raise BadValue(name, f"at most {DEEPEST} levels", "a deeper one") from None
    except (ValueError, OverflowError) as error:  # of text that is no Unicode
        raise BadValue(name, "values in bounds", shown(str(error))) from None


def parsed_json(text: str | bytes, name: str, most: int = MOST_BYTES) -> Any:
    """The value of a JSON text; BadValue for one that is none, too long, too deep or no Unicode."""
    if len(text) > most:
        raise BadValue(name, f"at most {most} bytes of JSON", len(text))
    try:
        value = json.loads(text)
    except RecursionError:
        raise BadValue(name, f"JSON of at most {DEEPEST} levels", "a deeper one") from None
    except ValueError as error:
        raise BadValue(name, "JSON", str(error)) from None
    require_text(value, name)
    return value


def parsed_toml(text: bytes, name: str) -> dict[str, Any]:
    """The tables of a TOML text; BadValue for one that is none, or too deep.

    Keys of thousands of parts, which would take the square of their number, are not parsed.
    """
    try:
        told = text.decode()
        if _LONG_KEY.search(told):
            raise BadValue(name, f"keys of at most {DEEPEST} parts", "a longer one")
        value = tomllib.loads(told)
    except RecursionError:
        raise BadValue(name, f"TOML of at most {DEEPEST} levels", "a deeper one") from None
    except BadValue:
        raise
    except ValueError as error:
        raise BadValue(name, "TOML", str(error)) from None
    require_text(value, name)
    return value


def require_text(value: object, name: str, level: int = 0) -> None:
    """Raise BadValue where a value is nested too deeply, or holds text that is no Unicode."""
    if level > DEEPEST:
        raise BadValue(name, f"at most {DEEPEST} levels", "a deeper one")
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise BadValue(name, "text in Unicode", shown(value))
    elif isinstance(value, dict):
        for key, inner in value.items():
            require_text(key, name, level + 1)
            require_text(inner, name, level + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            require_text(inner, name, level + 1)


def _bad_value(value: object, name: str, said: str) -> BadValue:
    """msgspec's message as field, what was expected and what came."""
    reason, _, at = said.partition(" - at `$")
    at = at.rstrip("`").removeprefix(".")
    if not reason.startswith("Expected"):  # such as a key that is missing
        return BadValue(f"{name}: {at}" if at else name, "a whole one", reason.replace("`", ""))
    expected = reason.removeprefix("Expected ").partition(", got ")[0].replace("`", "")
    try:
        got = shown(_at(value, at))
    except (LookupError, TypeError, ValueError):  # the place is that of a list's any item
        got = reason.partition(", got ")[2].replace("`", "") or "another"
    return BadValue(f"{name}: {at}" if at else name, expected, got)


def _at(value: Any, place: str) -> object:
    """What lies at a place such as `policy.cameras[1]` in a document."""
    for part in re.findall(r"[^.\[\]]+", place):
        value = value[int(part)] if isinstance(value, list | tuple) else value[part]
    return value
