"""These tests let a made-up trainer publish policies beside a simulated shift."""

import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.gate_record import GateRecord, GateVerdict
from sidestick.sim_envs.worlds.contract import TaskWorld
from sidestick.teleop.fleet.fleet import Fleet
from sidestick.teleop.fleet.headless import ShiftRules, run_fleet
from sidestick.teleop.fleet.learning_rounds import LearningRounds
from sidestick.teleop.fleet.opening import fleet_policy
from sidestick.teleop.session.environments import workspace_env
from tests.active_policy_rig import earn
from tests.fleet_rig import fleet_options

HZ = 20


@pytest.fixture
def workspace(taught: Path, tmp_path: Path) -> Workspace:
    """A workspace with one policy."""
    return Workspace.open(shutil.copytree(taught, tmp_path / "ws"))


def publish(workspace: Workspace, verdict: GateVerdict) -> None:
    """What a round of learning comes to."""
    new = workspace.policies_dir / "0002"
    shutil.copytree(workspace.policies_dir / "0001", new)
    GateRecord(verdict, (), "0001", "0001").write(new)


def short_episodes(config: WorkspaceConfig) -> TaskWorld:
    """A world whose episodes end soon."""
    world = workspace_env(config)
    world.task.max_steps = 10
    return world


def test_a_round_takes_its_time_of_the_shift() -> None:
    """It is made once, when its minutes are over; the next begins no sooner."""
    made, wanted = list[int](), [True]
    now = 0
    rounds = LearningRounds(lambda: wanted[0], lambda: made.append(now), HZ, minutes=0.5)
    for now in range(3000):
        wanted[0] = now >= 130
        rounds.spend(now)
    assert made[0] == 200 + 600  # looked at every five seconds
    assert all(later - earlier >= 600 for earlier, later in pairwise(made))


def test_a_policy_that_was_learnt_reaches_every_arm_between_its_episodes(
    workspace: Workspace,
) -> None:
    """No episode has two policies, and none that began after the round has the old one."""
    told, published = list[str](), list[int]()
    options = replace(
        fleet_options(2, stalled_s=60.0, reset_s=0.2),
        follows=True,
        make_env=short_episodes,
        on_policy=told.append,
    )

    def learn() -> None:
        publish(workspace, GateVerdict.NOT_WORSE)
        published.append(len(workspace.summaries()))

    rounds = LearningRounds(lambda: not published, learn, HZ, minutes=50 / 60 / HZ)
    begun = list[tuple[bool, str | None, Level]]()

    def on_tick(fleet: Fleet) -> None:
        for arm in fleet.arms:
            if arm.episode.steps == 1:
                context = arm.episode.context.assignment
                begun.append((bool(published), context.policy_id, context.level))
        rounds.spend(fleet.now)

    run_fleet(workspace, "0001", 0, options, ShiftRules(minutes=0.1), on_tick)
    assert {policy for late, policy, _ in begun if not late} == {"0001"}
    assert {policy for late, policy, _ in begun if late} == {"0002"}
    assert {level for _, _, level in begun} == {Level.ON_CALL}
    assert told == ["new policy 0002 drives from now on, at on-call"]
    (swap,) = Database(workspace.db_path).events(EventKind.SWAP)
    assert swap.payload["policy"] == "0002"
    new = [s.header for s in workspace.summaries() if s.header.level is Level.ON_CALL]
    assert {header.policy_id for header in new} == {"0001", "0002"}


@pytest.mark.parametrize("verdict", [GateVerdict.BETTER, GateVerdict.NOT_WORSE])
def test_where_on_call_was_earned_only_a_better_policy_has_it_too(
    workspace: Workspace, verdict: GateVerdict
) -> None:
    """Another one does not reach the arms, and it is said why."""
    earn(workspace, "0001", Level.ON_CALL)
    told = list[str]()
    options = replace(fleet_options(2), follows=True, on_policy=told.append)
    policy = fleet_policy(workspace, "0001", options)
    arm = policy.for_arm()
    publish(workspace, verdict)
    following = policy.next_for(arm)
    if verdict is GateVerdict.BETTER:
        assert following is not None
        assert (following.policy_id, following.level) == ("0002", Level.ON_CALL)
    else:
        assert following is None
        assert policy.next_for(arm) is None
        (why,) = told
        assert "0002 passed the gate, and does not take over" in why
        assert "--override" in why
