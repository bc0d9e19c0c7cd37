"""These tests drive headless at several levels, and check effort and evidence."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.step import Level
from sidestick.datasets.summary import EpisodeSummary
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.plan import Plan
from sidestick.policies.policy_config import CONFIG, MODEL
from sidestick.sim_envs.errors import BadValue
from sidestick.sim_envs.spaces import Observation
from sidestick.teleop.autonomy.evidence_recorder import audit_sampler
from sidestick.teleop.autonomy.ladder import ChangeReason, LevelChange
from sidestick.teleop.autonomy.ladder_store import LadderStore
from sidestick.teleop.session.help_requests import HelpRules
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.station.headless import DriveReport, RunRules, drive_simulated


class StationaryPolicy:
    """A policy that does not move, and to which everything is familiar."""

    chunk, execute = 16, 8

    def reset(self) -> None:
        """Nothing to forget."""

    def plan(self, observation: Observation) -> Plan:
        actions = np.zeros((self.chunk, 7), np.float32)
        return Plan(actions, np.zeros_like(actions), 0.2)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with a folder that the ladder takes for a policy; tests give the runner."""
    made = Workspace.create(
        tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=32, env_kwargs={"num_items": 1})
    )
    folder = made.policies_dir / "0001"
    folder.mkdir()
    (folder / CONFIG).write_text("{}")
    (folder / MODEL).write_bytes(b"weights")
    return made


def drive(
    workspace: Workspace, level: Level, seeds: Sequence[int] = (0,), rules: RunRules | None = None
) -> tuple[DriveReport, EpisodeSummary]:
    report = drive_simulated(
        workspace,
        level,
        seeds,
        "0001",
        rules=rules or RunRules(ladder=True),
        runner=PolicyRunner(StationaryPolicy()),
    )
    return report, workspace.summaries()[0]


@pytest.mark.parametrize("level", [Level.SHADOW, Level.ASSIST])
def test_beside_a_policy_the_operator_demonstrates(workspace: Workspace, level: Level) -> None:
    """The operator finishes the task; the policy's actions are evidence."""
    report, summary = drive(workspace, level)
    assert (report.successes, report.policy_steps, report.takeovers) == (1, 0, 0)
    (event,) = Database(workspace.db_path).events(EventKind.TRIAL)
    assert event.payload["level"] == level
    assert not event.payload["clean"]  # such a policy neither agrees nor takes a share
    assert event.payload["agreement"]["all"]["steps"] > 50
    (effort,) = Database(workspace.db_path).efforts()
    assert (effort.watched_s, effort.driven_s) == (0.0, summary.steps / 20)


def test_on_call_the_operator_watches_nothing_until_asked(workspace: Workspace) -> None:
    """The policy stalls, asks and waits for the operator, who finishes the task."""
    rules = RunRules(HelpRules(budget=3), ladder=True)
    report, _ = drive(workspace, Level.ON_CALL, rules=rules)
    assert report.successes == 1
    assert report.takeovers >= 1
    (effort,) = Database(workspace.db_path).efforts()
    assert 1 <= effort.payload["requests"] <= 3
    assert effort.watched_s == pytest.approx(effort.payload["requests"] * 1.55, abs=0.2)
    assert effort.driven_s == sum(effort.payload["takeover_s"])
    assert report.policy_steps / 20 >= HelpRules().stalled_s
    (event,) = Database(workspace.db_path).events(EventKind.TRIAL)
    assert event.payload["success"]
    assert not event.payload["clean"]
    assert event.payload["requests"] == effort.payload["requests"]


def test_without_budget_nobody_is_asked(workspace: Workspace) -> None:
    """The budget of help requests is 0, and so the episode fails."""
    report, _ = drive(workspace, Level.ON_CALL, rules=RunRules(HelpRules(budget=0)))
    assert (report.successes, report.takeovers, report.human_steps) == (0, 0, 0)
    (effort,) = Database(workspace.db_path).efforts()
    assert (effort.driven_s, effort.watched_s) == (0.0, 0.0)


def test_an_autonomous_policy_that_fails_is_stopped_within_ten_episodes(
    workspace: Workspace,
) -> None:
    """The sequential test takes the level, and the run ends there."""
    changes: list[LevelChange] = []
    rules = RunRules(audited=0.5, ladder=True, on_change=changes.append)
    ladder_store = LadderStore(workspace)
    ladder_store.add_change(
        LevelChange(
            "ShelfPick",
            "0001",
            ladder_store.fingerprint("0001"),
            ChangeReason.PROMOTED,
            Level.ON_CALL,
            Level.AUTONOMOUS,
            "for the test",
        )
    )
    report, _ = drive(workspace, Level.AUTONOMOUS, range(20), rules)
    assert report.episodes <= 10
    assert [(change.why, change.after) for change in changes] == [
        (ChangeReason.DEMOTED, Level.ON_CALL)
    ]
    (effort,) = Database(workspace.db_path).efforts()
    watched = sum(map(audit_sampler(0.5), range(report.episodes)))
    assert effort.watched_s == watched * report.policy_steps / report.episodes / 20
    assert effort.driven_s == 0


def test_audits_are_a_random_share_and_known_beforehand() -> None:
    """A seed is always audited or never, and the audited share is near the asked one."""
    audited = audit_sampler(0.2)
    chosen = [audited(seed) for seed in range(1000)]
    assert 0.16 < sum(chosen) / 1000 < 0.24
    assert chosen[:50] == [audit_sampler(0.2)(seed) for seed in range(50)]
    assert not any(map(audit_sampler(0.0), range(50)))
    with pytest.raises(BadValue, match="audited"):
        audit_sampler(1.5)
