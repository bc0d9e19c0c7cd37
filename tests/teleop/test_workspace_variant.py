"""Options that hold for a whole workspace are as it has them, or are refused with what it has."""

from pathlib import Path

import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.workspace import Workspace
from sidestick.policies.engines.local import LocalEngine
from sidestick.sim_envs.errors import BadValue, UnknownName, WorkspaceError
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.quickstart import Quickstart
from sidestick.teleop.quickstart_config import QuickstartConfig
from sidestick.teleop.workspace_variant import agreed_config


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A workspace with three items."""
    config = WorkspaceConfig("ShelfPick", env_kwargs={"num_items": 3})
    return Workspace.create(tmp_path / "ws", config).path


@pytest.mark.parametrize("task", [None, "ShelfPick"])
@pytest.mark.parametrize("variant", [{}, {"num_items": 3}, {"num_items": 3, "variation": "none"}])
def test_what_the_workspace_has_may_be_said_again(
    path: Path, task: str | None, variant: dict[str, object]
) -> None:
    """In part or in full, the task's defaults included."""
    assert agreed_config(path, task, variant) == Workspace.open(path).config


@pytest.mark.parametrize("task", [None, "ShelfPick"])
@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ({"num_items": 2}, "num_items 3.*asked for 2"),
        ({"num_items": 3, "variation": "mild"}, "variation none.*asked for mild"),
    ],
)
def test_anything_else_is_refused_with_what_it_has(
    path: Path, task: str | None, variant: dict[str, object], words: str
) -> None:
    """Whether or not the task is named: nothing is dropped without a word."""
    with pytest.raises(WorkspaceError, match=words):
        agreed_config(path, task, variant)


def test_another_task_is_refused(path: Path) -> None:
    """As is one that does not exist, and a keyword that the task does not take."""
    with pytest.raises(WorkspaceError, match=r"task ShelfPick.*asked for SortClothes"):
        agreed_config(path, "SortClothes")
    with pytest.raises(UnknownName):
        agreed_config(path, "Juggle")
    with pytest.raises(BadValue):
        agreed_config(path, None, {"wheels": 4})


def test_a_new_workspace_is_not_made_before_all_is_known(tmp_path: Path) -> None:
    """Only its configuration; without a task it is refused."""
    new = tmp_path / "new"
    assert agreed_config(new, "ShelfPick", {"num_items": 2}).env_kwargs == {"num_items": 2}
    with pytest.raises(BadValue):
        agreed_config(new, "ShelfPick", {"num_items": 0})
    with pytest.raises(WorkspaceError, match="no workspace"):
        agreed_config(new, None, {"num_items": 2})
    assert not new.exists()


def test_a_quickstart_does_not_go_on_in_a_workspace_of_another_size(path: Path) -> None:
    """A fast run's two items are not the whole run's six."""
    course = QuickstartConfig.fast()
    with Rollouts(course.config(), LocalEngine(1)) as rollouts:
        for other in (course, QuickstartConfig()):
            with pytest.raises(WorkspaceError, match="num_items 3"):
                Quickstart(path, other, rollouts)
