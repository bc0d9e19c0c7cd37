"""The window of episodes runs without a screen on real key events, files and database."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pygame
import pytest

from sidestick.datasets.episode import Episode
from sidestick.datasets.judgements.judgement_state import resolved, resolved_by_episode
from sidestick.datasets.judgements.judgements import Judge, Judgements
from sidestick.datasets.step import ActionMode, Level
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import BadValue, UnknownName
from sidestick.teleop.autonomy.episode_evidence import EpisodeKey
from sidestick.teleop.autonomy.ladder_store import LadderStore
from sidestick.teleop.devices.bindings import FILE_NAME
from sidestick.teleop.devices.bindings_file import INPUTS
from sidestick.teleop.devices.gamepads import Gamepads
from sidestick.teleop.devices.settings import write_setting
from sidestick.teleop.review.episode_actions import KEYS, REASONS, EpisodeAction
from sidestick.teleop.review.episode_review import EpisodeReview
from sidestick.teleop.review.episode_window import EpisodeWindow
from sidestick.teleop.review.judgement_writer import JudgementWriter, Unwritten
from sidestick.teleop.review.playback import Playback
from sidestick.teleop.review.review_loop import review_episodes
from sidestick.teleop.review.review_queue import best, first_priority, full_priority
from sidestick.teleop.ui.key_input import press, write
from tests import virtual_pad as vp
from tests.datasets.test_judgements import IDS, made_up_workspace
from tests.synthetic import made_up_episode
from tests.xdotool import XdotoolKeys

ROOT = Path(__file__).parents[3]
SCRIPT = """
import sys
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.review.review_loop import review_episodes
review_episodes(Workspace.open(sys.argv[1]), "ada")
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return made_up_workspace(tmp_path / "ws")


class Rig:
    """A window with its review, and key presses for it."""

    def __init__(self, workspace: Workspace, operator: str = "ada") -> None:
        self.surface = pygame.display.set_mode((1280, 800))
        self.review = EpisodeReview(workspace, operator)
        self.page = EpisodeWindow(self.review, Gamepads())
        deadline = time.monotonic() + 20
        while self.review.queue.scoring and time.monotonic() < deadline:
            time.sleep(0.01)
        self.turn()

    def turn(self) -> None:
        for event in pygame.event.get():
            self.page.handle(event)
        self.page.draw(self.surface)
        self.page.shown()

    def keys(self, *names: str) -> None:
        for name in names:
            press(name)
            self.turn()


@pytest.fixture
def rig(workspace: Workspace, quiet_sdl: None) -> Iterator[Callable[..., Rig]]:
    """A function that makes rigs; each is closed after the test."""
    rigs: list[Rig] = []

    def make(operator: str = "ada") -> Rig:
        rigs.append(Rig(workspace, operator))
        return rigs[-1]

    yield make
    for made in rigs:
        made.review.close()


def test_one_key_judges_and_brings_the_next(workspace: Workspace, rig: Callable[..., Rig]) -> None:
    """Each episode comes once, then the window says that nothing is left."""
    window = rig()
    shown = []
    for key in ("s", "f", "s"):
        shown.append(window.review.name)
        window.keys(key)
    assert sorted(filter(None, shown)) == list(IDS)
    assert window.review.episode is None
    found = resolved_by_episode(Judgements(workspace.db_path))
    assert [found[str(name)].success for name in shown] == [True, False, True]
    assert len(window.review.review_speed.waits) == 3


def test_every_judgement_has_its_key(workspace: Workspace, rig: Callable[..., Rig]) -> None:
    """Quality, a reason from the list and in words, a tag, bad steps, trim and stage."""
    window = rig()
    name = window.review.name
    window.keys("4", "r", "2", "t", "1", "w")
    write("slipped at the rim")
    window.keys("enter")
    window.keys("home", *["right"] * 3, "i", "right", "right", "b", "right", "right", "b", "g")
    window.keys("end", "left", "o")
    found = resolved(Judgements(workspace.db_path).all(name))
    assert (found.quality, found.reasons, found.text) == (4, (REASONS[1],), "slipped at the rim")
    assert found.tags == ("example to show",)
    assert found.kept == (3, 19)
    assert found.bad == ((5, 8),)
    assert found.stages == {"grasp": 7}
    assert found.success is None
    assert window.review.name == name


def test_undo_takes_back_the_last_and_shows_it_again(rig: Callable[..., Rig]) -> None:
    """Undo also goes back to an earlier episode, and the count follows."""
    window = rig()
    first = window.review.name
    window.keys("3", "s")
    assert window.review.name != first
    window.keys("u")
    assert window.review.name == first
    assert window.review.stands.success is None
    assert window.review.stands.quality == 3
    assert first in window.review.queue.open
    window.keys("u", "u")
    assert window.review.stands.quality is None
    assert window.review.notice == "nothing to take back"


