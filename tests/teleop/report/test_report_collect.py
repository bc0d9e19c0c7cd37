"""`collect` and `write_report` read a workspace: episodes, ledger, policies, evaluations."""

import json
import logging
import os
import re
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from sidestick.datasets.database import (
    Database,
    EffortEntry,
    EvaluationEntry,
    EventEntry,
    EventKind,
)
from sidestick.datasets.episode import Episode
from sidestick.datasets.step import ActionMode, Driver, EpisodeHeader, Level, Step
from sidestick.datasets.workspace import Workspace, WorkspaceConfig
from sidestick.policies.base.provenance import ProvenanceKind
from sidestick.sim_envs.errors import SidestickError
from sidestick.teleop.evaluation.seeds import RELEASE
from sidestick.teleop.report.collect import collect
from sidestick.teleop.report.figure_style import MARKS
from sidestick.teleop.report.learning_curve import KIND_LABELS
from sidestick.teleop.report.page import render
from sidestick.teleop.report.recorded_events import EventSign, read_events
from sidestick.teleop.report.write import write_report

STAGES = ("reach", "grasp", "place")
START = 1_790_000_000.0
KINDS = (ProvenanceKind.DEMONSTRATIONS, ProvenanceKind.CORRECTIONS, ProvenanceKind.PRACTICE)
EFFORTS = ("demonstrations", "supervised", "practice")


