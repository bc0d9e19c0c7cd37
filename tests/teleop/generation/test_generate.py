"""These tests generate demonstrations from one or a few, and look at what becomes of them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.effort_ledger import effort_entries
from sidestick.datasets.episode import Episode
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.engines.local import LocalEngine
from sidestick.sim_envs.errors import BadValue
from sidestick.sim_envs.making import make_task_env
from sidestick.sim_envs.open_hand import foresee
from sidestick.sim_envs.rotations import matrix_from_quat
from sidestick.sim_envs.world import Pose
from sidestick.teleop.cli import main
from sidestick.teleop.evaluation.replay import verify
from sidestick.teleop.evaluation.seeds import GENERATION
from sidestick.teleop.generation.generate import generate
from sidestick.teleop.generation.grip import choose_grip
from sidestick.teleop.generation.handling import handlings_of
from sidestick.teleop.generation.object_frame import ObjectFrame, frame_of, moved
from sidestick.teleop.generation.scenes import open_scenes
from sidestick.teleop.generation.sources import sources_of
from sidestick.teleop.generation.transferred_expert import TransferredExpert
from sidestick.teleop.station.headless import drive_simulated


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One demonstration of the simulated operator, of one item among six."""
    config = WorkspaceConfig("ShelfPick", image_size=16)
    workspace = Workspace.create(tmp_path_factory.mktemp("shown") / "ws", config)
    drive_simulated(workspace, Level.DEMONSTRATE, range(1))
    return workspace


def test_a_handling_ends_well_and_begins_with_an_open_hand(shown: Workspace) -> None:
    """From near the item to where it was let go of in the tote."""
    (path,) = shown.episodes()
    (handling,) = handlings_of(Episode.read(path, images=False))
    grips = [waypoint.closing for waypoint in (*handling.pick, *handling.place)]
    assert (grips[0], handling.pick[-1].closing, grips[-1]) == (False, True, False)
    near = np.linalg.norm(handling.pick[0].pose.position - handling.frame.position)
    assert near < 0.2


def test_one_demonstration_becomes_many(shown: Workspace, tmp_path: Path) -> None:
    """On seeds of their own, replaying bit for bit, by nobody's effort, from whom they came."""
    workspace = Workspace.create(tmp_path / "ws", shown.config)
    (source,) = shown.episodes()
    (workspace.episodes_dir / source.name).write_bytes(source.read_bytes())
    before = effort_entries(workspace)
    report = generate(workspace, 3, sources_of(workspace), LocalEngine(1))
    assert (report.recorded, report.stopped) == (3, "")
    made = [s for s in workspace.summaries() if s.header.operator == "generated"]
    assert len(made) == 3
    assert all(summary.success for summary in made)
    seeds = [summary.header.seed for summary in made]
    assert seeds == [attempt.seed for attempt in report.attempts if attempt.success]
    assert min(seeds) >= GENERATION.first
    assert all(verify(Episode.read(s.path)).identical for s in made if s.path is not None)
    assert effort_entries(workspace) == before
    entered = Database(workspace.db_path).events(EventKind.GENERATED)
    assert {event.payload["episode"] for event in entered} == {s.id for s in made}
    assert all(event.payload["sources"] == [source.stem] for event in entered)
    assert check(workspace).damaged == ()
    again = generate(workspace, 1, sources_of(workspace), LocalEngine(1))
    assert again.attempts[0].seed > max(attempt.seed for attempt in report.attempts)
    assert again.sources == 1  # what was generated is no source


