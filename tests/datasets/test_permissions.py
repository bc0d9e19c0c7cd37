"""These tests use workspaces without write or read permission: one clear error at the start."""

import os
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.formats.registry import export
from sidestick.datasets.merge import merge
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.tables.listing import listing
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import WorkspaceError
from tests.synthetic import made_up_episode

NOBODY = 65534
CONFIG = WorkspaceConfig("ShelfPick", image_size=8)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """A workspace with two episodes that everybody may read and nobody may write."""
    folder = Path(tempfile.mkdtemp())
    made = Workspace.create(folder / "nur lesen é", CONFIG)
    for number in range(2):
        stem = f"20250101T00000{number}-00000000"
        episode = made_up_episode([0] * 4, number, image_size=8, episode_id=stem)
        episode.write(made.episodes_dir / f"{stem}.hdf5")
    made.rebuild_index()
    for path in folder.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)
    yield made
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(folder)


def as_nobody(work: Callable[[], object]) -> None:
    """Run a function in a process without privileges: root may write everywhere."""
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_whoever_wants_to_write_is_refused_at_the_start(workspace: Workspace) -> None:
    """A session, a repair, a merge and an export into it; none leaves files."""
    path = workspace.path

    def work() -> None:
        for write in (
            lambda: Recorder(Workspace.open(path)),
            lambda: Workspace.open(path).recover(),
            lambda: merge([path], path.with_name("other")),
            lambda: export(Workspace.open(path), "robomimic", path.with_name("out.hdf5")),
        ):
            with pytest.raises(WorkspaceError, match="Permission denied"):
                write()

    as_nobody(work)
    assert list(path.parent.iterdir()) == [path]


def test_reading_needs_no_right_to_write(workspace: Workspace) -> None:
    """Checking and listing work; an unreadable file is named."""

    def work() -> None:
        assert check(Workspace.open(workspace.path)).ok
        assert len(listing(Workspace.open(workspace.path)).rows) == 2

    as_nobody(work)
    workspace.episodes()[0].chmod(0)

    def less() -> None:
        problem = check(Workspace.open(workspace.path)).damaged[0]
        assert problem.reason == "no permission to read it"

    as_nobody(less)


def test_a_folder_that_may_not_be_looked_into_does_not_seem_empty(workspace: Workspace) -> None:
    """The workspace, or its episodes, belong to another user."""

    def work() -> None:
        with pytest.raises(WorkspaceError, match="no permission to read it"):
            Workspace.open(workspace.path)
        with pytest.raises(WorkspaceError, match="no permission to read it"):
            Workspace.open_or_create(workspace.path, CONFIG)

    for folder in (workspace.episodes_dir, workspace.path):
        folder.chmod(0)
        as_nobody(work)
        folder.chmod(0o555)
