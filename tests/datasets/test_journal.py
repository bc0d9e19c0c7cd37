import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidestick.datasets.files import lock
from sidestick.datasets.files.lock import FileLock
from sidestick.datasets.journal import HEAD, Journal, RecordKind, frame, records
from sidestick.sim_envs.errors import RecordingError

BODIES = st.lists(st.binary(max_size=40), max_size=8)
ROOM = 4096


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "a.journal", reserve=ROOM)
    yield made
    made.close()


def bodies(content: bytes) -> list[bytes]:
    """The bodies of all complete records."""
    data = np.frombuffer(content, np.uint8)
    return [content[start:stop] for _, start, stop in records(data)]


def framed(body: bytes) -> bytes:
    """A body as a record."""
    buffer = bytearray(HEAD.size) + body
    frame(buffer, RecordKind.STEP)
    return bytes(buffer)


@given(BODIES, st.integers(0, 500), st.integers(0, 64))
def test_whatever_is_torn_off_the_end_the_whole_records_before_it_are_read(
    written: list[bytes], torn: int, zeros: int
) -> None:
    """Cut at any byte, with or without reserved zeros: exactly the complete records."""
    content = b"".join(map(framed, written))
    cut = min(torn, len(content))
    whole, end = 0, 0
    for body in written:
        end += HEAD.size + len(body)
        whole += end <= cut
    assert bodies(content[:cut]) == written[:whole]
    # zeros may complete a body that ended in zeros, so compare as a prefix
    with_room = bodies(content[:cut] + bytes(zeros))
    assert with_room[:whole] == written[:whole]
    assert with_room == written[: len(with_room)]


@given(BODIES.filter(bool), st.data())
def test_a_flipped_bit_ends_the_reading_before_it(
    written: list[bytes], data: st.DataObject
) -> None:
    """No damaged record is ever read; those before it are."""
    content = bytearray(b"".join(map(framed, written)))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    ends = np.cumsum([HEAD.size + len(body) for body in written])
    assert bodies(bytes(content)) == written[: int((ends <= at).sum())]


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(content: bytes) -> None:
    """An unrelated file is no crash and no endless loop."""
    assert sum(map(len, bodies(content))) <= len(content)


def test_what_is_appended_is_in_the_file_at_once(journal: Journal) -> None:
    """Another reader sees a record before anything is synced or closed."""
    journal.append(RecordKind.HEADER, b"{}")
    journal.append(RecordKind.STEP, b"one")
    assert bodies(journal.path.read_bytes()) == [b"{}", b"one"]


def test_the_reserved_room_is_there_before_the_first_record_and_gone_after_the_last(
    journal: Journal,
) -> None:
    """Space is reserved at the start; settling cuts the file to what was written."""
    assert journal.path.stat().st_size == ROOM
    assert bodies(journal.path.read_bytes()) == []
    journal.append(RecordKind.STEP, b"one")
    journal.settle()
    assert journal.path.stat().st_size == journal.end == HEAD.size + 3


def test_a_journal_grows_beyond_its_reserved_room(journal: Journal) -> None:
    """The reservation is a floor, not a limit."""
    for number in range(10):
        journal.append(RecordKind.STEP, bytes([number + 1]) * 1000)
    assert len(bodies(journal.path.read_bytes())) == 10


def test_a_short_write_is_cut_back_to_the_last_whole_record(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk accepts half a record: the file ends with the record before."""
    journal.append(RecordKind.STEP, b"kept")
    real = os.pwrite

    def full_disk(fd: int, data: memoryview, offset: int) -> int:
        if offset > journal.end:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data[:5], offset)

    monkeypatch.setattr(os, "pwrite", full_disk)
    with pytest.raises(RecordingError, match="No space left"):
        journal.append(RecordKind.STEP, b"lost entirely")
    assert journal.path.stat().st_size == journal.end
    monkeypatch.undo()
    journal.append(RecordKind.STEP, b"after space was freed")
    assert bodies(journal.path.read_bytes()) == [b"kept", b"after space was freed"]


def test_a_full_disk_is_found_before_the_episode_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where space cannot be reserved, an error is raised and no file is left."""

    def full_disk(fd: int, offset: int, size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full_disk)
    with pytest.raises(RecordingError, match="no room on disk"):
        Journal(tmp_path / "a.journal", reserve=1 << 20)
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_that_cannot_reserve_is_recorded_to_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every file system can reserve space."""

    def unsupported(fd: int, offset: int, size: int) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "posix_fallocate", unsupported)
    journal = Journal(tmp_path / "a.journal", reserve=1 << 20)
    journal.append(RecordKind.STEP, b"one")
    journal.close()
    assert bodies((tmp_path / "a.journal").read_bytes()) == [b"one"]


def test_a_real_limit_on_the_file_keeps_every_whole_record(tmp_path: Path) -> None:
    """When the kernel limits the file's size, it ends with the last complete record."""
    script = """
import resource, sys
from pathlib import Path
from sidestick.sim_envs.errors import RecordingError
from sidestick.datasets.journal import Journal, RecordKind
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
journal = Journal(Path(sys.argv[1]))
try:
    while True:
        journal.append(RecordKind.STEP, b"x" * 900)
except RecordingError as error:
    print(error)
journal.close()
"""
    path = tmp_path / "a.journal"
    ran = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=True
    )
    assert "File too large" in ran.stdout
    assert bodies(path.read_bytes()) == [b"x" * 900] * 10
    assert path.stat().st_size == 10 * (900 + HEAD.size)


def test_a_journal_is_locked_until_it_is_closed(tmp_path: Path) -> None:
    """Recovery must not take a journal that is being recorded."""
    journal = Journal(tmp_path / "a.journal")
    fd = os.open(journal.path, os.O_RDWR)
    assert not lock.take(fd)
    journal.close()
    journal.close()
    assert lock.take(fd)
    lock.drop(fd)


def test_a_forked_child_does_not_keep_a_dead_parents_lock(tmp_path: Path) -> None:
    """Worker processes forked while recording must not block the recovery after a crash."""
    script = """
import os, sys, time
from pathlib import Path
from sidestick.datasets.files.lock import FileLock
FileLock(Path(sys.argv[1])).acquire()
ready, tell = os.pipe()
child = os.fork()
if child == 0:
    os.write(tell, b"x")
    os.close(1)
    os.close(2)
    time.sleep(60)
os.read(ready, 1)
print(child, flush=True)
os.kill(os.getpid(), 9)
"""
    path = tmp_path / "lock"
    ran = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True)
    try:
        assert FileLock(path).acquire()
    finally:
        os.kill(int(ran.stdout), signal.SIGKILL)


@settings(max_examples=20)
@given(BODIES)
def test_a_journal_gives_back_what_it_took(
    tmp_path_factory: pytest.TempPathFactory, written: list[bytes]
) -> None:
    """Appending and reading are inverse."""
    path = tmp_path_factory.mktemp("journal") / "a.journal"
    journal = Journal(path, reserve=256)
    for body in written:
        journal.append(RecordKind.STEP, body)
    journal.close()
    assert bodies(path.read_bytes()) == written
