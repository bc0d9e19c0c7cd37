"""These tests put links, pipes and devices into a workspace: nothing outside is touched or read."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from unittest import mock

import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EventEntry, EventKind
from sidestick.datasets.files.durable import copy_file, replace_file
from sidestick.datasets.files.lock import FileLock
from sidestick.datasets.files.plain_file import (
    bytes_of,
    open_plain,
    own_folder,
    read_plain,
    remove,
    require_no_link,
)
from sidestick.datasets.hdf5 import readable_reason
from sidestick.datasets.journal import Journal
from sidestick.datasets.merge import merge
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.workspace import Workspace
from sidestick.datasets.workspace_place import FOLDERS
from sidestick.sim_envs.errors import DamagedFile, RecordingError, WorkspaceError
from tests.synthetic import made_up_episode, made_up_header, made_up_steps

SIZE = 8
STEM = "20250101T000000-00000000"
PRECIOUS = b"precious"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with one episode and a database."""
    made = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=SIZE))
    episode = made_up_episode([-1] * 6, image_size=SIZE, episode_id=STEM)
    episode.write(made.episodes_dir / f"{STEM}.hdf5")
    Database(made.db_path).add_event(EventEntry(EventKind.SWAP))
    made.rebuild_index()
    return made


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """Somebody's file outside the workspace."""
    path = tmp_path / "precious.txt"
    path.write_bytes(PRECIOUS)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Somebody's folder outside the workspace, with names that a workspace clears away."""
    names = ("photo.jpg", "x.journal", ".x.hdf5.tmp", ".x.hdf5.1a2b.tmp", ".x.journal.1a2b.tmp")
    (tmp_path / "home").mkdir()
    for name in names:
        (tmp_path / "home" / name).write_bytes(PRECIOUS)
    return tmp_path / "home"


def record(workspace: Workspace) -> None:
    """Record one episode."""
    with Recorder(workspace) as recorder:
        recorder.start(made_up_header())
        for step in made_up_steps([-1] * 3, image_size=SIZE):
            recorder.append(step)
        recorder.finish(None, None, True).result()


VERBS: list[Callable[[Workspace], object]] = [
    record,
    lambda workspace: workspace.recover(),
    lambda workspace: check(workspace, repair=True),
    lambda workspace: Database(workspace.db_path).add_event(EventEntry(EventKind.SWAP)),
    lambda workspace: merge([workspace.path], workspace.path.with_name("other")),
]


@pytest.mark.parametrize(
    "name",
    [
        ".dataset.hdf5.tmp", ".workspace.toml.tmp", "journal/session.lock", "journal/index.lock",
        "journal/x.journal", "journal/.x.journal.1a2b.tmp", "dataset.hdf5", "sidestick.db-wal",
        "sidestick.db-journal", "episodes/x.hdf5", "episodes/.x.hdf5.tmp", "trash/x.hdf5",
    ],
)  # fmt: skip
@pytest.mark.parametrize("verb", VERBS)
def test_a_link_in_place_of_a_file_is_not_written_through(
    workspace: Workspace, precious: Path, name: str, verb: Callable[[Workspace], object]
) -> None:
    """The link is refused, replaced or removed; what it leads to stays as it is."""
    place = workspace.path / name
    remove(place)
    place.symlink_to(precious)
    with suppress(WorkspaceError, RecordingError, DamagedFile):
        verb(workspace)
    assert precious.read_bytes() == PRECIOUS


def test_a_database_that_is_a_link_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    """Not a table is made in somebody else's database."""
    theirs = tmp_path / "theirs.db"
    theirs.write_bytes(b"")
    workspace.db_path.unlink()
    workspace.db_path.symlink_to(theirs)
    for act in (Database.events, Database.problems, lambda d: d.add_event(EventEntry("swap"))):
        with pytest.raises(DamagedFile, match="a link"):
            act(Database(workspace.db_path))
    assert theirs.read_bytes() == b""


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_that_is_a_link_is_refused(workspace: Workspace, home: Path, name: str) -> None:
    """Neither is anything removed there, nor made, by whoever had it open already or opens it."""
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    remove(workspace.path / name)
    (workspace.path / name).symlink_to(home)
    with pytest.raises(WorkspaceError, match=f"{name}: a link"):
        Workspace.open(workspace.path)
    with pytest.raises(WorkspaceError, match=f"{name}: a link"):
        workspace.recover()
    with pytest.raises(WorkspaceError, match=f"{name}: a link"):
        workspace.lock()
    with pytest.raises(WorkspaceError, match=f"{name}: a link"):
        Workspace.open_or_create(workspace.path, workspace.config)
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before


