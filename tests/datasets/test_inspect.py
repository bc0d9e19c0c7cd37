"""These tests cover `sidestick inspect`: the table of episodes, flags, one episode's details."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.checking.warnings import FLAGGERS, contradicted, flags_of
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EffortEntry, EventEntry, EventKind
from sidestick.datasets.episode import Episode
from sidestick.datasets.judgements.judgements import Judge
from sidestick.datasets.tables.listing import details, listing
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import AmbiguousName, UnknownName
from sidestick.teleop.cli.inspect import Inspect
from sidestick.teleop.cli.subcommand import DONE, FOUND
from tests.synthetic import made_up_episode

SIZE = 8


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "régál 1", WorkspaceConfig("ShelfPick", image_size=SIZE))
    for number, modes in enumerate(([-1] * 30, [0] * 10 + [1] * 5)):
        stem = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode(modes, number, number == 0, SIZE, episode_id=stem)
        episode.write(made.episodes_dir / f"{stem}.hdf5")
    made.rebuild_index()
    return made


def calm(steps: int = 40) -> Episode:
    """An episode that nothing is wrong with."""
    episode = made_up_episode([-1] * steps, image_size=SIZE)
    solved = np.arange(steps) == steps - 1
    columns = {**episode.columns, "succeeded": solved.astype(np.uint8)}
    episode = Episode.of_columns(episode.summary, columns, episode.final)
    return replace(episode, actions=np.full((steps, 7), 0.3, np.float32))


def test_the_table_has_a_row_an_episode_and_sums(workspace: Workspace) -> None:
    """Time, operator, length, success, takeovers; a grade from the database; JSON takes it."""
    for quality in (1, 4):
        Judge(workspace, "ada").say("20250101T000001-00000001", "quality", quality=quality)
    found = listing(workspace)
    first, second = found.rows
    assert (first.number, first.steps, first.success, first.grade) == (0, 30, True, None)
    assert (second.takeovers, second.human_steps, second.grade) == (1, 5, "4")
    assert (second.origin, second.operator) == (None, "made up")
    assert found.totals()["steps"] == 45
    assert found.totals()["bytes"] == sum(e.stat().st_size for e in workspace.episodes())
    assert json.dumps([row.to_json() for row in found.rows])


def test_one_row_is_that_of_the_table_and_no_other_file_is_read(workspace: Workspace) -> None:
    """Its number is the place by which it is found; a broken file beside it is not looked at."""
    whole, (first, second) = listing(workspace), workspace.episodes()
    assert listing(workspace, only=second).rows == whole.rows[1:]
    heard: list[str] = []
    listing(workspace, seen=heard.append, only=first)
    assert heard == [first.stem]


def test_damaged_files_are_named_beside_the_table(workspace: Workspace) -> None:
    """A truncated file and a dangling link do not affect the rest."""
    path = workspace.episodes()[0]
    path.write_bytes(path.read_bytes()[:500])
    (workspace.episodes_dir / "20990101T000000-00000000.hdf5").symlink_to("nowhere")
    found = listing(Workspace.open(workspace.path))
    assert [row.id for row in found.rows] == ["20250101T000001-00000001"]
    assert len(found.damaged) == 2
    assert len(check(workspace).damaged) == 3  # the index is damaged as well


def test_one_episode_shows_what_the_table_has_no_room_for(workspace: Workspace) -> None:
    """Steps by driver, stages, periods, branches."""
    shown = details(Episode.read(workspace.episodes()[1], images=False))
    assert (shown["driven_by"]["policy"], shown["driven_by"]["human"]) == (10, 5)
    assert shown["stages"] == {"reach": 15}
    assert shown["period_ms"] == 50
    assert shown["final_observation"]


def test_an_episode_is_found_by_id_part_or_place(workspace: Workspace) -> None:
    """A name that matches none or several is refused with the candidates."""
    first, second = workspace.episodes()
    for name in ("20250101T000001-00000001", "1", "-1", "demo_1", "00000001", "1-0000"):
        assert workspace.find(name) == second
    for name in ("0", "-2", "20250101T000000", "00000000"):
        assert workspace.find(name) == first
    for name in ("", "9", "demo_9", "zzz", "-7"):
        with pytest.raises(UnknownName, match=r"unknown episode.*20250101T000000"):
            workspace.find(name)
    with pytest.raises(AmbiguousName, match=r"'2025': several match: 20250101T000000-.*, 2025"):
        workspace.find("2025")


def test_the_verb_reports_for_people_and_for_scripts(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON alone on standard output, the rest on standard error, exit code 1 for damage."""
    assert Inspect(workspace.path).run() == DONE
    assert "made up" in capsys.readouterr().err
    assert Inspect(workspace.path, json=True).run() == DONE
    assert len(json.loads(capsys.readouterr().out)["episodes"]) == 2
    assert Inspect(workspace.path, "1", json=True).run() == DONE
    assert json.loads(capsys.readouterr().out)["takeovers"] == 1
    assert Inspect(workspace.path, "1").run() == DONE
    (workspace.episodes_dir / "notes.txt").write_text("hello")
    assert Inspect(workspace.path).run() == FOUND