def test_a_held_verdict_key_judges_one_episode(rig: Callable[..., Rig]) -> None:
    """The keyboard repeats a held key; only stepping makes use of it."""
    window = rig()
    for _ in range(5):
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_s, mod=0, unicode="s"))
        window.turn()
    assert len(window.review.queue.open) == 2


def test_the_pad_does_it_too(workspace: Workspace, quiet_sdl: None) -> None:
    """A is success, RB gives buttons a second meaning, triggers scrub."""
    pad = vp.VirtualPad()
    window = Rig(workspace)
    name = window.review.name
    for held, button in ((None, vp.B), (vp.RB, vp.UP), (vp.RB, vp.LB), (vp.RB, vp.DOWN)):
        if held is not None:
            pad.press(held)
            window.turn()
        pad.press(button)
        window.turn()
        pad.release(button)
        if held is not None:
            pad.release(held)
        window.turn()
    found = resolved_by_episode(Judgements(workspace.db_path))
    assert found[str(name)].success is False
    assert found[str(name)].quality == 1
    assert sorted(stands.quality or 0 for stands in found.values()) == [1, 5]
    assert window.page.key_input.on_pad
    window.review.close()


def test_a_person_who_rebinds_the_pad_is_heard_in_review(
    workspace: Workspace, quiet_sdl: None
) -> None:
    """The operator's [pad] applies to actions of the same name, [review.episodes.pad] to all."""
    own = '[pad]\nsuccess = "L3"\nclutch = "RB"\n[review.episodes.pad]\nfive = "LT"\n'
    write_setting(FILE_NAME, own)
    pad = vp.VirtualPad()
    window = Rig(workspace)
    name = window.review.name
    window.page.pass_time(0.01)
    pad.axis(vp.LT, 1.0)
    window.turn()
    window.page.pass_time(0.01)
    pad.press(vp.L3)
    window.turn()
    found = resolved_by_episode(Judgements(workspace.db_path))
    assert (found[str(name)].quality, found[str(name)].success) == (5, True)
    shown = {does: pad for _, pad, does in window.page.key_input.help_page().rows}
    assert shown["quality 5, excellent"] == "LT"
    assert shown["success, and on to the next"] == "L3"
    assert shown["trim: keep from here on"] == "-"
    assert shown["forward, as fast as it is pulled"] == "RT"
    assert ("L3", "success") in window.page.key_input.hints()
    window.review.close()


def test_the_player_plays_scrubs_and_stays_at_the_end() -> None:
    """Eight times the speed is eight times the steps; nothing leaves the episode."""
    player = Playback(steps=100, hz=20)
    for _ in range(3):
        player.faster(1)
    player.pass_time(0.25)
    assert player.step == 40
    player.pass_time(10.0)
    assert player.at_end
    player.move(-1000)
    assert player.step == 0
    player.pass_time(1.0)
    assert player.step == 0, "stepping pauses the playback"


def test_audits_come_before_disagreement_before_near_misses() -> None:
    """Priorities are ordered by how much a judgement can change."""
    plain = made_up_episode(seed=1, success=False)
    disputed = made_up_episode(seed=1, success=True)  # the made-up environment never says success
    near = made_up_episode(seed=1, success=False)
    near.stage[-1] = 3
    novel = made_up_episode([ActionMode.ROLLOUT] * 20, seed=1, success=False)
    novel.novelty[:] = np.linspace(0.5, 1.0, 20)
    values = {
        "audit": full_priority(plain, None, True),
        "disputed": full_priority(disputed, None, False),
        "near": full_priority(near, None, False),
        "novel": full_priority(novel, None, False),
        "plain": full_priority(plain, None, False),
    }
    order = []
    while values:
        order.append(best(values))
        del values[str(order[-1])]
    assert order == ["audit", "disputed", "near", "novel", "plain"]


def test_an_episode_that_its_session_chose_for_an_audit_is_shown_first(
    workspace: Workspace, rig: Callable[..., Rig]
) -> None:
    """The session's draw counts, at whatever share it was made, and only for its own episodes."""
    for path in workspace.episodes():
        alone = Episode.read(path)
        header = replace(alone.summary.header, level=Level.AUTONOMOUS)
        replace(alone, summary=replace(alone.summary, header=header)).write(path)
    for number, name in enumerate(IDS):
        key = EpisodeKey(
            "ShelfPick", "0001", "", Level.AUTONOMOUS, number, name, audited=number == 1
        )
        LadderStore(workspace).add_context(key)
    window = rig()
    assert window.review.name == IDS[1]
    assert "audit" in window.review.priority.why


def test_what_another_reviewer_judged_comes_last_unless_they_disagree(
    workspace: Workspace, rig: Callable[..., Rig]
) -> None:
    """A second verdict has a lower priority than a first, a third on a dispute a higher one."""
    for name, verdicts in ((IDS[0], ("success",)), (IDS[1], ("success", "failure"))):
        for number, verdict in enumerate(verdicts):
            Judge(workspace, f"reviewer{number}").say(name, "verdict", verdict=verdict)
    window = rig()
    assert window.review.name == IDS[1]
    assert "reviewers disagree" in window.review.priority.why
    window.keys("s", "s")
    assert window.review.name == IDS[0]


