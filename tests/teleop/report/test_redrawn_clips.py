"""Clips show scenes that are drawn again from recorded states, or say that they cannot."""

import io
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.spaces import FRONT
from sidestick.teleop.cli.main import main
from sidestick.teleop.cli.report import Report
from sidestick.teleop.report.episode_media import choose
from sidestick.teleop.report.episode_views import opened_view
from sidestick.teleop.report.video_clips import make_clip
from sidestick.teleop.report.write import COMPARISON_PARTS, PARTS, write_report
from sidestick.teleop.session.environments import episode_env
from tests.synthetic import made_up_episode

STEPS = 6
NAME = "20250101T000000-abcdef00"


@pytest.fixture(scope="module")
def posed() -> Episode:
    """An episode of which every recorded state is that of its scene at the beginning."""
    episode = made_up_episode([-1] * STEPS, image_size=16, episode_id=NAME)
    env = episode_env(episode)
    env.build(episode.summary.header.seed)
    states = np.tile(env.state(), (STEPS, 1))
    env.close()
    return replace(episode, states=states, final_state=states[0])


def kept(folder: Path, *episodes: Episode) -> Workspace:
    """A workspace with these episodes."""
    workspace = Workspace.create(folder, WorkspaceConfig("ShelfPick", image_size=16))
    for episode in episodes:
        episode.write(workspace.episodes_dir / f"{episode.summary.id}.hdf5")
    return workspace


def size_and_frames(video: bytes) -> tuple[int, int, int]:
    """Width, height and number of frames."""
    with av.open(io.BytesIO(video)) as container:
        frames = list(container.decode(video=0))
    return frames[0].width, frames[0].height, len(frames)


def test_a_scene_is_drawn_again_at_640_by_480(posed: Episode, tmp_path: Path) -> None:
    """It is what the renderer shows of the state; recorded pictures stand beside it."""
    media = choose(kept(tmp_path / "ws", posed).summaries())["success"]
    assert media is not None
    env = episode_env(posed)
    env.build(posed.summary.header.seed)
    env.show(posed.states[0])
    scene = env.picture(FRONT, 640, 480)
    env.close()
    with opened_view(media, redraw=True) as view:
        drawn, column = view.frame(0, 480)
    assert (drawn == scene).all()
    assert column.shape == (480, 240, 3)
    clip = make_clip(media, 20, redraw=3)
    width, height, frames = size_and_frames(clip.video.data)
    assert clip.drawn
    assert (width > 880, height > 480, frames) == (True, True, 3)


def without_seed(episode: Episode) -> Episode:
    """As another tool would have recorded it."""
    header = replace(episode.summary.header, seed=-1)
    return replace(episode, summary=replace(episode.summary, header=header))


@pytest.mark.parametrize(
    "spoil",
    [
        without_seed,
        lambda episode: replace(episode, states=np.zeros((STEPS, 9)), final_state=np.zeros(9)),
        lambda episode: replace(episode, states=episode.states[:, :-1], final_state=None),
    ],
)
def test_what_cannot_be_drawn_again_is_shown_as_recorded(
    posed: Episode, spoil: Callable[[Episode], Episode], tmp_path: Path
) -> None:
    """An episode without a seed, without states, or of another size of state; the page says it."""
    workspace = kept(tmp_path / "ws", spoil(posed))
    page = write_report(workspace, redraw=3).read_text()
    assert "These are the recorded pictures" in page
    assert "Drawn again" not in page


def test_progress_ends_at_its_total_with_one_workspace_and_with_two(
    posed: Episode, tmp_path: Path
) -> None:
    """Whatever clips there are."""
    workspace, heard = kept(tmp_path / "ws", posed), list[str]()
    write_report(workspace, done=heard.append)
    assert len(heard) == PARTS
    heard.clear()
    write_report(workspace, beside=workspace, done=heard.append)
    assert len(heard) == COMPARISON_PARTS


@pytest.mark.parametrize("options", [("--no-redraw",), ("--compare", "ws")])
def test_the_footer_has_the_command_that_made_the_page(
    posed: Episode, tmp_path: Path, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its options, so that it makes the page again."""
    monkeypatch.chdir(tmp_path)
    kept(tmp_path / "ws", posed)
    command = ("report", "ws", "--out", "a page.html", *options)
    with pytest.raises(SystemExit) as ended:
        main((*command, "-q"))
    assert ended.value.code == 0
    page = (tmp_path / "a page.html").read_text().replace("&#39;", "'")
    assert shlex.join(["sidestick", *command]) in page
    assert Report(Path("ws")).command() == "sidestick report ws"
