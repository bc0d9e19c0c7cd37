"""A verb's end says what was made of what was asked for, where it is, and what is next."""

import shlex
import time
from pathlib import Path

import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.cli.console import working
from sidestick.teleop.cli.main import main
from tests.synthetic import made_up_episode

IDS = ("20250101T000000-abcdef00", "20250101T000001-abcdef01")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command says to people, in one line."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    return " ".join(capsys.readouterr().err.split())


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A workspace with two episodes, whose name a shell must be given in quotes."""
    workspace = Workspace.create(tmp_path / "my shelf", WorkspaceConfig("ShelfPick", image_size=16))
    for name in IDS:
        episode = made_up_episode([-1] * 4, image_size=16, episode_id=name)
        episode.write(workspace.episodes_dir / f"{name}.hdf5")
    return workspace.path


def test_merge_says_how_many_of_how_many_and_where(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also the second time, when all are there already."""
    target = tmp_path / "all"
    first = said(capsys, "merge", str(target), str(shelf))
    assert "asked for 2 episodes, taken 2" in first
    assert f"kept in {target} next: sidestick check {target}" in first
    again = said(capsys, "merge", str(target), str(shelf))
    assert "asked for 2 episodes, taken 0" in again
    assert "2 were there already" in again


def test_export_and_import_say_how_many_of_how_many(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The import says the next command, as a shell takes it."""
    out, taken = tmp_path / "out.hdf5", tmp_path / "my other"
    assert "2 of 2 episodes" in said(capsys, "export", str(shelf), "robomimic", str(out))
    words = said(capsys, "import", str(taken), "robomimic", str(out))
    assert "2 of 2 episodes" in words
    assert f"next: sidestick train {shlex.quote(str(taken))}" in words


def test_a_review_says_how_many_it_was_asked_for(
    shelf: Path, capsys: pytest.CaptureFixture[str], quiet_sdl: None
) -> None:
    """Fewer than that where there are fewer."""
    words = said(
        capsys, "review", str(shelf), "--headless", "--driver", "simulated", "--episodes", "5"
    )
    assert "asked for 5 episodes, judged 2" in words


def test_what_cannot_be_counted_shows_that_it_works(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it takes longer than a moment; what is quick shows nothing."""
    with working("quick"):
        pass
    assert "quick" not in capsys.readouterr().err
    monkeypatch.setattr("sidestick.policies.base.shown_progress.SHOWN_AFTER_S", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sidestick.teleop.cli.console.PEOPLE._force_terminal", True)
    monkeypatch.setattr("sidestick.teleop.cli.console.PEOPLE.is_interactive", True)
    with working("slow"):
        time.sleep(0.3)
    assert "slow" in capsys.readouterr().err
