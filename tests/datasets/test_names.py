"""These tests try every kind of path, link and reserved name as the id of an episode."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.files.names import MOST, episode_name
from sidestick.datasets.formats.lerobot.layout import OURS
from sidestick.datasets.formats.registry import export, import_into
from sidestick.datasets.journal import Journal, RecordKind
from sidestick.datasets.judgements.judgements import Judge
from sidestick.datasets.merge import merge
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import BadValue, FormatError, SidestickError
from tests.synthetic import made_up_episode, made_up_header, made_up_steps

SIZE = 8
STEM = "20250101T000000-00000000"
STRANGE = [
    "", ".", "..", "../outside", "../../outside/evil", "a/b", "/abs/olute", "a\\b", "C:\\x", "C:x",
    ".hidden", "-rf", "--help", "a.", "a-", "trailing ", " leading", "two words", "tab\tbed",
    "new\nline", "nul\0byte", "\x1b[2J", "\x7f", "CON", "con", "NUL.txt", "com1", "LPT9.x", "aux",
    "x" * (MOST + 1), "x" * 5000, "ä", "日本", "\u202egnp", "a\u200bb", "../" * 50, "~", "~/x",
    "$HOME", "$(touch x)", "`x`", "*", "?", "[a]", "a:b", "a|b", "<b>", "a'b", 'a"b', "%00",
    "%2e%2e%2fx", "..\\..\\x", "file:///x", "journal/../../x",
]  # fmt: skip
"""Paths, links, devices, options, patterns, control characters, markup, and too much of it."""


@pytest.mark.parametrize("name", [*STRANGE, 5, None, b"x", ["a"], 10**400, float("nan")])
def test_what_is_no_name_is_no_id(name: object) -> None:
    with pytest.raises(BadValue, match="id of an episode"):
        episode_name(name)


@pytest.mark.parametrize("name", [STEM, "a", "A-b_c.d", "x" * MOST, "demo_0", "2", "console", "_"])
def test_a_plain_name_is_an_id(name: str) -> None:
    assert episode_name(name) == name


@settings(max_examples=300)
@given(st.text(max_size=MOST + 20) | st.from_regex(r"[./\\:~a-zA-Z0-9 _-]{1,30}", fullmatch=True))
def test_an_id_is_one_file_in_its_folder(name: str) -> None:
    """Whatever passes is a name everywhere, and names a file of the folder that it is put into."""
    try:
        episode_name(name)
    except BadValue:
        return
    path = Path("/workspace/episodes") / f"{name}.hdf5"
    assert os.path.normpath(path) == str(path)
    assert path.parent == Path("/workspace/episodes")
    assert path.stem == name
    assert len(path.name) < 255
    assert not path.name.startswith((".", "-"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with one episode, in a folder where nothing else may appear."""
    made = Workspace.create(tmp_path / "a" / "ws", WorkspaceConfig("ShelfPick", image_size=SIZE))
    episode = made_up_episode([-1] * 6, image_size=SIZE, episode_id=STEM)
    episode.write(made.episodes_dir / f"{STEM}.hdf5")
    return made


def outside(tmp_path: Path) -> set[Path]:
    """What lies beside the workspaces a/ws and b/ws."""
    inside = (tmp_path / "a" / "ws", tmp_path / "b" / "ws")
    found = (path for path in tmp_path.rglob("*") if not any(map(path.is_relative_to, inside)))
    return {path for path in found if not path.is_dir()}


def robomimic(workspace: Workspace, name: str, target: Path) -> None:
    """A robomimic file whose episode calls itself `name`."""
    export(workspace, "robomimic", target)
    text = name.encode("utf-8", "surrogatepass")
    with h5py.File(target, "a") as file:
        attributes = file["data/demo_0"].attrs
        del attributes["id"]
        attributes.create("id", np.array(text, f"S{max(1, len(text))}"))


def lerobot(workspace: Workspace, name: str, target: Path) -> None:
    """A LeRobot dataset whose side file calls its episode `name`."""
    export(workspace, "lerobot", target)
    side = target / OURS
    text = json.dumps(json.loads(side.read_text()))
    side.write_text(text.replace(json.dumps(STEM), json.dumps(name)))


@pytest.mark.parametrize("make", [robomimic, lerobot])
@pytest.mark.parametrize("name", ["../../outside/evil", "", "..", "x" * 300, "CON", "\x1b[2J"])
def test_an_import_writes_nothing_under_such_an_id(
    make: Callable[[Workspace, str, Path], None], name: str, workspace: Workspace, tmp_path: Path
) -> None:
    """A dataset from a stranger cannot say where its episodes are written."""
    if make is lerobot:
        pytest.importorskip("pyarrow")
    (tmp_path / "outside").mkdir()
    make(workspace, name, tmp_path / "gift")
    before = outside(tmp_path)
    with pytest.raises(FormatError, match="id of an episode"):
        import_into(make.__name__, tmp_path / "gift", tmp_path / "b" / "ws")
    assert outside(tmp_path) == before
    assert not (tmp_path / "b" / "ws").exists()


