"""`LazyClasses` are classes by name; the file of each is imported when it is first asked for.

The verbs of the command line, heads and kinds of vision are such: a list of their names must not
wait for PyTorch.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TypeVar

Kind = TypeVar("Kind")


class LazyClasses(Mapping[str, type[Kind]]):
    """A table that is read like a dictionary of classes."""

    def __init__(self, package: str, places: Mapping[str, tuple[str, str]]) -> None:
        """`places` are the file in `package` and the class in it, by name, in their order."""
        self._package, self._places = package, places

    def __getitem__(self, name: str) -> type[Kind]:
        file, kind = self._places[name]
        found: type[Kind] = getattr(import_module(f"{self._package}.{file}"), kind)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