def test_an_episode_that_vanishes_is_said_and_nothing_is_written(
    workspace: Workspace, rig: Callable[..., Rig]
) -> None:
    """Another process may delete the episode while it is on the screen."""
    window = rig()
    name = window.review.name
    (workspace.episodes_dir / f"{name}.hdf5").unlink()
    window.keys("2")
    assert "not written" in window.review.notice
    assert Judgements(workspace.db_path).all() == []


def test_the_help_names_every_key_and_no_key_has_two_meanings() -> None:
    """On the keyboard and on the pad."""
    for device, inputs in INPUTS.items():
        chords = [chord for ways in KEYS.controls.chords[device].values() for chord in ways]
        assert len(set(chords)) == len(chords)
        assert {name for chord in chords for name in chord} <= set(inputs)
    assert set(KEYS.rows) == set(EpisodeAction)


def test_a_simulated_reviewer_runs_it_headless(workspace: Workspace, quiet_sdl: None) -> None:
    """Every episode gets a verdict, failures a reason; the report counts them."""
    report = review_episodes(workspace, "simulated", headless=True, simulated=True)
    assert (report.judged, report.left) == (3, 0)
    found = resolved_by_episode(Judgements(workspace.db_path))
    assert all(found[name].success is False and found[name].reasons for name in IDS)
    assert report.per_minute > 0


def test_a_verdict_waits_while_the_database_is_locked(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written once it can be, in its order; one that never was is told of at the end."""
    monkeypatch.setattr("sidestick.datasets.files.sqlite_file.BUSY_SECONDS", 0.05)
    writer = JudgementWriter(Judge(workspace, "anna"))
    name = workspace.episodes()[0].stem
    writer.write(name, "quality", quality=3)
    with contextlib.closing(sqlite3.connect(workspace.db_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer.write_later(name, "success")
        writer.flush()
        assert "database is locked" in writer.refused
        assert (len(writer.said), len(writer.unwritten)) == (1, 1)
        with pytest.raises(Unwritten, match="1 judgements could not be written"):
            writer.close()
        other.execute("ROLLBACK")
    writer.write(name, "quality", quality=4)
    writer.close()
    kinds = [given.kind for given in Judgements(workspace.db_path).all(name)]
    assert kinds[-3:] == ["quality", "verdict", "quality"]


def test_bad_questions_are_refused(workspace: Workspace, tmp_path: Path, quiet_sdl: None) -> None:
    """An unknown episode and a workspace without episodes are errors with a message."""
    with pytest.raises(UnknownName, match="nothing-like-it"):
        review_episodes(workspace, "ada", only="nothing-like-it", headless=True)
    empty = made_up_workspace(tmp_path / "empty", successes=())
    with pytest.raises(BadValue, match="episodes to judge"):
        review_episodes(empty, "ada", headless=True)


def test_unattended_episodes_are_audited_in_a_fixed_share() -> None:
    """Seeds alone decide which, so they are the same for everybody."""
    from sidestick.teleop.autonomy.evidence_recorder import AUDITED_SHARE
    from sidestick.teleop.review.review_queue import is_audited

    summary = made_up_episode().summary
    alone = replace(summary, header=replace(summary.header, level=Level.AUTONOMOUS))
    seeded = [replace(alone, header=replace(alone.header, seed=n)) for n in range(2000)]
    drawn = [is_audited(summary) for summary in seeded]
    assert abs(np.mean(drawn) - AUDITED_SHARE) < 0.03
    assert not is_audited(summary)
    assert first_priority(alone, None, True).why[0] == "audit"


@pytest.mark.slow
def test_keys_work_in_a_real_window(workspace: Workspace, display: str, tmp_path: Path) -> None:
    """Xvfb and xdotool: s, f, s, q, and three verdicts are in the database."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SDL_")}
    environment |= {"DISPLAY": display, "SDL_AUDIODRIVER": "dummy", "OMP_NUM_THREADS": "1"}
    environment |= {"SIDESTICK_CONFIG_DIR": str(tmp_path / "config")}
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(workspace.path)],
        env=environment, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as window:  # fmt: skip
        try:
            hand, deadline = XdotoolKeys(display, window), time.monotonic() + 60
            for number, key in enumerate(("s", "f", "s")):
                hand("key", key)
                while len(Judgements(workspace.db_path).all()) == number:
                    time.sleep(0.1)
                    assert time.monotonic() < deadline
            hand("key", "q")
            out, err = window.communicate(timeout=60)
            assert window.returncode == 0, (out, err)
        finally:
            window.kill()
    verdicts = [e.payload["verdict"] for e in Judgements(workspace.db_path).all()]
    assert sorted(verdicts) == ["failure", "success", "success"]
