"""`sidestick episodes`: what is taken out is not used, stays findable, and comes back."""

import itertools
import json
import shutil
from pathlib import Path

import pytest

from sidestick.datasets.api import Judge, Workspace, WorkspaceConfig, check, export, merge, tables
from sidestick.datasets.database import Database, EffortEntry, EventKind
from sidestick.datasets.formats.registry import import_into
from sidestick.datasets.tables.listing import listing
from sidestick.policies.base.provenance import Provenance
from sidestick.sim_envs.errors import PolicyError, WorkspaceError
from sidestick.teleop.cli.main import INTERRUPTED, main
from sidestick.teleop.learning.workspace_training import judged_frames, judged_summaries
from sidestick.teleop.review.click_review import stored_clicks
from sidestick.teleop.review.review_queue import ReviewQueue
from tests.foreign import foreign_demo, write_foreign_file
from tests.synthetic import made_up_episode

IDS = tuple(f"2026010{n + 1}T000000-abcdef0{n}" for n in range(5))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with five successful episodes, and an entry in the ledger for them."""
    made = Workspace.create(
        tmp_path_factory.mktemp("episodes") / "ws", WorkspaceConfig("ShelfPick", image_size=16)
    )
    for number, name in enumerate(IDS):
        episode = made_up_episode(seed=number, image_size=16, episode_id=name)
        episode.write(made.episodes_dir / f"{name}.hdf5")
    made.rebuild_index()
    entry = EffortEntry(0, "demonstration", 5.0, 0.0, 0, 5, {"successes": 5, "counted": list(IDS)})
    Database(made.db_path).add_effort(entry)
    return made.path


@pytest.fixture
def workspace(recorded: Path, tmp_path: Path) -> Workspace:
    return Workspace.open(shutil.copytree(recorded, tmp_path / "ws"))


@pytest.fixture
def call(workspace: Workspace, capsys: pytest.CaptureFixture[str]):
    """A verb on the workspace by the real `main`: exit code, standard output, what it said."""

    def verb(name: str, *arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([name, *arguments])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, " ".join(said.err.split())

    def episodes(*arguments: str) -> tuple[int, str, str]:
        return verb("episodes", str(workspace.path), *arguments)

    return episodes


def changed(call, *arguments: str) -> list[str]:
    """What a call changed, as its JSON says."""
    code, out, said = call(*arguments, "--json")
    assert code == 0, said
    return json.loads(out)["changed"]


def test_an_excluded_episode_is_neither_trained_on_nor_exported_until_it_is_included(
    workspace: Workspace, call, tmp_path: Path
) -> None:
    """Its file and place stay; the judgement has a name, a time and a reason."""
    Judge(workspace, "ada").say(IDS[1], "click", 2, camera="front", item="can", x=4, y=5)
    Judge(workspace, "ada").say(IDS[1], "verdict", verdict="success")
    assert changed(call, "--exclude", "1", "--why", "the camera moved", "--operator", "bob") == [
        IDS[1]
    ]
    left = [name for name in IDS if name != IDS[1]]
    assert [s.id for s in judged_summaries(workspace)] == left
    assert [s.id for s in judged_frames(workspace)[0].episodes] == left
    assert stored_clicks(workspace) == []
    assert IDS[1] not in ReviewQueue(workspace, "eve").open
    report = export(workspace, "robomimic", tmp_path / "out.hdf5")
    assert report.episodes == 4
    assert "1 episodes that people excluded" in report.lost
    assert tables.episodes(workspace).column("excluded").tolist() == [False, True] + [False] * 3
    assert [row.number for row in listing(workspace).rows if row.excluded] == [1]
    assert workspace.find("1").stem == IDS[1]
    assert check(workspace).ok
    code, _, said = call()
    assert code == 0
    assert "excluded by bob: the" in said
    assert changed(call, "--include", IDS[1]) == [IDS[1]]
    assert [s.id for s in judged_summaries(workspace)] == list(IDS)


def test_a_prediction_of_an_excluded_episode_is_no_example(workspace: Workspace, call) -> None:
    """Else its images would be read for it."""
    actions = [[0.1] * 7] * 4
    Judge(workspace, "ada").say(IDS[2], "prediction", 3, grade="accept", actions=actions)
    assert len(judged_frames(workspace)[1]) == 1
    changed(call, "--exclude", "2")
    frames, examples = judged_frames(workspace)
    assert examples == []
    assert len(frames.episodes) == 4


def test_an_exclusion_travels_with_a_merge(workspace: Workspace, call, tmp_path: Path) -> None:
    """As every judgement does; so does taking it back."""
    changed(call, "--exclude", "0", "4")
    changed(call, "--include", "4")
    merge([workspace.path], tmp_path / "into")
    into = Workspace.open(tmp_path / "into")
    assert [s.id for s in judged_summaries(into)] == list(IDS[1:])


def test_removed_episodes_lie_in_the_trash_and_come_back_as_they_were(
    workspace: Workspace, call
) -> None:
    """The ledger and the check are content, before and after."""
    before = {path.name: path.read_bytes() for path in workspace.episodes()}
    assert changed(call, "--remove", "1-2", "--why", "bad light", "--operator", "bob") == list(
        IDS[1:3]
    )
    assert [path.stem for path in workspace.episodes()] == [IDS[0], *IDS[3:]]
    report = check(workspace)
    assert (report.ok, report.episodes) == (True, 3)
    assert Database(workspace.db_path).efforts()[0].driven_s == 5.0
    (event,) = Database(workspace.db_path).events(EventKind.REMOVE_EPISODES)
    assert (event.payload["operator"], event.payload["why"]) == ("bob", "bad light")
    code, _, said = call()
    assert code == 0
    assert f"{IDS[1]} (removed by bob, 20" in said
    assert changed(call, "--restore", "abcdef01", IDS[2]) == list(IDS[1:3])
    assert {path.name: path.read_bytes() for path in workspace.episodes()} == before
    assert check(workspace).ok


@pytest.mark.parametrize("action", ["--remove", "--restore"])
def test_the_same_command_does_the_rest_after_a_kill(
    workspace: Workspace, call, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids that were moved already are no reason to refuse; once all are moved, neither."""
    if action == "--restore":
        assert changed(call, "--remove", *IDS[:3]) == list(IDS[:3])
    moved, rename = itertools.count(), Path.rename

    def killed(path: Path, target: Path) -> Path:
        if next(moved) == 1:
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed)
        assert call(action, *IDS[:3])[0] == INTERRUPTED
    assert changed(call, action, *IDS[:3]) == list(IDS[1:3])
    assert changed(call, action, *IDS[:3]) == []
    left = IDS[3:] if action == "--remove" else IDS
    assert [path.stem for path in workspace.episodes()] == list(left)
    assert check(workspace, repair=True).ok


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["0003"], [3]),
        (["-1", "demo_0", "0"], [0, 4]),
        (["1-3"], [1, 2, 3]),
        (["0001-0002", "2"], [1, 2]),
        (["20260102"], [1]),
        ([IDS[4]], [4]),
        (["000000-abcdef03"], [3]),
    ],
)
def test_episodes_are_named_as_people_name_them(
    words: list[str], found: list[int], workspace: Workspace, call
) -> None:
    """By place, range of places, id or a part of it; each counts once."""
    assert changed(call, "--exclude", *words) == [IDS[place] for place in found]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--exclude", "0", "9"], "unknown episode '9'; known: 2026"),
        (["--remove", "0", "3-5"], "unknown range of episodes '3-5'; known: 0-4"),
        (["--remove", "3-1"], "unknown range"),
        (["--exclude", "-6"], "unknown episode '-6'"),
        (["--remove", "2026"], "several match"),
        (["--restore", "0"], "unknown removed episode '0'; known: none"),
        (["--remove"], "expected the episodes, or --imported-from, got none"),
        (["--remove", "--imported-from", "x.hdf5"], "unknown origin of episodes 'x.hdf5'"),
        (["--remove", "0", "--exclude", "1"], "one action at a time"),
    ],
)
def test_what_names_no_episode_changes_nothing(
    words: list[str], reason: str, workspace: Workspace, call
) -> None:
    """One wrong name among right ones, too; the message says what there is."""
    before = sorted(workspace.path.rglob("*.hdf5"))
    code, out, said = call(*words)
    assert (code, out) == (2, "")
    assert reason in said
    assert sorted(workspace.path.rglob("*.hdf5")) == before
    assert [s.id for s in judged_summaries(workspace)] == list(IDS)


