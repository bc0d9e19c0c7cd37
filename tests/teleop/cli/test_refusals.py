"""A command that is refused has written nothing: no event, no evidence, no file, no workspace."""

import contextlib
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.workspace import Workspace
from sidestick.policies.policy_config import MODEL
from sidestick.teleop.cli.main import main
from sidestick.teleop.cli.run_log import LOG

HEADLESS = ("--headless", "--driver", "simulated")
OVERRIDE = ("--level", "supervised", "--override")


def refused(*arguments: str) -> None:
    """Run a command that ends with exit code 2."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2, arguments


def written(folder: Path) -> dict[str, object]:
    """What a folder holds: each file's digest, and the database's rows; locks hold nothing, and the
    log says that somebody asked."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".lock" or ".db" in path.name or path.name == LOG:
            continue
        found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    if (folder / "sidestick.db").exists():
        with closing(sqlite3.connect(folder / "sidestick.db")) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                found[table] = connection.execute(f"SELECT * FROM {table}").fetchall()
    return found


@pytest.fixture
def shelf(taught: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a policy; what its ladder derives from the episodes is written already."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SIDESTICK_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    copy = shutil.copytree(taught, tmp_path / "shelf")
    with pytest.raises(SystemExit):
        main(("ladder", str(copy), "--json"))
    Workspace.open(copy).recover()
    return copy


DRIVES = [
    ("--level", "supervised", *HEADLESS),
    (*OVERRIDE,),
    (*OVERRIDE, "--headless"),
    (*OVERRIDE, *HEADLESS, "--policy", "0042"),
    (*OVERRIDE, *HEADLESS, "--num-items", "2"),
    (*OVERRIDE, *HEADLESS, "--variation", "mild"),
    (*OVERRIDE, *HEADLESS, "--task", "SortClothes"),
    (*OVERRIDE, *HEADLESS, "--episodes", "0"),
    (*OVERRIDE, "--learn"),
]


@pytest.mark.parametrize("options", DRIVES, ids=" ".join)
def test_a_refused_drive_writes_nothing(shelf: Path, options: tuple[str, ...]) -> None:
    """Neither the override, nor anything else."""
    before = written(shelf)
    refused("drive", str(shelf), *options)
    assert written(shelf) == before


@pytest.mark.parametrize("options", DRIVES, ids=" ".join)
def test_a_refused_drive_makes_no_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    """All but the options that a new workspace may have are refused for a new one too."""
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    task = () if "--task" in options else ("--task", "ShelfPick")
    refused("drive", str(tmp_path / "new"), *task, *options)
    assert not (tmp_path / "new").exists()


def damage(shelf: Path) -> None:
    """Shorten the weights; the ladder knows the policy by the damaged ones."""
    weights = shelf / "policies" / "0001" / MODEL
    weights.write_bytes(weights.read_bytes()[:99])
    (shelf / "sidestick.db").unlink()
    with pytest.raises(SystemExit):
        main(("ladder", str(shelf), "--json"))


def lock(shelf: Path) -> None:
    """Hold the workspace as another session does, until the test ends."""
    LOCKS.callback(Workspace.open(shelf).lock().release)


LOCKS = contextlib.ExitStack()


@pytest.mark.parametrize("prepare", [damage, lock])
def test_a_policy_or_a_workspace_that_cannot_be_used_is_no_override(
    shelf: Path, prepare: Callable[[Path], None]
) -> None:
    """A damaged policy, and a workspace that another session records into."""
    prepare(shelf)
    before = written(shelf)
    with LOCKS:
        refused("drive", str(shelf), *OVERRIDE, *HEADLESS)
    assert written(shelf) == before


@pytest.mark.parametrize(
    "command",
    [
        ("train", "--encoder-weights", "no.safetensors", "--encoder", "resnet18", "--vision",
         "end-to-end"),
        ("train", "--execute", "99"),
        ("evaluate", "--policy", "0042"),
        ("evaluate", "--workers", "0"),
        ("compare", "0001", "0042"),
        ("compare", "0001", "0001", "--blind", "--headless"),
        ("practice", "--rounds", "0"),
        ("replay", "0", "--out", "a.mp4", "--size", "big"),
        ("replay", "0", "--out", "a.mp4", "--camera", "roof"),
        ("replay", "0", "--out", "nowhere/a.mp4"),
        ("replay", "0", "--out", "a.gif"),
        ("view", "0", "--out", "nowhere/a.rrd"),
        ("ladder", "--out", "nowhere/a.png"),
        ("report", "--out", "nowhere/a.html"),
        ("train", "--head", "gpt"),
        ("review", "--headless"),
        ("review", "--of", "predictions", "--policy", "0042", "--headless", "--driver",
         "simulated"),
        ("view", "nothing"),
        ("ladder", "--policy", "0042"),
        ("report", "--compare", "nowhere"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_other_refused_verbs_write_nothing(
    shelf: Path, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """In the workspace or where they were called; nor is a progress bar shown."""
    before = written(shelf.parent)
    refused(command[0], str(shelf), *command[1:])
    assert written(shelf.parent) == before
    assert "0:00:0" not in capsys.readouterr().err


def test_an_override_is_recorded_once_it_drives(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Again with the next session, since it drove between."""
    for session in (1, 2):
        with pytest.raises(SystemExit) as ended:
            main(("drive", str(shelf), *OVERRIDE, *HEADLESS, "--episodes", "2", "--json"))
        assert ended.value.code == 0
        assert json.loads(capsys.readouterr().out)["episodes"] == 2
        levels = Database(shelf / "sidestick.db").events(EventKind.LEVEL)
        assert [event.payload["why"] for event in levels].count("override") == session