def test_a_workspace_without_a_success_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words that say what to do; nothing is recorded."""
    workspace = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick"))
    with pytest.raises(SystemExit) as ended:
        main.main(["generate", str(workspace.path)])
    assert ended.value.code == 2
    assert "record it with `sidestick drive`" in " ".join(capsys.readouterr().err.split())
    assert workspace.episodes() == []


def test_hopeless_sources_end_it_with_the_stages(shown: Workspace, tmp_path: Path) -> None:
    """A source that grasps beside the object: it stops, and says where attempts ended."""
    (path,) = shown.episodes()
    (handling,) = handlings_of(Episode.read(path, images=False))
    aside = handling.frame.position + np.array([0.0, 0.25, 0.0])
    wrong = replace(handling, frame=replace(handling.frame, position=aside))
    config = replace(shown.config, env_kwargs={"num_items": 1})
    workspace = Workspace.create(tmp_path / "ws", config)
    report = generate(workspace, 5, [wrong], LocalEngine(2))
    assert report.recorded == 0
    assert report.stopped.startswith("0 of 20 attempts succeeded; the others ended at")
    events = Database(workspace.db_path).events(EventKind.NOT_GENERATED)
    assert 0 < len(events) <= 10  # each scene was tried twice
    assert set(open_scenes(workspace)) == {event.payload["seed"] for event in events}
    assert workspace.episodes() == []
    assert len(report.to_json()["failed_seeds"]) == 20


@pytest.mark.parametrize(
    ("task", "items", "least"), [("SortRecycling", 2, 5), ("SortClothes", 1, 4)]
)
def test_sorting_is_repeated_object_by_object(
    task: str, items: int, least: int, tmp_path: Path
) -> None:
    """Each object by a source of its kind or posture, into the container that it belongs into.

    A garment is taken where the task says that it is best grasped: perception points there.
    """
    config = WorkspaceConfig(task, image_size=16, env_kwargs={"num_items": items})
    workspace = Workspace.create(tmp_path / "ws", config)
    drive_simulated(workspace, Level.DEMONSTRATE, range(3))
    handlings = sources_of(workspace)
    assert len(handlings) == 3 * items
    env, won, gaps_m = make_task_env(task, image_size=16, num_items=items), 0, [0.0]
    for seed in range(500, 506):
        env.build(seed)
        rng, hand = np.random.default_rng(seed), env.arm.tool()
        for label, point in env.task.holds(env.world).items():
            grip = choose_grip(env, label, env.task.labels[label], handlings, (), hand, rng)
            gaps_m.append(float(np.linalg.norm(grip.frame.position - point)))
        expert = TransferredExpert(handlings, np.random.default_rng(seed))
        while not env.status.success and env.elapsed < env.task.max_steps:
            env.advance(expert.next(env).action(env.arm.tool()))
        won += env.status.success
    env.close()
    assert won >= least
    assert np.median(gaps_m) < 0.02


def test_a_pose_moves_and_turns_with_its_object() -> None:
    """By turns that look the same to two fingers; of a soft object all of half a turn are tried."""
    at = Pose(np.array([0.5, 0.1, 0.2]), np.array([1.0, 0.0, 0.0, 0.0]))
    source = ObjectFrame(np.array([0.5, 0.0, 0.1]), 0.1, np.pi, True)
    target = ObjectFrame(np.array([0.3, 0.2, 0.1]), 0.1 + np.pi + 0.3, np.pi, True)
    turns = source.turns_to(target)
    assert turns == pytest.approx([0.3, 0.3 + np.pi])
    found = moved(at, source, target, turns[0])
    turned = [-0.1 * np.sin(0.3), 0.1 * np.cos(0.3), 0.1]
    np.testing.assert_allclose(found.position, target.position + turned, atol=1e-9)
    soft = ObjectFrame(target.position, 0.0, 0.0, False)
    turns = replace(source, period_rad=0.0).turns_to(soft)
    assert turns[0] == 0.0
    assert max(turns) < np.pi
    kept = moved(at, source, soft, turns[0])
    np.testing.assert_allclose(
        kept.position, target.position + np.array([0.0, 0.1, 0.1]), atol=1e-9
    )
    np.testing.assert_allclose(kept.quat, at.quat)


def test_an_item_that_was_taken_aside_is_taken_in_the_middle(shown: Workspace) -> None:
    """The fingers then have as much room on the one side as on the other."""
    (path,) = shown.episodes()
    (handling,) = handlings_of(Episode.read(path, images=False))
    across = matrix_from_quat(handling.grip.quat)[:, 1] * 0.012
    wrong = replace(
        handling, frame=replace(handling.frame, position=handling.frame.position - across)
    )
    env, rng, corrected_m = (
        make_task_env("ShelfPick", image_size=16),
        np.random.default_rng(0),
        [0.0],
    )
    for seed in range(500, 504):
        env.build(seed)
        (label,) = {env.task.labels.index(item.label) for item in env.task.wanted(env.world)}
        name, hand = env.task.labels[label], env.arm.tool()
        grip = choose_grip(env, label, name, [wrong], (), hand, rng)
        (seen,) = foresee(env.world, label, [grip.moved(wrong.grip)])
        assert seen.held > 0.7
        assert abs(seen.aside_m) < 0.002
        corrected_m.append(float(np.linalg.norm(grip.aside)))
    env.close()
    assert max(corrected_m) > 0.006


def test_who_took_what_stands_takes_what_lies(tmp_path: Path) -> None:
    """Across it, where its sides are steep enough for fingers; most such scenes are solved."""
    config = WorkspaceConfig("SortRecycling", image_size=16, env_kwargs={"num_items": 1})
    workspace = Workspace.create(tmp_path / "ws", config)
    drive_simulated(workspace, Level.DEMONSTRATE, range(1000, 1001))
    (source,) = sources_of(workspace)
    assert not source.frame.lies
    env, held, won = make_task_env("SortRecycling", image_size=16, num_items=1), [], []
    for seed in range(5000, 5030):
        env.build(seed)
        (label,) = {env.task.labels.index(item.label) for item in env.task.wanted(env.world)}
        if not frame_of(env.world, label, env.arm.tool().position).lies:
            continue
        name, rng = env.task.labels[label], np.random.default_rng(seed)
        grip = choose_grip(env, label, name, [source], (), env.arm.tool(), rng)
        (seen,) = foresee(env.world, label, [grip.moved(source.grip)])
        held.append(seen.held)
        expert = TransferredExpert([source], np.random.default_rng(seed))
        while not env.status.success and env.elapsed < env.task.max_steps:
            env.advance(expert.next(env).action(env.arm.tool()))
        won.append(env.status.success)
    env.close()
    assert len(won) >= 4
    assert min(held) > 0.7
    assert np.mean(won) > 0.6


def test_frames_say_what_lies(tmp_path: Path) -> None:
    """A standing object turns by quarters, a lying one by halves, a garment not at all."""
    env = make_task_env("SortRecycling", image_size=16, num_items=6)
    postures = set()
    for seed in range(4):
        env.build(seed)
        for item in env.task.wanted(env.world):
            label = env.task.labels.index(item.label)
            frame = frame_of(env.world, label, env.arm.tool().position)
            postures.add((frame.lies, round(frame.period_rad, 3)))
    env.close()
    assert postures == {(False, 1.571), (True, 3.142)}


def test_the_verb_reports_as_json(
    shown: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts, the yield and the seeds that failed; `--from` takes one episode by its place."""
    workspace = Workspace.create(tmp_path / "ws", shown.config)
    (source,) = shown.episodes()
    (workspace.episodes_dir / source.name).write_bytes(source.read_bytes())
    words = ["generate", str(workspace.path), "--episodes", "1", "--from", "0", "--workers", "1"]
    with pytest.raises(SystemExit) as ended:
        main.main([*words, "--json"])
    assert ended.value.code == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["recorded"], report["sources"], report["handlings"]) == (1, 1, 1)
    assert report["yield"] > 0
    with pytest.raises(BadValue, match="demonstrations to repeat"):
        sources_of(workspace, ["no such episode"])
