"""These tests run the blind comparison at the window: a pad votes, and nothing shows who drives."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pygame
import pytest
import torch

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.workspace import Workspace
from sidestick.policies.perception.network import Perception, PerceptionConfig
from sidestick.policies.statistics.paired import PairCounts, PairedVerdict
from sidestick.policies.training.config import TrainConfig
from sidestick.teleop.cli.main import main
from sidestick.teleop.devices import operator_input
from sidestick.teleop.evaluation.compare import LEAST_PAIRS, Comparison
from sidestick.teleop.evaluation.compare_blind import PURPOSE
from sidestick.teleop.learning.workspace_perception import FINETUNED_PERCEPTION
from sidestick.teleop.learning.workspace_training import train_on_workspace
from sidestick.teleop.station.blind_comparison import HIDDEN, BlindEpisodes, compare_at_the_window
from sidestick.teleop.station.loop import StationLoop
from sidestick.teleop.station.states import WindowState
from sidestick.teleop.ui.text import TextRenderer
from tests import virtual_pad as vp
from tests.synthetic import GOALS, made_up_episode

NAMES = ("0001", "0002")
QUICK = TrainConfig(
    steps=5, batch=20, head_settings={"width": 16, "opinions": 2}, held_out=0.0,
    candidates=(1.0,), tensorboard=False,
)  # fmt: skip

HELD = (WindowState.PAUSED, WindowState.STALLED, WindowState.DOUBTED)
"""States in which the arm holds still and a verdict may be given."""


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two real policies that have learnt next to nothing."""
    folder = tmp_path_factory.mktemp("blind") / "ws"
    config = WorkspaceConfig("ShelfPick", "tiny", env_kwargs={"num_items": 1})
    workspace = Workspace.create(folder, config)
    for seed in range(3):
        name = f"20250101T00000{seed}-{seed:08x}"
        made = made_up_episode(seed=seed, success=True, episode_id=name)
        made.write(workspace.episodes_dir / f"{name}.hdf5")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        about = PerceptionConfig("ShelfPick", "tiny", ("bg", *GOALS), GOALS, channels=4)
        Perception(about).save(workspace.path / FINETUNED_PERCEPTION)
        for _ in NAMES:
            train_on_workspace(workspace, QUICK, progress=False)
    return folder