def test_suspicious_episodes_are_flagged_with_the_figure() -> None:
    """Idle, jerky, late and too short; a good one has no flag."""
    episode = calm()
    assert flags_of(episode) == ()
    still = replace(episode, actions=np.tile(np.float32([0, 0, 0, 0, 0, 0, -1]), (40, 1)))
    signs = np.where(np.arange(40) % 2, 1, -1)[:, None]
    shaken = replace(episode, actions=np.float32(0.5) * signs.astype(np.float32).repeat(7, 1))
    slow = replace(episode, late_ms=np.full(40, 80, np.float32))
    for suspect, name in ((still, "idle"), (shaken, "jerky"), (slow, "late")):
        (flag,) = flags_of(suspect)
        assert flag.name == name
        assert any(letter.isdigit() for letter in flag.detail)
    assert "too short" in [flag.name for flag in flags_of(calm(5))]
    assert FLAGGERS.keys() == {
        "idle", "jerky", "late", "too short", "clock set back", "contradicted",
    }  # fmt: skip


def test_a_verdict_that_the_simulator_contradicts_is_flagged() -> None:
    """A success that was never solved, with its stage, and a failure that was; not of elsewhere."""
    solved, unsolved = calm(), made_up_episode([-1] * 40, image_size=SIZE)
    outcome = replace(solved.summary.outcome, success=False)
    failed = replace(solved, summary=replace(solved.summary, outcome=outcome))
    assert contradicted(solved) is None
    assert "never solved (stage" in (contradicted(unsolved) or "")
    assert contradicted(failed) == "saved as a failure, and the task was solved"
    header = replace(unsolved.summary.header, seed=-1)
    foreign = replace(unsolved, summary=replace(unsolved.summary, header=header))
    assert contradicted(foreign) is None


def test_a_clock_that_was_set_back_is_no_damage(workspace: Workspace) -> None:
    """A time server's step or a suspend: the steps are in order, and the flag says what was."""
    path = workspace.episodes()[0]
    episode = replace(calm(), summary=replace(calm().summary, id=path.stem))
    times = np.r_[np.arange(20), np.arange(20)] * 1.0
    replace(episode, wall_time=times).write(path)
    report = check(workspace)
    assert report.damaged == ()
    flags = {flag.name: flag.detail for flag in report.flagged[path.stem]}
    assert flags["clock set back"] == "by 19.0 s before step 20"


def test_another_package_may_add_its_own_flag(workspace: Workspace) -> None:
    """Check and table accept flaggers from outside, such as whether the item was in view."""
    own = {"unseen": lambda episode: f"{len(episode)} steps without the item"}
    assert check(workspace, flaggers=own).flagged.keys() == {e.stem for e in workspace.episodes()}
    assert listing(workspace, own).rows[0].flags[0].name == "unseen"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"front_image": np.full((40, SIZE, SIZE, 3), 7, np.uint8)}, "one colour"),
        ({"front_image": np.tile(np.arange(SIZE, dtype=np.uint8), (40, 1))}, "the same picture"),
    ],
)
def test_content_that_cannot_be_is_damage(
    workspace: Workspace, change: dict[str, np.ndarray], reason: str
) -> None:
    """Uniform images, a frozen camera."""
    path = workspace.episodes()[0]
    episode = replace(calm(), summary=replace(calm().summary, id=path.stem))
    images = change.pop("front_image", None)
    if images is not None:
        shape = (40, SIZE, SIZE, 3)
        whole = np.broadcast_to(
            images.reshape(40, -1, SIZE, 1) if images.ndim == 2 else images, shape
        )
        seen = {**episode.observations, "front_image": np.ascontiguousarray(whole)}
        episode = replace(episode, observations=seen)
    replace(episode, **change).write(path)
    (problem,) = check(workspace).damaged
    assert reason in problem.reason


def test_the_database_is_compared_with_the_files(workspace: Workspace) -> None:
    """Rows about missing episodes, a ledger with more than there are, a damaged file."""
    database = Database(workspace.db_path)
    database.add_event(EventEntry(EventKind.TRIAL, {"episode": "gone"}))
    database.add_effort(EffortEntry(0, "demonstration", 1, 0, 0, 5, {"successes": 5}))
    reasons = [problem.reason for problem in check(workspace).damaged]
    assert "gone, which does not exist" in reasons[0]
    assert "3 successful episodes more" in reasons[1]
    assert len(check(workspace, repair=True).damaged) == 1  # it was recorded
    workspace.db_path.write_bytes(b"rubbish" * 999)
    for suffix in ("-wal", "-shm"):
        workspace.db_path.with_name(f"sidestick.db{suffix}").unlink(missing_ok=True)
    (problem,) = check(workspace).damaged
    assert problem.file == "sidestick.db"


def test_half_written_files_are_orphans_until_a_repair(workspace: Workspace) -> None:
    """A dead process left a temporary file: it is reported, then removed."""
    (workspace.episodes_dir / ".20250101T000009-00000000.hdf5.tmp").write_bytes(b"half")
    (problem,) = check(workspace).damaged
    assert "half written" in problem.reason
    assert check(workspace, repair=True).ok


def test_a_workspace_that_cannot_be_written_is_still_read(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is opened immutable, without side files."""
    Database(workspace.db_path).add_event(EventEntry(EventKind.SWAP))
    monkeypatch.setattr("sidestick.datasets.files.sqlite_file.os.access", lambda *_: False)
    assert [event.kind for event in Database(workspace.db_path).events()] == ["swap"]