def test_an_absolute_id_is_not_written_to(workspace: Workspace, tmp_path: Path) -> None:
    robomimic(workspace, str(tmp_path / "evil"), tmp_path / "gift")
    with pytest.raises(FormatError, match="id of an episode"):
        import_into("robomimic", tmp_path / "gift", tmp_path / "b" / "ws")
    assert not (tmp_path / "evil.hdf5").exists()


@pytest.mark.parametrize("name", [name for name in STRANGE if name])
def test_the_recorder_takes_no_such_name(workspace: Workspace, tmp_path: Path, name: str) -> None:
    """A caller of `Recorder.start` gets an error, and no file is made."""
    before = outside(tmp_path)
    with Recorder(workspace) as recorder, pytest.raises(BadValue, match="id of an episode"):
        recorder.start(made_up_header(), name)
    assert outside(tmp_path) == before
    assert not list(workspace.journal_dir.glob("*.journal*"))


@pytest.mark.parametrize("name", STRANGE)
def test_no_judgement_is_of_such_an_episode(workspace: Workspace, name: str) -> None:
    with pytest.raises(SidestickError):
        Judge(workspace, "ada").say(name, "verdict", verdict="success")


def strange_file_names() -> list[str]:
    """What of the strange names a file system here can hold."""
    return [name for name in STRANGE if name not in ("", ".", "..") and not {*"/\0"} & {*name}]


@pytest.mark.parametrize("name", [n for n in strange_file_names() if len(n) < 200])
def test_a_journal_of_such_a_name_is_set_aside(workspace: Workspace, name: str) -> None:
    """It is named, and the episode behind it recovered."""
    whole = workspace.journal_dir / "zz.journal"
    with Recorder(workspace) as recorder:
        recorder.start(made_up_header(), "zz")
        for step in made_up_steps([-1] * 3, image_size=SIZE):
            recorder.append(step)
        content = whole.read_bytes()
        recorder.discard()
        recorder._pool.shutdown()
    shutil.rmtree(workspace.trash_dir)
    whole.write_bytes(content)
    strange = workspace.journal_dir / f"{name}.journal"
    strange.write_bytes(content)
    assert [path.stem for path in workspace.recover()] == ["zz"]
    assert strange.with_suffix(".damaged").exists()
    assert {path.name for path in workspace.episodes_dir.iterdir()} == {"zz.hdf5", f"{STEM}.hdf5"}


@pytest.mark.parametrize("name", ["two words", ".hidden", "CON", "x" * 120, "日本"])
def test_check_names_and_merge_leaves_out_such_a_file(
    workspace: Workspace, tmp_path: Path, name: str
) -> None:
    """An episode file whose id is no name, and is the file's own."""
    path = workspace.episodes_dir / f"{name}.hdf5"
    shutil.copy(workspace.episodes_dir / f"{STEM}.hdf5", path)
    with h5py.File(path, "a") as file:
        text = name.encode()
        del file["data/demo_0"].attrs["id"]
        file["data/demo_0"].attrs.create("id", np.array(text, f"S{len(text)}"))
    report = check(workspace)
    assert report.episodes == 1
    if not name.startswith("."):
        assert "id of an episode" in report.damaged[0].reason
    merged = merge([workspace.path], tmp_path / "b" / "ws")
    assert merged.episodes == 1
    assert [p.stem for p in (tmp_path / "b" / "ws" / "episodes").iterdir()] == [STEM]


def test_a_summary_is_never_made_with_such_an_id() -> None:
    summary = made_up_episode([-1] * 3, image_size=SIZE).summary
    for name in STRANGE:
        with pytest.raises(BadValue):
            replace(summary, id=name)
        with pytest.raises(BadValue):
            Episode.of_recording(name, summary.header, summary.outcome, columns())


def columns() -> dict[str, Any]:
    """The recorded columns of a short episode."""
    return dict(made_up_episode([-1] * 3, image_size=SIZE).columns)


def test_an_empty_journal_is_no_reason_to_stop(workspace: Workspace) -> None:
    Journal(workspace.journal_dir / "odd name.journal").close()
    journal = Journal(workspace.journal_dir / "other.journal")
    journal.append(RecordKind.HEADER, b"{}")
    journal.close()
    assert workspace.recover() == []
