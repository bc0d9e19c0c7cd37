"""These tests ask for repetitions of what cannot be repeated, and read why."""

from dataclasses import replace
from pathlib import Path

import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.step import ActionMode
from sidestick.datasets.workspace import Workspace
from sidestick.policies.engines.local import LocalEngine
from sidestick.sim_envs.errors import BadValue, WorkspaceError
from sidestick.teleop.cli import main
from sidestick.teleop.generation import generate as generation
from sidestick.teleop.generation.sources import sources_of
from tests.synthetic import made_up_episode

NAMES = [f"20261129T12000{number}-0000000{number}" for number in range(4)]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A failure, a success without a seed, one of another scene, and a damaged file."""
    found = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=16))
    for number, name in enumerate(NAMES):
        modes = [ActionMode.DEMONSTRATION] * 5
        made = made_up_episode(modes, number, success=number != 0, image_size=16, episode_id=name)
        header = replace(made.summary.header, seed=-1 if number == 1 else number)
        made = replace(made, summary=replace(made.summary, header=header))
        made.write(found.episodes_dir / f"{name}.hdf5")
    damaged = found.episodes_dir / f"{NAMES[3]}.hdf5"
    damaged.write_bytes(damaged.read_bytes()[:2000])
    return found


def test_it_is_said_why_nothing_can_be_repeated(workspace: Workspace) -> None:
    """How many episodes are unfit for which reason, and what to record instead."""
    with pytest.raises(BadValue) as refused:
        sources_of(workspace)
    words = str(refused.value)
    for reason in ("1 that did not succeed", "1 without a seed", "1 damaged", "sidestick drive"):
        assert reason in words


def test_one_that_is_named_says_why_it_is_none(workspace: Workspace) -> None:
    """Another tool's episode has no scene of this simulator."""
    with pytest.raises(BadValue, match="none among 1 episodes: 1 without a seed"):
        sources_of(workspace, [NAMES[1]])


def test_a_full_disk_ends_it_before_an_episode_is_torn(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It refuses to begin, and says how to go on."""
    monkeypatch.setattr(Workspace, "minutes_left", lambda _: 0.5)
    with pytest.raises(WorkspaceError, match=r"has space for 0\.5 minutes of recording; free some"):
        generation.generate(workspace, 1, [], LocalEngine(1))


def test_the_verb_ends_with_words(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and no traceback, for demonstrations and for corrections."""
    for more in ([], ["--corrections"]):
        with pytest.raises(SystemExit) as ended:
            main.main(["generate", str(workspace.path), *more])
        assert ended.value.code == 2
        words = " ".join(capsys.readouterr().err.split())
        assert "demonstrations to repeat" in words
        assert "Traceback" not in words
