"""A workspace keeps what was run in it, and a file of options is read back by --config."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.cli import run_log
from sidestick.teleop.cli.main import main
from sidestick.teleop.cli.options_file import options_toml, without_secrets
from sidestick.teleop.cli.serve_policy import ServePolicy
from tests.synthetic import made_up_episode


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, and standard error in one line."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    code = ended.value.code
    return (code if isinstance(code, int) else 0), captured.out, " ".join(captured.err.split())


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A workspace with one episode."""
    workspace = Workspace.create(tmp_path / "shelf", WorkspaceConfig("ShelfPick", image_size=16))
    name = "20250101T000000-abcdef00"
    episode = made_up_episode([0] * 4, image_size=16, episode_id=name)
    episode.write(workspace.episodes_dir / f"{name}.hdf5")
    return workspace.path


def log_of(path: Path) -> list[str]:
    """The lines of a workspace's log, without time and process."""
    return [line.split(" ", 2)[2] for line in (path / run_log.LOG).read_text().splitlines()]


def test_the_log_says_what_was_run_and_how_it_ended(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that is done, and one that is refused with what was wrong."""
    call(capsys, "inspect", str(shelf), "--json")
    call(capsys, "view", str(shelf), "nothing")
    begun, ended, again, refused = log_of(shelf)
    assert begun == f"begun: sidestick inspect {shelf} --json"
    assert ended.startswith("done after")
    assert again == f"begun: sidestick view {shelf} nothing"
    assert "unknown episode 'nothing'" in refused


def test_the_log_stays_small(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full one takes the place of the older one."""
    monkeypatch.setattr(run_log, "MOST_LOG_BYTES", 200)
    for _ in range(9):
        with pytest.raises(SystemExit):
            main(("inspect", str(shelf), "-q"))
    logs = [path for path in shelf.iterdir() if path.name.startswith(run_log.LOG)]
    assert sorted(path.name for path in logs) == [run_log.LOG, run_log.OLDER]
    assert sum(path.stat().st_size for path in logs) < 1000


@pytest.mark.parametrize("kind", ["folder", "pipe", "link", "full"])
def test_a_log_that_cannot_be_written_ends_nothing(
    shelf: Path, kind: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The run says nothing of it and is done."""
    log, outside = shelf / run_log.LOG, tmp_path / "outside"
    make = {"folder": log.mkdir, "pipe": lambda: os.mkfifo(log)}
    target = Path("/dev/full") if kind == "full" else outside
    make.get(kind, lambda: log.symlink_to(target))()
    (shelf / run_log.HISTORY).write_text("no folder")
    assert call(capsys, "inspect", str(shelf), "--json")[0] == 0
    assert call(capsys, "episodes", str(shelf), "--json")[0] == 0
    assert not outside.exists()


def test_a_runs_options_are_kept_and_read_back(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As TOML, with what nobody gave; the command line has the last word."""
    once, twice = tmp_path / "a.html", tmp_path / "b.html"
    assert call(capsys, "report", str(shelf), "--out", str(once), "--no-redraw")[0] == 0
    (kept,) = (shelf / run_log.HISTORY).glob("*-report.toml")
    assert tomllib.loads(kept.read_text()) == {
        "verb": "report",
        "workspace": str(shelf),
        "out": str(once),
        "json": False,
        "redraw": False,
    }
    once.unlink()
    assert call(capsys, "report", "--config", str(kept))[0] == 0
    assert once.exists()
    assert call(capsys, "report", f"--config={kept}", "--out", str(twice))[0] == 0
    assert twice.exists()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.toml", "repiar = true", ["'repiar'", "did you mean repair?", "json"]),
        ("a.toml", "repair = 1", ["repair in", "true or false"]),
        ("a.toml", 'verb = "drive"', ["sidestick check", "those of drive"]),
        ("a.toml", "repair =", ["TOML"]),
        ("a.json", "[1]", ["names and values"]),
        ("a.yaml", "repair: 1", [".toml or .json"]),
    ],
)
def test_a_file_of_options_is_refused_with_what_there_is(
    shelf: Path, name: str, text: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown key, a value of another kind, another verb's, and what is no such file."""
    (shelf / name).write_text(text)
    code, _, said = call(capsys, "check", str(shelf), "--config", str(shelf / name))
    assert code == 2
    assert not [word for word in words if word not in said]


def test_a_file_of_options_may_be_json(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Places too, and names with dashes or underscores."""
    file = shelf / "a.json"
    file.write_text(json.dumps({"workspace": str(shelf), "episode": -1, "json": True}))
    code, out, _ = call(capsys, "inspect", "--config", str(file))
    assert (code, json.loads(out)["steps"]) == (0, 4)
    file.write_text(json.dumps({"why": "x", "imported_from": "nowhere"}))
    assert "nowhere" in call(capsys, "episodes", str(shelf), "--exclude", "--config", str(file))[2]


def test_secrets_are_kept_nowhere() -> None:
    """Neither in the log nor in a file of options."""
    verb = ServePolicy(Path("shelf"), token="abc")
    assert "abc" not in options_toml("serve-policy", verb, "")
    from sidestick.teleop.cli.command_words import options_of

    options = options_of(ServePolicy)
    for given in (["--token", "abc"], ["--token=abc"]):
        assert without_secrets(["shelf", *given], options) == [
            "shelf",
            *given[:-1],
            *_hidden(given),
        ]


def _hidden(given: list[str]) -> list[str]:
    return ["--token=..."] if len(given) == 1 else ["..."]


def test_quiet_says_errors_alone_and_verbose_says_more(shelf: Path) -> None:
    """On every verb; the program is also run as `python -m sidestick`."""
    command = [sys.executable, "-m", "sidestick"]

    def said(*words: str) -> tuple[int, str]:
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    assert said("inspect", str(shelf), "-q") == (0, "")
    code, wrong = said("inspect", str(shelf), "nothing", "--quiet")
    assert (code, "unknown episode" in wrong) == (2, True)
    more = said("inspect", str(shelf), "nothing", "-v")[1]
    assert "begun: sidestick inspect" in more
    assert "Traceback" in more