def fake_step(index: int, driver: Driver, level: Level, helped: bool) -> Step:
    """One step with small dark pictures; `helped` during a takeover."""
    image = np.full((16, 16, 3), 10 * index, np.uint8)
    observation = {
        "front_image": image,
        "wrist_image": image.copy(),
        "joint_pos": np.zeros(7, np.float32),
        "ee_pos": np.zeros(3, np.float32),
        "ee_quat": np.array([0, 0, 0, 1], np.float32),
        "gripper_qpos": np.zeros(2, np.float32),
        "goal": np.array([1, 0], np.float32),
    }
    mode = ActionMode.INTERVENTION if helped else ActionMode.ROLLOUT
    return Step(
        observation=observation, action=np.zeros(7, np.float32), human_action=None,
        policy_action=None, driver=driver, level=level,
        action_mode=ActionMode.DEMONSTRATION if level == Level.DEMONSTRATE else mode,
        novelty=float("nan"), stage=min(index // 4, 2), reward=0.0, done=False, success=False,
        reseat=False, takeover_id=0 if helped else -1, state=np.zeros(3), wall_time=START + index,
        late_ms=0.0,
    )  # fmt: skip


def add_episode(workspace: Workspace, number: int, level: Level, *, success: bool = True) -> Path:
    """Write one episode of 12 steps; in a supervised one the human drives steps 4 to 7."""
    header = EpisodeHeader("ShelfPick", "put the red can into the tote", "red can", number,
                           "simulated", level, None, STAGES, ("red can", "blue can"), {},
                           START + 100 * number)  # fmt: skip
    steps = []
    for index in range(12):
        helped = level == Level.SUPERVISED and 4 <= index < 8
        human = helped or level == Level.DEMONSTRATE
        steps.append(fake_step(index, Driver.HUMAN if human else Driver.POLICY, level, helped))
    episode = Episode.of_steps(header, steps, success, episode_id=f"episode-{number}")
    path = workspace.episodes_dir / f"episode-{number}.hdf5"
    episode.write(path)
    return path


def add_policy(workspace: Workspace, number: int, kind: ProvenanceKind, successes: int) -> None:
    """Write what the report reads of a policy, and one evaluation of it."""
    folder = workspace.policies_dir / f"{number:04d}"
    folder.mkdir()
    provenance = {"episodes": ["a", "b"], "parent": f"{number - 1:04d}" if number > 1 else None,
                  "round": number - 1, "kind": kind, "version": "0.1.0"}  # fmt: skip
    config = {"policy": {"provenance": provenance}, "vision": {"name": "keypoints"}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    created = START + 100 * number + 50
    os.utime(folder / "config.json", (created, created))
    outcomes = [{"seed": 500 + i, "success": i < successes, "length": 12, "stage": STAGES[i % 3]}
                for i in range(20)]  # fmt: skip
    Database(workspace.db_path).add_evaluation(
        EvaluationEntry(f"{number:04d}", "ShelfPick", 500, 20, successes,
                   payload={"per_episode": outcomes}, created=created + 10)
    )  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with demonstration, correction and practice, each with a policy and an entry."""
    workspace = Workspace.create(
        tmp_path / "shelf", WorkspaceConfig("ShelfPick", image_size=16, env_kwargs={"num_items": 2})
    )
    levels = (Level.DEMONSTRATE, Level.SUPERVISED, Level.AUTONOMOUS)
    rounds = zip(levels, EFFORTS, KINDS, (8, 12, 19), strict=True)
    for index, (level, name, kind, successes) in enumerate(rounds):
        add_episode(workspace, index + 1, level)
        driven, watched = (60.0, 0.0) if index == 0 else (30.0, 120.0)
        effort = EffortEntry(index, name, driven if index < 2 else 0.0,
                        watched if index < 2 else 0.0, int(index == 1), 1,
                        {"steps_human": 4, "steps_policy": 8},
                        START + 100 * (index + 1) + 20)  # fmt: skip
        Database(workspace.db_path).add_effort(effort)
        add_policy(workspace, index + 1, kind, successes)
    return workspace


def test_everything_in_the_workspace_is_found(workspace: Workspace) -> None:
    """Kinds, counts, minutes, parents and outcomes are read as they were written."""
    data = collect(workspace)
    assert [episode.kind for episode in data.episodes] == list(KINDS)
    assert [(line.source, line.cost.driven_s) for line in data.ledger.lines] == [
        (ProvenanceKind.DEMONSTRATIONS, 60.0), (ProvenanceKind.CORRECTIONS, 30.0),
        (ProvenanceKind.PRACTICE, 0.0),
    ]  # fmt: skip
    assert [(p.name, p.parent, p.kind) for p in data.policies] == [
        ("0001", None, ProvenanceKind.DEMONSTRATIONS), ("0002", "0001", ProvenanceKind.CORRECTIONS),
        ("0003", "0002", ProvenanceKind.PRACTICE),
    ]  # fmt: skip
    evaluation = data.policies[2].evaluation
    assert evaluation is not None
    assert (evaluation.successes, len(evaluation.outcomes)) == (19, 20)
    assert data.setting.stages == STAGES
    assert data.notes == ()


def test_a_nudged_policy_is_on_the_page(workspace: Workspace) -> None:
    """A finetuned policy is in the table and on the curve like any other."""
    add_policy(workspace, 4, ProvenanceKind.NUDGE, 20)
    data = collect(workspace)
    assert (data.policies[-1].name, data.policies[-1].kind) == ("0004", ProvenanceKind.NUDGE)
    assert data.notes == ()
    page = write_report(workspace).read_text(encoding="utf-8")
    assert "nudge of round 3" in page
    assert "after a few steps on new corrections" in page


@pytest.mark.parametrize("kind", ProvenanceKind)
def test_every_kind_of_policy_has_a_mark_and_a_label(kind: ProvenanceKind) -> None:
    """Every table by kind is complete."""
    assert kind in MARKS
    assert kind in KIND_LABELS


def test_clips_are_the_right_episodes(workspace: Workspace) -> None:
    """They are the policy's success, the episode with a takeover, and the failed episode."""
    assert collect(workspace).failure is None
    add_episode(workspace, 9, Level.AUTONOMOUS, success=False)
    data = collect(workspace)
    names = [clip.name if clip else None for clip in (data.success, data.failure, data.correction)]
    assert names == ["episode-3", "episode-9", "episode-2"]
    assert data.correction is not None
    assert data.correction.drivers.tolist() == [0] * 4 + [1] * 4 + [0] * 4


def test_the_report_stands_in_the_workspace(workspace: Workspace) -> None:
    """It is one file without left-overs; the commands that made the workspace come first."""
    path = write_report(workspace, commands=("sidestick quickstart shelf",))
    assert path == workspace.path / "report.html"
    page = path.read_text(encoding="utf-8")
    assert page.index("sidestick quickstart shelf") < page.index("sidestick evaluate")
    assert "ShelfPick with num_items=2" in page
    assert "--policy 0003" in page
    assert "1.5 minutes of driving and 2.0 of watching" in page
    assert not list(workspace.path.glob("*.tmp")) + list(workspace.path.glob(".*.tmp"))


def test_an_empty_workspace_is_said_to_be_empty(tmp_path: Path) -> None:
    """An empty workspace is an error with advice, and no file is written."""
    workspace = Workspace.create(tmp_path / "new", WorkspaceConfig("ShelfPick"))
    before = sorted(workspace.path.rglob("*"))
    with pytest.raises(SidestickError, match="nothing to report"):
        write_report(workspace)
    assert sorted(workspace.path.rglob("*")) == before


def test_a_place_that_cannot_be_written_is_named(workspace: Workspace, tmp_path: Path) -> None:
    """The path is in the message, and no partial page is left."""
    with pytest.raises(SidestickError, match="no/such/place"):
        write_report(workspace, tmp_path / "no/such/place/report.html")


def test_damaged_files_are_named_and_the_rest_is_used(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    """Only a damaged episode and a damaged policy are missing."""
    caplog.set_level(logging.ERROR)
    (workspace.episodes_dir / "episode-7.hdf5").write_bytes(b"not an episode")
    (workspace.policies_dir / "0002" / "config.json").write_text("{", encoding="utf-8")
    data = collect(workspace)
    assert len(data.episodes) == 3
    assert [policy.name for policy in data.policies] == ["0001", "0003"]
    assert "episode-7.hdf5" in data.notes[0]
    assert "Policy 0002" in data.notes[1]


def test_selection_does_not_count_and_shared_seeds_come_first(workspace: Workspace) -> None:
    """Evaluations that selected a checkpoint do not count; seeds that all policies share do."""
    database = Database(workspace.db_path)
    database.add_evaluation(EvaluationEntry("3", "ShelfPick", 0, 200, 200, "selection"))
    database.add_evaluation(EvaluationEntry("3", "ShelfPick", 900, 100, 95))
    last = collect(workspace).policies[-1].evaluation
    assert last is not None
    assert (last.first_seed, last.episodes) == (500, 20)


def test_the_command_of_a_release_s_evaluation_says_so(workspace: Workspace) -> None:
    """It would be refused otherwise; other evaluations have no such word."""
    assert not any("--release" in line for line in collect(workspace).commands)
    first = RELEASE.first + 5_000
    database = Database(workspace.db_path)
    for policy in ("1", "2", "3"):
        database.add_evaluation(EvaluationEntry(policy, "ShelfPick", first, 200, 190))
    lines = [line for line in collect(workspace).commands if str(first) in line]
    assert lines
    assert all(f"--first-seed {first} --release" in line for line in lines)


def test_who_drove_are_people_and_not_the_generator(workspace: Workspace) -> None:
    """Generated episodes are nobody's time."""
    data = collect(workspace)
    first, second, *others = data.episodes
    shown = [replace(first, operator="generated"), replace(second, operator="ada"), *others]
    page = render(replace(data, episodes=shown))
    (human,) = re.findall(r"<dt>Human</dt>\s*<dd>(.*?)</dd>", page, re.S)
    assert "ada" in human
    assert "generated" not in human


def test_lines_of_one_round_are_joined(workspace: Workspace) -> None:
    """A round that was interrupted and resumed is one line of the ledger."""
    Database(workspace.db_path).add_effort(EffortEntry(2, "practice", 0.0, 0.0, 0, 5))
    assert [line.cost.episodes for line in collect(workspace).ledger.lines] == [1, 1, 6]


def test_the_report_shows_judgements_comparisons_levels_and_coverage(tmp_path: Path) -> None:
    """The page shows what is in the database and in the steps."""
    from sidestick.datasets.database import Database, EffortEntry, EventEntry, EventKind
    from sidestick.datasets.judgements.judgements import Judge
    from sidestick.teleop.report.collect import collect
    from sidestick.teleop.report.page import figures
    from tests.datasets.test_judgements import IDS, made_up_workspace

    workspace = made_up_workspace(tmp_path / "ws")
    judge = Judge(workspace, "ada")
    judge.say(IDS[0], "verdict", verdict="failure")
    judge.say(IDS[1], "quality", quality=4)
    judge.say(IDS[0], "reason", reasons=["dropped it"])
    database = Database(workspace.db_path)
    database.add_effort(EffortEntry(0, "demonstrations", 60.0, 0.0, 0, 3, created=1.0))
    database.add_event(EventEntry(EventKind.LEVEL, {"before": 0, "after": 1, "why": "earned"}))
    database.add_event(EventEntry(EventKind.LEVEL, {"before": 3, "after": 2, "why": "lost"}))
    database.add_event(EventEntry(EventKind.LEVEL, {"nonsense": 1}))
    side = {"policy": "0001", "successes": 3, "episodes": 4}
    payload = {"a": side, "b": side, "verdict": "no difference found", "interval": [-0.4, 0.4]}
    database.add_event(EventEntry(EventKind.COMPARISON, payload))
    data = collect(workspace)
    assert data.judged is not None
    assert (dict(data.judged.verdicts), data.judged.overruled) == ({"failure": 1}, 1)
    assert [event.sign for event in data.events] == [EventSign.PROMOTED, EventSign.DEMOTED]
    assert data.step_statistics is not None
    assert len(data.step_statistics.starts_m) == 3
    assert data.step_statistics.solved.tolist() == [False, True, False]
    assert sum(int(bins.sum()) for bins in data.step_statistics.motion.values()) == 60
    assert {"coverage", "motion", "grades", "reasons", "operators", "laststages"} <= set(
        figures(data)
    )
    page = write_report(workspace).read_text()
    assert "no difference found (alone): A = policy 0001 3/4" in page
    assert "Judgements of reviewers" in page


def test_two_workspaces_stand_side_by_side(tmp_path: Path) -> None:
    """One page has every figure of both, and no id twice."""
    import re

    from tests.datasets.test_judgements import made_up_workspace

    one, other = (made_up_workspace(tmp_path / name) for name in ("one", "other"))
    page = write_report(one, beside=other).read_text()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert page.count("Start positions and first grasps") >= 2
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert (one.path / "report-beside.html").exists()
    assert not (other.path / "report-beside.html").exists()


def test_decisions_of_the_gate_are_listed_with_the_changes(workspace: Workspace) -> None:
    """Publications have the policy, refusals the reason; in order, with their sign on the curve."""
    database = Database(workspace.db_path)
    about = {"kind": "refit", "parent": "0003"}
    reasons = ["0 of 5 seeds solved, now 5", "error on 40 held-out steps 0.1, now 0.1"]
    moment = START + 330
    for kind, payload in (
        (EventKind.GATE, {"passed": True, "policy": "0001", "kind": "refit", "parent": None}),
        (EventKind.GATE, {**about, "passed": True, "policy": "0004", "reasons": reasons[1:]}),
        (EventKind.GATE, {**about, "passed": False, "policy": None, "reasons": reasons}),
        (EventKind.SWAP, {"policy": "0004"}),
        (EventKind.GATE, {"nonsense": 1}),
    ):
        database.add_event(EventEntry(kind, payload, moment))
    found = read_events(database)
    assert [(event.sign, event.sentence) for event in found] == [
        (EventSign.PUBLISHED, "policy 0001, the first policy, passed the gate"),
        (EventSign.PUBLISHED, "policy 0004, a refit of 0003, passed the gate"),
        (EventSign.REFUSED, "a refit of 0003 was refused at the gate: 0 of 5 seeds solved, now 5"),
        (EventSign.SWAPPED, "policy 0004 takes over"),
    ]
    page = write_report(workspace).read_text(encoding="utf-8")
    assert "✘3 a refit of 0003 was refused at the gate: 0 of 5 seeds solved, now 5" in page


@pytest.mark.parametrize(("column", "value"), [("stage", 99), ("stage", -7), ("driver", 9)])
def test_an_episode_whose_numbers_mean_nothing_is_named(
    workspace: Workspace, column: str, value: int
) -> None:
    """It is left out; the page of the others is made."""
    path = workspace.episodes()[0]
    with h5py.File(path, "a") as file:
        rows = file["data/demo_0"][column][()]
        rows = rows.astype(np.int16 if column == "stage" else np.uint8)
        rows[-1] = value
        file["data/demo_0"][column][...] = rows
    data = collect(workspace)
    assert len(data.episodes) == 2
    assert path.name in data.notes[0]
    assert column in data.notes[0]
    assert path.name in write_report(workspace).read_text()


def test_names_that_are_no_text_are_shown(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    """A file whose name is no UTF-8 is named, and page and log are whole."""
    (workspace.episodes_dir / os.fsdecode(b"\xff\xfe.hdf5")).write_bytes(b"x")
    assert any(r"\udcff\udcfe.hdf5" in note for note in collect(workspace).notes)
    assert "udcff" in write_report(workspace).read_text()
    assert rb"\udcff" in caplog.text.encode()  # handlers write to files and sockets
