"""Plug-ins are what installed packages add: worlds, tasks, heads, visions and devices, by name.

A package declares them as entry points of the groups below. Nothing is scanned or guessed, and one
that cannot be imported costs itself alone: it is named where it is asked for.
"""

import functools
from collections.abc import Iterable
from enum import Enum
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from .errors import PlugInError


class Group(Enum):
    """Kinds of plug-in; the value is the name of the entry points' group."""

    WORLDS = "sidestick.worlds"
    TASKS = "sidestick.tasks"
    HEADS = "sidestick.heads"
    VISIONS = "sidestick.visions"
    DEVICES = "sidestick.devices"


def plug_ins(group: Group) -> tuple[str, ...]:
    """The names of a group's plug-ins, sorted; importable or not."""
    return tuple(sorted({point.name for point in _points(group)}))


def is_plug_in(group: Group, name: str) -> bool:
    """Whether an installed package declares a plug-in of this name."""
    return any(point.name == name for point in _points(group))


def origin(group: Group, name: str) -> str:
    """The package that a plug-in comes from, with its version."""
    return _package(_point(group, name))


@functools.cache
def plug_in(group: Group, name: str) -> Any:
    """What a plug-in's entry point names; PlugInError says whose it is and why it cannot be had."""
    point = _point(group, name)
    try:
        return point.load()
    except Exception as error:
        raise PlugInError(
            f"plug-in {name!r} ({group.value}) of {_package(point)} cannot be imported from "
            f"{point.value}: {type(error).__name__}: {error}"
        ) from error


def broken(group: Group) -> dict[str, str]:
    """What is wrong with those of a group's plug-ins that cannot be had, by name."""
    found: dict[str, str] = {}
    for name in plug_ins(group):
        try:
            plug_in(group, name)
        except PlugInError as error:
            found[name] = str(error)
    return found


def require_own_names(group: Group, built_in: Iterable[str]) -> None:
    """Raise PlugInError where a plug-in has the name of something built in."""
    names = set(built_in)
    for name in plug_ins(group):
        if name in names:
            raise PlugInError(
                f"{origin(group, name)} declares {name!r} ({group.value}), which is built in; "
                "it must choose another name"
            )


@functools.cache
def _points(group: Group) -> tuple[EntryPoint, ...]:
    """The declared entry points, each package once however often it is on the path."""
    found = {(p.name, p.value, _package(p)): p for p in entry_points(group=group.value)}
    return tuple(found.values())


def _point(group: Group, name: str) -> EntryPoint:
    points = _points(group)
    named = [point for point in points if point.name == name]
    if len(named) > 1:
        owners = ", ".join(sorted(_package(point) for point in named))
        raise PlugInError(
            f"{len(named)} plug-ins ({group.value}) have the name {name!r}: of {owners}; "
            "uninstall one of them"
        )
    if not named:
        known = ", ".join(plug_ins(group)) or "none"
        raise PlugInError(
            f"no installed package declares {name!r} ({group.value}); installed: {known}"
        )
    return named[0]


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
