"""These tests recover journals whose records have right checksums and odd contents."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidestick.datasets.attributes import MAX_BYTES
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.journal import HEAD, RecordKind, frame, records
from sidestick.datasets.journal_writer import JournalWriter
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.step import EpisodeHeader
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import BadValue
from tests.synthetic import made_up_header, made_up_steps

SIZE = 8
GOOD = "29990101T000000-00000000"
"""Sorts behind every other journal."""
ODD_JSON = [
    b"", b"[1]", b"null", b"5", b'"x"', b"{", b"[" * 200_000, b'{"a":' * 200_000, b"\xff\xfe",
    b'{"ended": 1' + b"0" * 400 + b"}", b'{"ended": 1e999}', b'{"ended": "soon"}', b'{"ended": -1}',
    b'{"ended": NaN}', b'{"success": [1]}', b'{"discarded": "no"}', b'{"complete": {}}',
    b'{"keep": -1}', b'{"keep": 1e999}', b'{"keep": 99}', b'{"keep": null}', b'{"keep": [1]}',
    b'{"step": 5, "final": []}', b'{"step": [["a", "O", []]], "final": []}',
    b'{"step": [["a", "<f4", [1000000000, 1000000000]]], "final": []}', b'{"step": []}',
    b'{"step": [["a", "x!", []]], "final": []}', b'{"step": [[1, 2, 3]], "final": {}}',
    b'{"task": "\\ud800"}', b'{"version": "x"}', b'{"version": 1}',
]  # fmt: skip


def record(kind: int, body: bytes) -> bytes:
    """One record with a right checksum."""
    buffer = bytearray(HEAD.size) + body
    frame(buffer, RecordKind(kind))
    return bytes(buffer)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=SIZE))


@pytest.fixture
def parts(tmp_path: Path) -> list[tuple[int, bytes]]:
    """The records of a journal that broke off, as kind and body."""
    (tmp_path / "parts").mkdir()
    config = WorkspaceConfig("ShelfPick", image_size=SIZE)
    writer = JournalWriter(tmp_path / "parts", made_up_header(), config, "x")
    for step in made_up_steps([-1] * 4, image_size=SIZE):
        writer.append(step)
    writer.journal.close()
    data = writer.journal.path.read_bytes()
    found = records(np.frombuffer(data, np.uint8))
    return [(kind, data[start:stop]) for kind, start, stop in found]


def left(workspace: Workspace, parts: list[tuple[int, bytes]], name: str) -> Path:
    """A journal of these records, and a good one behind it."""
    path = workspace.journal_dir / f"{name}.journal"
    path.write_bytes(b"".join(record(kind, body) for kind, body in parts))
    return path


@pytest.mark.parametrize("kind", list(RecordKind))
def test_an_odd_record_costs_its_journal_alone(
    workspace: Workspace, parts: list[tuple[int, bytes]], kind: RecordKind
) -> None:
    """It is set aside by name, or read as far as it makes sense; those behind it are recovered."""
    for number, body in enumerate(ODD_JSON):
        left(workspace, [*parts, (kind, body)], f"a{number:03d}")
        left(workspace, [(kind, body), *parts], f"b{number:03d}")
    left(workspace, parts, GOOD)
    found = [path.stem for path in workspace.recover()]
    assert GOOD in found
    assert list(workspace.journal_dir.glob("*.journal")) == []
    aside = {path.stem for path in workspace.journal_dir.glob("*.damaged")}
    gone = {f"{letter}{n:03d}" for letter in "ab" for n in range(len(ODD_JSON))} - aside - {*found}
    trashed = {path.stem for path in workspace.trash_dir.iterdir()}
    assert gone <= trashed
    for path in workspace.episodes():
        assert len(Episode.read(path)) <= 4
    assert len(workspace.episodes()) == len(found)
    assert workspace.recover() == []


@settings(max_examples=30, deadline=None)
@given(
    end=st.dictionaries(
        st.sampled_from(["ended", "success", "complete", "discarded", "keep", "x"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none()),
    )
)
def test_whatever_an_end_says_the_journal_is_read_or_set_aside(
    tmp_path_factory: pytest.TempPathFactory, end: dict[str, Any]
) -> None:
    """No value in the last record stops a recovery."""
    place = tmp_path_factory.mktemp("odd")
    workspace = Workspace.create(place / "ws", WorkspaceConfig("ShelfPick", image_size=SIZE))
    writer = JournalWriter(workspace.journal_dir, made_up_header(), workspace.config, "x")
    for step in made_up_steps([-1] * 2, image_size=SIZE):
        writer.append(step)
    writer.journal.append(RecordKind.END, json.dumps(end).encode())
    writer.journal.close()
    left(workspace, [], GOOD)
    workspace.recover()
    assert list(workspace.journal_dir.glob("*.journal")) == []
    files = [*workspace.episodes_dir.iterdir(), *workspace.trash_dir.iterdir()]
    assert len(files) + len(list(workspace.journal_dir.glob("*.damaged"))) == 1


TOO_LARGE = "x" * (MAX_BYTES + 1)


@pytest.mark.parametrize(
    "change",
    [
        {"instruction": TOO_LARGE}, {"operator": TOO_LARGE}, {"goal": "ü" * MAX_BYTES},
        {"policy_id": TOO_LARGE}, {"stages": ("a" * 100,) * 1000}, {"goal_names": (TOO_LARGE,)},
        {"env_args": {"env_kwargs": {"x": TOO_LARGE}}}, {"operator": "\udcff"},
        {"instruction": "\ud800"}, {"env_args": {"a": "\udcff"}}, {"env_args": {"a": object()}},
        {"env_args": json.loads('{"a":' * 90 + "1" + "}" * 90)}, {"seed": 2**63}, {"started": -1.0},
    ],
)  # fmt: skip
def test_a_header_that_could_not_be_read_back_is_refused(
    workspace: Workspace, change: dict[str, Any]
) -> None:
    """Before a step is recorded, and with nothing left behind."""
    header = EpisodeHeader(**{**vars(made_up_header()), **change})
    with Recorder(workspace) as recorder:
        with pytest.raises(BadValue, match="header"):
            recorder.start(header)
        assert not recorder.recording
    assert list(workspace.journal_dir.glob("*.journal*")) == []


def test_a_header_at_its_limit_is_recorded_and_read_back(workspace: Workspace) -> None:
    most = "ü" * (MAX_BYTES // 2)
    header = EpisodeHeader(**{**vars(made_up_header()), "instruction": most, "operator": most})
    with Recorder(workspace) as recorder:
        recorder.start(header)
        recorder.append(made_up_steps([-1], image_size=SIZE)[0])
        path = recorder.finish(None, None, True).result()
    assert Episode.read(path).summary.header.instruction == most