def test_beside_a_session_nothing_is_moved_and_judging_goes_on(workspace: Workspace, call) -> None:
    """A session, an import or a merge holds the workspace."""
    lock = workspace.lock()
    try:
        code, _, said = call("--remove", "0")
        assert code == 2
        assert "is being recorded into by process" in said
        assert changed(call, "--exclude", "0") == [IDS[0]]
    finally:
        lock.release()
    assert len(workspace.episodes()) == 5


def test_a_damaged_file_can_be_removed(workspace: Workspace, call) -> None:
    """It has no place, and is found by its name."""
    (workspace.episodes_dir / f"{IDS[0]}.hdf5").write_bytes(b"torn")
    (workspace.episodes_dir / "notes.txt").write_text("bring milk")
    assert changed(call, "--remove", IDS[0], "notes.txt") == [IDS[0], "notes.txt"]
    workspace.rebuild_index()
    assert check(workspace).ok
    assert changed(call, "--restore", "notes") == ["notes.txt"]


def test_nothing_is_overwritten_by_a_restored_episode(workspace: Workspace, call) -> None:
    """Where another file has the name meanwhile."""
    changed(call, "--remove", "0", "1")
    (workspace.episodes_dir / f"{IDS[1]}.hdf5").write_bytes(b"other")
    code, _, said = call("--restore", IDS[0], IDS[1])
    assert code == 2
    assert f"{IDS[1]}.hdf5" in said
    assert (workspace.trash_dir / f"{IDS[0]}.hdf5").exists()
    assert (workspace.episodes_dir / f"{IDS[1]}.hdf5").read_bytes() == b"other"


