"""`with_plain_help` gives the options of a verb the texts and words that its help shows.

A docstring of several lines becomes one paragraph; tyro would keep its line breaks. An option that
is None unless given is shown by the words that it takes: its text says what holds without it.
"""

import ast
import inspect
import textwrap
from dataclasses import Field, fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from tyro.conf import arg

from .command_words import members_of, without_notes

WORDS = {int: "INT", float: "FLOAT", str: "STR", Path: "PATH"}
"""What stands for the value of an option of each type."""


def with_plain_help(kind: type) -> list[tuple[str, Any, Field[Any]]]:
    """Name, annotated type and field of each option; what its class says itself is kept."""
    hints, texts = get_type_hints(kind, include_extras=True), texts_of(kind)
    found = []
    for item in fields(kind):
        plain, notes = without_notes(hints[item.name])
        said: dict[str, Any] = {"help": texts.get(item.name)}
        if item.default in (None, "", ()):
            said |= {"help_behavior_hint": "", "metavar": _words(plain)}
        if not is_dataclass(plain):
            notes = [arg(**said), *notes]
        found.append((item.name, Annotated[(plain, *notes)] if notes else plain, item))
    return found


def texts_of(kind: type) -> dict[str, str]:
    """The docstring under each field of a class and of those that it inherits from, in a line."""
    found: dict[str, str] = {}
    for part in reversed([part for part in kind.__mro__ if is_dataclass(part)]):
        try:
            source = inspect.getsource(part)
        except OSError:  # it is not there, or was changed since: help goes without
            continue
        (tree,) = ast.parse(textwrap.dedent(source)).body
        assert isinstance(tree, ast.ClassDef)
        for item, below in pairwise(tree.body):
            match item, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    found[name] = " ".join(text.split())
    return found


def _words(plain: Any) -> str | None:
    """What stands for the value of an option that may be None; None leaves it to tyro."""
    for part in get_args(plain):
        for note in without_notes(part)[1]:
            if own := getattr(note, "metavar", None):
                return str(own)
    kinds = [member for member in members_of(plain) if member is not type(None)]
    if len(kinds) != 1:
        return None
    if get_origin(kinds[0]) is Literal:
        return "{" + ",".join(map(str, get_args(kinds[0]))) + "}"
    return WORDS.get(kinds[0])
