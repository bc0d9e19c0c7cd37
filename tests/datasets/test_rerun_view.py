"""These tests save an episode for Rerun, without a screen."""

from pathlib import Path

import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.formats import optional, rerun_view
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.cli.subcommand import DONE
from sidestick.teleop.cli.view import ViewEpisode
from tests.synthetic import made_up_episode


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "wś", WorkspaceConfig("ShelfPick", image_size=16))
    episode = made_up_episode([0] * 6 + [1] * 4, image_size=16, episode_id="20250101T000000-0")
    episode.write(made.episodes_dir / "20250101T000000-0.hdf5")
    return made


def test_an_episode_is_saved_with_everything_in_it(workspace: Workspace, tmp_path: Path) -> None:
    """Images, both drivers' actions, driver, stage and arm, at every step."""
    pytest.importorskip("rerun")
    assert ViewEpisode(workspace.path, "0", tmp_path / "é.rrd").run() == DONE
    content = (tmp_path / "é.rrd").read_bytes()
    assert content[:4] == b"RRF2"
    for entity in ("cameras/front", "human_actions", "policy_actions", "words/stage", "arm/links"):
        assert entity.encode() in content, entity


def test_without_rerun_one_sentence_says_what_to_install(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error has the pip command, and nothing is written."""

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(optional.importlib, "import_module", missing)
    with pytest.raises(optional.MissingExtra, match=r"pip install .*\[view\]"):
        ViewEpisode(workspace.path, "0", tmp_path / "a.rrd").run()
    assert not (tmp_path / "a.rrd").exists()


def test_rerun_has_no_word_in_when_it_is_imported() -> None:
    """The command can be listed without the extra."""
    assert not hasattr(rerun_view, "rerun")