def test_a_policy_that_has_learnt_from_them_is_named(
    workspace: Workspace, call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only training anew makes one without."""

    class Store:
        def __init__(self, folder: Path) -> None:
            self.provenance = Provenance(episodes=(IDS[0], IDS[1]))

        def ids(self) -> list[str]:
            return ["0001"]

        def state(self, name: str) -> "Store":
            return self

    monkeypatch.setattr("sidestick.policies.store.PolicyStore", Store)
    assert "learnt from before by policy 0001" in call("--exclude", "1")[2]
    assert "learnt" not in call("--exclude", "4")[2]


def test_what_was_imported_is_found_by_its_origin(tmp_path: Path, capsys) -> None:
    """Without ids all that came from there; removed, it comes back by no other import or merge."""
    for name in ("one", "two"):
        demos = [foreign_demo(seed) for seed in range(2 if name == "one" else 3)]
        write_foreign_file(tmp_path / f"{name}.hdf5", demos[-1:] if name == "two" else demos)
        import_into("robomimic", tmp_path / f"{name}.hdf5", tmp_path / "ws")
    workspace = Workspace.open(tmp_path / "ws")
    with pytest.raises(SystemExit):
        main(["episodes", str(workspace.path), "--remove", "--imported-from", "one.hdf5"])
    assert "2 episodes moved into trash/" in capsys.readouterr().err
    assert [Path(row.origin or "").name for row in listing(workspace).rows] == ["two.hdf5"]
    again = import_into("robomimic", tmp_path / "one.hdf5", workspace.path)
    assert (again.episodes, {problem.reason[:11] for problem in again.skipped}) == (
        0,
        {"was removed"},
    )
    other = tmp_path / "other"
    import_into("robomimic", tmp_path / "one.hdf5", other)
    assert merge([other], workspace.path).episodes == 0
    assert len(workspace.episodes()) == 1


def test_an_excluded_odd_episode_is_no_measure_for_the_others(
    workspace: Workspace, call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the first one has another goal vector, excluding it makes the rest fit."""
    monkeypatch.setattr("tests.synthetic.GOALS", ("can",))
    odd = made_up_episode(image_size=16, episode_id="20250101T000000-abcdef00")
    odd.write(workspace.episodes_dir / f"{odd.summary.id}.hdf5")
    workspace.rebuild_index()
    assert len(check(workspace).damaged) == 5
    changed(call, "--exclude", odd.summary.id)
    assert check(workspace).ok
    assert merge([workspace.path], tmp_path / "into").episodes == 6


def test_where_everything_counts_as_failed_training_says_what_to_do(tmp_path: Path) -> None:
    """Imports without rewards: judge them, or say that they were kept since they succeeded."""
    demos = [{k: v for k, v in foreign_demo(n).items() if k != "rewards"} for n in range(2)]
    source = write_foreign_file(tmp_path / "strange.hdf5", demos)
    import_into("robomimic", source, tmp_path / "ws")
    workspace = Workspace.open(tmp_path / "ws")
    with pytest.raises(PolicyError, match=r"of 2 nobody .*sidestick review.*--judge-successful"):
        judged_frames(workspace)
    report = import_into("robomimic", source, tmp_path / "ws", successful_by="ada")
    assert any("judged a success by ada" in line for line in report.filled_in)
    assert len(judged_frames(workspace)[0].episodes) == 2
    Judge(workspace, "ada").say(workspace.episodes()[0].stem, "verdict", verdict="failure")
    import_into("robomimic", source, tmp_path / "ws", successful_by="ada")
    assert len(judged_frames(workspace)[0].episodes) == 1
    for path in workspace.episodes():
        Judge(workspace, "ada").say(path.stem, "exclusion", excluded=True)
    with pytest.raises(PolicyError, match=r"2 are excluded.*--include"):
        judged_frames(workspace)
    with pytest.raises(WorkspaceError, match="people excluded 2"):
        export(workspace, "robomimic", tmp_path / "out.hdf5")