def test_a_link_to_an_episode_elsewhere_is_named_and_left_out(
    workspace: Workspace, tmp_path: Path
) -> None:
    """What a foreign workspace points at is not merged, exported or counted."""
    private = tmp_path / f"{STEM}.hdf5"
    (workspace.episodes_dir / f"{STEM}.hdf5").rename(private)
    (workspace.episodes_dir / f"{STEM}.hdf5").symlink_to(private)
    assert workspace.episodes() == []
    assert "outside the workspace" in check(workspace).damaged[0].reason
    assert merge([workspace.path], tmp_path / "other").episodes == 0


def odd(kind: str, path: Path) -> None:
    """Put something that is no file under a name."""
    remove(path)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        os.chdir(path.parent)  # the path of a socket is at most 107 bytes long
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "socket"])
@pytest.mark.timeout(60)
def test_nothing_waits_for_what_is_no_file(
    workspace: Workspace, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of an episode, a journal, a lock, the index, the database and workspace.toml."""
    monkeypatch.chdir(workspace.path)
    odd(kind, workspace.episodes_dir / "20200101T000000-00000000.hdf5")
    odd(kind, workspace.journal_dir / "20200101T000000-00000000.journal")
    odd(kind, workspace.path / "dataset.hdf5")
    named = {problem.file for problem in check(workspace).damaged}
    assert named == {"episodes/20200101T000000-00000000.hdf5", "dataset.hdf5"}
    if kind != "folder":
        workspace.recover()
        assert list(workspace.journal_dir.glob("*.damaged"))
    odd(kind, workspace.db_path)
    with pytest.raises(DamagedFile):
        Database(workspace.db_path).events()
    odd(kind, workspace.path / "workspace.toml")
    with pytest.raises(WorkspaceError, match="cannot be read"):
        Workspace.open(workspace.path)
    odd(kind, workspace.journal_dir / "session.lock")
    with pytest.raises(WorkspaceError, match=r"session\.lock"):
        workspace.lock()


def test_large_files_are_not_read_whole(tmp_path: Path) -> None:
    """A workspace.toml of a terabyte costs nothing."""
    workspace = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick"))
    with (workspace.path / "workspace.toml").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(WorkspaceError, match="larger than"):
        Workspace.open(workspace.path)


def test_files_are_replaced_and_copied_beside_links(tmp_path: Path, precious: Path) -> None:
    """A link under the target's own name is replaced, not followed; nothing is left behind."""
    target = tmp_path / "ws.toml"
    target.symlink_to(precious)
    (tmp_path / ".ws.toml.tmp").symlink_to(precious)
    replace_file(target, b"new")
    assert (target.read_bytes(), target.is_symlink()) == (b"new", False)
    copy_file(precious, target)
    assert target.read_bytes() == PRECIOUS == precious.read_bytes()
    assert len(list(tmp_path.glob(".ws.toml.*.tmp"))) == 0


@pytest.mark.parametrize("place", ["file", "folder"])
def test_a_file_that_is_not_finished_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """By Ctrl-C while it is written, or since a folder has its name; what was there stays."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"old")
    if place == "file":
        stop = mock.Mock(side_effect=KeyboardInterrupt)
        monkeypatch.setattr("sidestick.datasets.files.durable.os.fsync", stop)
    with pytest.raises((KeyboardInterrupt, OSError)):
        replace_file(tmp_path / place, b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} == {"file", "folder"}


def test_many_writers_of_one_file_leave_one_of_their_contents(tmp_path: Path) -> None:
    """Each has a temporary file of its own."""
    target = tmp_path / "file"
    contents = [bytes([n]) * 200_000 for n in range(8)]
    threads = [threading.Thread(target=replace_file, args=(target, c)) for c in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_bytes() in contents
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_plain_files_are_opened_as_asked(tmp_path: Path, precious: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(precious)
    assert read_plain(precious, 8) == read_plain(link, 8, links=True) == PRECIOUS
    for path, most in ((precious, 7), (link, 8), (tmp_path, 8), (tmp_path / "none", 8)):
        with pytest.raises(OSError, match=r"larger|link|directory"):
            read_plain(path, most)
    with pytest.raises(WorkspaceError, match="a link"):
        own_folder(link)
    os.close(open_plain(tmp_path / "made", os.O_RDWR | os.O_CREAT))


def test_a_name_below_a_plain_file_is_missing(tmp_path: Path) -> None:
    """As anything that does not exist: no error of the system's."""
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "0001.hdf5"
    assert readable_reason(path, "") == "there is no such file"
    assert bytes_of(path) == 0


def test_a_file_that_another_program_removes_meanwhile_is_missing(tmp_path: Path) -> None:
    """SQLite's side files come and go at any moment: looking at one that vanishes is no error."""
    path, over = tmp_path / "sidestick.db-journal", threading.Event()

    def come_and_go() -> None:
        while not over.is_set():
            path.touch()
            path.unlink()

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        for _ in range(2000):
            assert readable_reason(path, "") in ("empty", "there is no such file")
            assert bytes_of(path) == 0
            require_no_link(path)
    finally:
        over.set()
        other.join()


def test_removing_a_link_leaves_what_it_leads_to(tmp_path: Path, home: Path) -> None:
    (tmp_path / "link").symlink_to(home)
    remove(tmp_path / "link")
    remove(tmp_path / "link")
    assert (home / "photo.jpg").exists()
    assert not (tmp_path / "link").is_symlink()


def test_a_lock_that_another_keeps_is_waited_for_only_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped process that holds the index does not stop all others for ever, and is named."""
    monkeypatch.setattr("sidestick.datasets.files.lock.WAIT_S", 0.05)
    holder = FileLock(tmp_path / "index.lock")
    assert holder.acquire()
    with pytest.raises(TimeoutError, match=str(os.getpid())), FileLock(tmp_path / "index.lock"):
        pass
    holder.release()
    with FileLock(tmp_path / "index.lock"):
        pass


def test_a_journal_is_locked_before_it_can_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recovery at any moment between finds nothing to take away."""
    seen = []

    def reserve(fd: int, size: int) -> None:
        seen.extend(tmp_path.glob("*.journal"))
        Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick")).recover()

    monkeypatch.setattr("sidestick.datasets.journal._reserve", reserve)
    Journal(tmp_path / "a.journal").close()
    assert seen == []
    assert [path.name for path in tmp_path.glob("*.journal*")] == ["a.journal"]


def test_a_journal_survives_that_its_nameless_file_is_cleared_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recovery came between making and locking: the file is made anew."""
    taken = []

    def take(fd: int) -> bool:
        from sidestick.datasets.files import lock

        lock._held.add(fd)
        if not taken:
            taken.append(fd)
            next(tmp_path.glob(".a.journal.*.tmp")).unlink()
        return True

    monkeypatch.setattr("sidestick.datasets.files.lock.take", take)
    journal = Journal(tmp_path / "a.journal")
    journal.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.journal"]


def test_a_journal_of_that_name_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.journal").write_bytes(PRECIOUS)
    with pytest.raises(FileExistsError):
        Journal(tmp_path / "a.journal")
    assert [path.name for path in tmp_path.iterdir()] == ["a.journal"]
    assert (tmp_path / "a.journal").read_bytes() == PRECIOUS


@pytest.mark.timeout(600)
def test_recoveries_at_once_lose_nothing_and_refuse_nobody(workspace: Workspace) -> None:
    """Several processes that recover the same workspace all go on."""
    with Recorder(workspace) as recorder:
        recorder.start(made_up_header(), "first")
        for step in made_up_steps([-1] * 3, image_size=SIZE):
            recorder.append(step)
        content = (workspace.journal_dir / "first.journal").read_bytes()
        recorder.discard()
    for number in range(6):
        (workspace.journal_dir / f"of-{number}.journal").write_bytes(content)
    script = "import sys; from sidestick.datasets.api import Workspace as W; W.open(sys.argv[1])"
    command = [sys.executable, "-c", f"{script}.recover()", str(workspace.path)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate()[1] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert len(workspace.episodes()) == 7
    assert not list(workspace.journal_dir.glob("*.journal*"))
    assert not list(workspace.path.rglob("*.tmp"))


def test_what_killed_processes_left_is_cleared_away(workspace: Workspace) -> None:
    """Half-made files of dead processes; one that a living process locks stays."""
    left = ["episodes/.a.hdf5.tmp", "trash/.a.hdf5.1a2b.tmp", "journal/.a.journal.1a2b.tmp"]
    for name in [*left, ".dataset.hdf5.1a2b.tmp", "journal/.b.journal.1a2b.tmp"]:
        (workspace.path / name).write_bytes(b"half")
    living = FileLock(workspace.journal_dir / ".b.journal.1a2b.tmp")
    assert living.acquire()
    assert {problem.file for problem in check(workspace).damaged} == set(left[:2])
    workspace.recover()
    names = [path.name for path in workspace.path.rglob("*.tmp")]
    assert names == [".b.journal.1a2b.tmp"]
    living.release()
    time.sleep(0)
    workspace.recover()
    assert not list(workspace.path.rglob("*.tmp"))