class Voter:
    """Lets each policy drive for two steps, then presses A or B on the pad."""

    def __init__(self, better: int, until: int = 1000) -> None:
        self.pad, self.better, self.until = vp.VirtualPad(), better, until
        self.pressed: int | None = None
        self.seen: set[str] = set()
        self.captions: set[str] = set()
        self.loop: StationLoop | None = None
        self.leave: Callable[[StationLoop], object] = StationLoop.leave
        self.stall_s = 0.0
        """The machine stalls for this long, once, in the middle of an episode."""
        self.lost: list[str] = []

    def __call__(self, loop: StationLoop) -> None:
        """Press or release one button; called after every step of the event loop."""
        self.loop, live = loop, loop.live
        assert isinstance(live, BlindEpisodes)
        self.captions.add(pygame.display.get_caption()[0])
        if loop.state in HELD and loop.lost not in self.lost[-1:]:
            self.lost.append(loop.lost)
        if live.votes >= self.until:
            self.leave(loop)
        elif self.pressed is not None:
            self.pad.release(self.pressed)
            self.pressed = None
        elif loop.state in (WindowState.RECORDING, *HELD) and live.episode.steps >= 2:
            self._press(vp.A if live.turn.side == self.better else vp.B)
        elif loop.state in (WindowState.READY, *HELD):  # a busy machine pauses at any moment
            self._press(vp.START)
        elif loop.state is WindowState.RECORDING and self.stall_s and live.episode.steps:
            time.sleep(self.stall_s)
            self.stall_s = 0.0

    def _press(self, button: int) -> None:
        self.pad.press(button)
        self.pressed = button


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the window wait for a busy machine instead of pausing: the test is not about pauses."""
    monkeypatch.setattr(operator_input, "STALE_SAMPLE_S", 60.0)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, quiet_sdl: None) -> set[str]:
    """Every text that was drawn in the window."""
    words: set[str] = set()
    write = TextRenderer.rendered

    def remember(self: TextRenderer, text: str, *rest: object, **more: object) -> pygame.Surface:
        words.add(text)
        return write(self, text, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(TextRenderer, "rendered", remember)
    return words


def open_rig(folder: Path, voter: Voter, scenes: int = 10) -> Comparison:
    return compare_at_the_window(Workspace.open(folder), *NAMES, scenes, 400_000, 0.05, voter)


def test_an_operator_votes_blind_and_the_answer_is_revealed(
    taught: Path, shown: set[str], patient: None, capfd: pytest.CaptureFixture[str]
) -> None:
    """Eight scenes won by B decide it; until then no text on the screen says which is which."""
    before = len(Workspace.open(taught).episodes())
    voter = Voter(better=1)
    found = open_rig(taught, voter)
    assert found.verdict is PairedVerdict.B_BETTER
    assert found.tally == PairCounts(0, 8, 0)
    assert found.interval[0] == -1
    assert found.interval[1] < 0.1
    assert found.blind
    assert any(HIDDEN in words for words in shown)
    said = " ".join((*shown, *voter.captions, *capfd.readouterr()))
    assert not any(name in said for name in (*NAMES, str(taught), "policies"))
    assert "B (0002) 8/8" in str(found)
    # what was voted and what was driven is kept, with names, once it is over
    summaries = [s for s in Workspace.open(taught).summaries() if s.header.seed >= 400_000]
    assert len(Workspace.open(taught).episodes()) == before + 16
    assert {(s.header.policy_id, s.success) for s in summaries} == {
        ("0001", False),
        ("0002", True),
    }
    (event,) = Database(Workspace.open(taught).db_path).events(EventKind.COMPARISON)
    assert [vote["success"] for vote in event.payload["per_episode"]["b"]] == [True] * 8
    assert {vote["takeovers"] for vote in event.payload["per_episode"]["a"]} == {0}
    effort = Database(Workspace.open(taught).db_path).efforts()[-1]
    assert (effort.payload["purpose"], effort.episodes) == (PURPOSE, 16)


def test_leaving_early_keeps_the_votes(taught: Path, quiet_sdl: None, patient: None) -> None:
    """Ctrl-C after five episodes: the pairs that are whole count, every episode is recorded."""
    voter = Voter(better=0, until=5)
    voter.leave = lambda loop: os.kill(os.getpid(), signal.SIGINT)
    before = len(Workspace.open(taught).episodes())
    found = open_rig(taught, voter)
    assert found.verdict is PairedVerdict.OPEN
    assert found.why_stopped == "ended early"
    assert found.tally.pairs <= 2 < LEAST_PAIRS
    assert len(Workspace.open(taught).episodes()) == before + 5
    assert Database(Workspace.open(taught).db_path).efforts()[-1].episodes == 5


def test_a_stalled_machine_pauses_and_the_votes_still_count(taught: Path, quiet_sdl: None) -> None:
    """The devices are silent for longer than they may be: the operator goes on, and votes."""
    voter = Voter(better=0, until=2)
    voter.stall_s = 1.5 * operator_input.STALE_SAMPLE_S
    before = len(Workspace.open(taught).episodes())
    open_rig(taught, voter)
    assert any("ms" in reason for reason in voter.lost)
    assert len(Workspace.open(taught).episodes()) == before + 2


def test_leaving_at_once_reveals_nothing_found(taught: Path, quiet_sdl: None) -> None:
    """Without a pair there is no number to show."""
    found = open_rig(taught, Voter(better=0, until=0))
    assert found.tally == PairCounts()
    assert "no scene was driven by both" in str(found)
    assert "nan" not in str(found)


def test_a_policy_of_another_task_is_refused(
    taught: Path, tmp_path: Path, quiet_sdl: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """By number or by folder, alone, blind or at the window; nothing is driven or written."""
    workspace = Workspace.create(tmp_path / "other", WorkspaceConfig("SortClothes"))
    for name in NAMES:
        shutil.copytree(taught / "policies" / name, workspace.policies_dir / name)
    theirs = str(taught / "policies" / NAMES[1])
    for way in ([], ["--blind"], ["--blind", "--driver", "simulated"]):
        for other in (NAMES[1], theirs):
            with pytest.raises(SystemExit) as ended:
                main(["compare", str(workspace.path), NAMES[0], other, *way])
            assert ended.value.code == 2
            said = capsys.readouterr().err
            assert "ShelfPick" in said
            assert "SortClothes" in said
    assert not workspace.episodes()
    assert not workspace.db_path.exists()
