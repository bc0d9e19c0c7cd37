"""These tests recover, from episode files, evidence that a killed process did not store."""

import multiprocessing
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.step import ActionMode, Driver, Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.policy_config import CONFIG, MODEL
from sidestick.teleop.autonomy.episode_evidence import EpisodeEvidence, EpisodeKey
from sidestick.teleop.autonomy.evidence_recorder import recover_evidence, trace_of
from sidestick.teleop.autonomy.ladder_store import LadderStore
from sidestick.teleop.session.help_requests import HelpRules
from sidestick.teleop.session.levels import ControlState
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.station.headless import RunRules, drive_simulated
from tests.learning_rig import die
from tests.synthetic import made_up_episode, made_up_header, made_up_steps
from tests.teleop.station.test_headless import StationaryPolicy

CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload(["tests.learning_rig"])


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with a folder that the ladder takes for a policy."""
    return with_a_policy(tmp_path / "ws", image_size=96)


@pytest.fixture
def driven(tmp_path: Path) -> Workspace:
    """The same for a policy that ignores images, which are small."""
    return with_a_policy(tmp_path / "driven", image_size=32)


def with_a_policy(path: Path, image_size: int) -> Workspace:
    config = WorkspaceConfig("ShelfPick", image_size=image_size, env_kwargs={"num_items": 1})
    made = Workspace.create(path, config)
    folder = made.policies_dir / "0001"
    folder.mkdir()
    (folder / CONFIG).write_text("{}")
    (folder / MODEL).write_bytes(b"weights")
    return made


def drive(workspace: Workspace, level: Level) -> None:
    rules = RunRules(HelpRules(budget=1), ladder=True)
    drive_simulated(
        workspace, level, [0], "0001", rules=rules, runner=PolicyRunner(StationaryPolicy())
    )


def stored(workspace: Workspace) -> list[EpisodeEvidence]:
    events = Database(workspace.db_path).events(EventKind.TRIAL)
    return [EpisodeEvidence.from_json(event.payload) for event in events]


def die_before_storing(folder: Path) -> None:
    """Drive one episode, and die before its evidence is stored; runs in a process of its own."""
    with mock.patch.object(LadderStore, "add", die):
        drive(Workspace.open(folder), Level.SHADOW)


def test_killed_before_evidence_was_stored_the_next_start_stores_it_once(
    driven: Workspace,
) -> None:
    """The episode is recovered from its journal where necessary, and counts."""
    process = CHILDREN.Process(target=die_before_storing, args=(driven.path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    driven.recover()
    ladder_store = LadderStore(driven)
    assert stored(driven) == []
    for _ in range(2):
        recover_evidence(ladder_store)
    (evidence,) = stored(driven)
    (summary,) = driven.summaries()
    assert (evidence.episode, evidence.success, evidence.level) == (summary.id, True, Level.SHADOW)
    entries = ladder_store.ladder().entries
    assert [entry for entry in entries if isinstance(entry, EpisodeEvidence)] == [evidence]


@pytest.mark.parametrize("level", [Level.SHADOW, Level.ASSIST, Level.ON_CALL])
def test_the_file_gives_the_evidence_that_was_recorded_live(
    driven: Workspace, level: Level
) -> None:
    """Every field is equal: stages, agreement, share, requests and all."""
    added: list[EpisodeEvidence] = []
    with mock.patch.object(LadderStore, "add", lambda _, one: added.append(one) or []):
        drive(driven, level)
    recover_evidence(LadderStore(driven))
    (derived,), (live,) = stored(driven), added
    assert derived.policy_share == (
        None if live.policy_share is None else pytest.approx(live.policy_share, abs=1e-6)
    )
    share = live.policy_share
    assert replace(derived, policy_share=share).to_json() == live.to_json()
    assert (derived.requests, derived.takeovers) == ((1, 1) if level is Level.ON_CALL else (0, 0))


def saved(
    workspace: Workspace, name: str, modes: Sequence[int], success: bool = True
) -> EpisodeKey:
    """Write an episode into the workspace; return its key."""
    made = made_up_episode(modes, 3, success, episode_id=name)
    made.write(workspace.episodes_dir / f"{name}.hdf5")
    fingerprint = LadderStore(workspace).fingerprint("0001")
    return EpisodeKey("ShelfPick", "0001", fingerprint, Level.SUPERVISED, 3, name)


def test_only_what_was_meant_as_evidence_becomes_it(workspace: Workspace) -> None:
    """Episodes without the ladder, discarded ones and those of other weights do not."""
    ladder_store = LadderStore(workspace)
    saved(workspace, "without-a-key", [0] * 4)
    ladder_store.add_context(
        replace(saved(workspace, "of-other-weights", [0] * 4), fingerprint="bb")
    )
    ladder_store.add_context(replace(saved(workspace, "of-no-policy", [0] * 4), policy="0009"))
    ladder_store.add_context(
        EpisodeKey("ShelfPick", "0001", "aa", Level.SUPERVISED, 4, "thrown-away")
    )
    assert recover_evidence(ladder_store) == []
    assert stored(workspace) == []
    ladder_store.add_context(saved(workspace, "good", [0] * 4))
    recover_evidence(ladder_store)
    (evidence,) = stored(workspace)
    assert (evidence.episode, evidence.clean, evidence.stages) == ("good", True, {"reach": True})


def test_evidence_that_was_stored_twice_counts_once(workspace: Workspace) -> None:
    """As when a session that still runs stores it at the same time."""
    ladder_store = LadderStore(workspace)
    key = saved(workspace, "one", [0] * 4)
    evidence = trace_of(workspace.episodes()[0]).evidence(key)
    for _ in range(2):
        ladder_store.add(evidence)
    assert [
        entry for entry in ladder_store.ladder().entries if isinstance(entry, EpisodeEvidence)
    ] == [evidence]


def test_a_damaged_file_is_passed_over(workspace: Workspace) -> None:
    """It gives no evidence; the others do."""
    ladder_store = LadderStore(workspace)
    for name in ("a", "b"):
        ladder_store.add_context(saved(workspace, name, [0] * 4))
    read = trace_of

    def failing(path: Path) -> object:
        from sidestick.sim_envs.errors import DamagedFile

        if path.stem == "a":
            raise DamagedFile("broken")
        return read(path)

    with mock.patch("sidestick.teleop.autonomy.evidence_recorder.trace_of", failing):
        recover_evidence(ladder_store)
    assert [evidence.episode for evidence in stored(workspace)] == ["b"]


@pytest.mark.parametrize("set_back_s", [0.0, 30.0])
def test_what_was_rewound_is_in_the_trace(workspace: Workspace, set_back_s: float) -> None:
    """It is in the order of driving, also when a clock is set back; what was undone counts."""
    rollout, help_ = ActionMode.ROLLOUT, ActionMode.INTERVENTION
    steps = made_up_steps([rollout] * 6 + [help_] * 4 + [rollout] * 5)
    steps[10:] = [replace(step, wall_time=step.wall_time - set_back_s) for step in steps[10:]]
    with Recorder(workspace) as recorder:
        recorder.start(made_up_header(seed=3))
        for step in steps[:10]:
            recorder.append(step)
        recorder.cut(4)
        for step in steps[10:]:
            recorder.append(step)
        path = recorder.finish(None, None, True).result()
    trace = trace_of(path)
    drove = [ControlState.POLICY] * 6 + [ControlState.HUMAN] * 4 + [ControlState.POLICY] * 5
    assert (list(trace.states), trace.rewinds) == (drove, 1)
    np.testing.assert_array_equal(trace.human[6:10], [s.action for s in steps[6:10]])
    evidence = trace.evidence(EpisodeKey("ShelfPick", "0001", "", Level.SUPERVISED, 3))
    assert (evidence.clean, evidence.stages) == (False, {"reach": False})


def test_at_on_call_an_arm_that_waits_has_asked_for_help(workspace: Workspace) -> None:
    """Each time that it waits is a request; without an action of the policy it only rests."""
    steps = made_up_steps([ActionMode.ROLLOUT] * 12)
    waiting = [replace(step, driver=Driver.NOBODY) for step in steps]
    resting = [replace(step, policy_action=None) for step in waiting]
    driven = [*steps[:2], *waiting[2:5], *steps[5:7], *waiting[7:9], *resting[9:12]]
    with Recorder(workspace) as recorder:
        recorder.start(made_up_header(seed=3, level=Level.ON_CALL))
        for step in driven:
            recorder.append(step)
        path = recorder.finish(None, None, False).result()
    trace = trace_of(path)
    assert trace.requests == 2
    assert trace.states[-1] is ControlState.RESTING
