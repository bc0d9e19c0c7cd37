"""Entry points that are missing, broken, or of one name; no package is installed for these."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from sidestick.sim_envs import plug_ins
from sidestick.sim_envs.errors import PlugInError, UnknownName
from sidestick.sim_envs.plug_ins import Group
from sidestick.sim_envs.tasks import TASKS, task_class, task_names


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    """The entry points of all groups; fill it in."""
    points: list[EntryPoint] = []

    def entry_points(group: str) -> list[EntryPoint]:
        return [point for point in points if point.group == group]

    monkeypatch.setattr(plug_ins, "entry_points", entry_points)
    plug_ins._points.cache_clear()
    plug_ins.plug_in.cache_clear()
    yield points
    plug_ins._points.cache_clear()
    plug_ins.plug_in.cache_clear()


def point(name: str, value: str, group: Group = Group.TASKS) -> EntryPoint:
    """One declaration."""
    return EntryPoint(name, value, group.value)


def test_one_that_cannot_be_imported_costs_itself_alone(declared: list[EntryPoint]) -> None:
    """It is named with its error where it is asked for; the others are there."""
    declared += [point("Bad", "no_such_module:Bad"), point("Text", "os:sep")]
    assert task_names() == (*TASKS, "Bad", "Text")
    assert task_class("ShelfPick") is TASKS["ShelfPick"]
    with pytest.raises(PlugInError, match=r"'Bad'.*no_such_module:Bad: ModuleNotFoundError"):
        task_class("Bad")
    with pytest.raises(PlugInError, match="is no Task of that name"):
        task_class("Text")
    assert list(plug_ins.broken(Group.TASKS)) == ["Bad"]


def test_two_of_one_name_are_refused(declared: list[EntryPoint]) -> None:
    """Which of them would be meant, nobody can say; the same one found twice is one."""
    declared += [point("Twin", "os:sep"), point("Twin", "os:linesep"), point("Once", "os:sep")]
    declared.append(declared[-1])
    with pytest.raises(PlugInError, match=r"2 plug-ins .* have the name 'Twin'"):
        plug_ins.plug_in(Group.TASKS, "Twin")
    assert plug_ins.plug_in(Group.TASKS, "Once")


def test_the_name_of_something_built_in_is_refused(declared: list[EntryPoint]) -> None:
    """A package cannot put itself in the place of a task of ours."""
    declared.append(point("ShelfPick", "os:sep"))
    with pytest.raises(PlugInError, match="which is built in"):
        task_names()


def test_a_missing_one_is_said_with_those_that_there_are(declared: list[EntryPoint]) -> None:
    """By name."""
    declared.append(point("Mine", "os:sep"))
    with pytest.raises(UnknownName, match="ShelfPick"):
        task_class("Yours")
    with pytest.raises(PlugInError, match="installed: Mine"):
        plug_ins.plug_in(Group.TASKS, "Yours")
