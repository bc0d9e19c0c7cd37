"""Seeds that practice failed on: which are open, and which sessions begin with them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EffortEntry
from sidestick.datasets.judgements.judgements import Judge
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.cli.drive import Drive
from sidestick.teleop.devices.bindings import defaults
from sidestick.teleop.devices.controls import DRIVING
from sidestick.teleop.evaluation.seeds import Seeds
from sidestick.teleop.learning.autonomous_practice import open_failures, unsolved
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.station.headless import DriveReport
from sidestick.teleop.station.options import StationOptions
from sidestick.teleop.station.screen.prompts import Prompter
from tests import virtual_pad as vp
from tests.synthetic import made_up_episode
from tests.teleop.station.test_headless import StationaryPolicy
from tests.window_rig import WindowRig


def practice(created: float, failed: Sequence[int], kind: str = "practice") -> EffortEntry:
    return EffortEntry(1, kind, 0.0, 0.0, 0, 10, {"failed_seeds": list(failed)}, created)


def test_failures_of_the_latest_practice_come_first_and_each_once() -> None:
    """Whatever the order of the ledger; other entries name none."""
    efforts = [practice(300.0, [9, 7]), practice(100.0, [5, 7]), practice(400.0, [3], "supervised")]
    assert unsolved(efforts, {}) == [9, 7, 5]


def test_what_was_solved_later_is_no_failure_any_more() -> None:
    """What was solved before it failed is one still."""
    efforts = [practice(100.0, [5, 7]), practice(300.0, [9])]
    assert unsolved(efforts, {5: 200.0, 9: 200.0}) == [9, 7]
    assert unsolved(efforts, {5: 50.0, 7: 150.0, 9: 301.0}) == [5]


def test_practice_of_earlier_versions_names_no_seeds() -> None:
    """They give no seeds, and no error."""
    assert unsolved([EffortEntry(1, "practice", 0.0, 0.0, 0, 10)], {}) == []


@given(st.lists(st.integers(200_000, 200_050), unique=True), st.integers(0, 30))
def test_the_seeds_go_on_one_by_one_as_they_are_taken(failures: list[int], scenes: int) -> None:
    """A window that takes one after the other lays out the same scenes as a headless run."""
    seeds = Seeds(40, failures)
    asked, seed = [], seeds.start
    for _ in range(scenes):
        asked.append(seed)
        seed = seeds.after(seed)
    assert asked == seeds.take(scenes)
    assert asked[len(failures) :] == list(range(40, 40 + max(0, scenes - len(failures))))
    assert [bool(seeds.label(s)) for s in asked] == [s in failures for s in asked]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Practice failed on three seeds; the operator has tried two of them, and solved one."""
    made = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", "tiny"))
    Database(made.db_path).add_effort(practice(1000.0, [210_001, 210_002, 210_003]))
    for seed, success in ((210_002, True), (210_003, False), (4, True)):
        record(made, seed, success)
    return made


def record(workspace: Workspace, seed: int, success: bool) -> None:
    made = made_up_episode([1] * 4, seed, success, episode_id=f"of-{seed}")
    summary = replace(made.summary, header=replace(made.summary.header, started=2000.0))
    replace(made, summary=summary).write(workspace.episodes_dir / f"of-{seed}.hdf5")


def test_open_failures_are_read_from_ledger_and_episodes(workspace: Workspace) -> None:
    """Trying is not enough, and a person's judgement of an episode overrides its result."""
    assert open_failures(workspace) == (210_001, 210_003)
    Judge(workspace, "ada").say("of-210002", "verdict", verdict="failure")
    assert open_failures(workspace) == (210_001, 210_002, 210_003)


@pytest.mark.parametrize(
    ("level", "options", "expected"),
    [
        (Level.SUPERVISED, {}, [210_001, 210_003, 5]),
        (Level.ON_CALL, {}, [210_001, 210_003, 5]),
        (Level.SUPERVISED, {"fresh": True}, [5, 6, 7]),
        (Level.SUPERVISED, {"first_seed": 77}, [77, 78, 79]),
        (Level.SHADOW, {}, [5, 6, 7]),
        (Level.AUTONOMOUS, {}, [5, 6, 7]),
    ],
)
def test_where_a_session_begins(
    workspace: Workspace,
    level: Level,
    options: dict[str, object],
    expected: list[int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With a window and without: failures first at supervised and on-call, except by option."""
    headless: list[int] = []
    opened: list[StationOptions] = []
    report = DriveReport(0, 0, 0, 0, 0, "")

    def assign(*_: object) -> Assignment:
        return Assignment(level, runner=PolicyRunner(StationaryPolicy()))

    def legs(first: object, second: object, third: object, seeds: list[int], *_: object) -> object:
        headless.extend(seeds)
        return report

    def window(workspace: object, assignment: object, options: StationOptions) -> DriveReport:
        opened.append(options)
        return report

    arguments = {"workspace": workspace.path, "driver": "simulated", "episodes": 3, **options}
    for without_window in (True, False):
        verb = Drive(headless=without_window, **arguments)  # type: ignore[arg-type]
        verb.record(workspace, level, None, assign, window, legs)  # type: ignore[arg-type]
    assert headless == opened[0].seeds.take(3) == expected
    said = " ".join(capsys.readouterr().err.split())
    assert ("practice failed, 2 so far unsolved" in said) == (210_001 in expected)


def test_at_the_window_the_card_says_that_practice_failed_here(
    open_rig: Callable[..., WindowRig],
) -> None:
    """Fresh seeds follow, without a note."""
    rig = open_rig(options=StationOptions(first_seed=3, failures=(210_001,)))
    prompter = Prompter(defaults(DRIVING))
    seen: list[tuple[int, tuple[str, ...]]] = []
    for _ in range(2):
        rig.run(0.3)
        note = rig.loop.options.seeds.label(rig.live.seed)
        card = prompter.ready_card(Level.SUPERVISED, rig.operator_input.device, True, (note,))
        seen.append((rig.live.seed, card.lines[1:]))
        rig.tap(vp.START)
        rig.drive(0.2)
        rig.tap(vp.B)
    assert seen == [(210_001, ("Seed 210001: practice failed here.",)), (3, ())]
    rig.recorder.wait()
    assert [s.header.seed for s in rig.workspace.summaries()] == [210_001, 3]
