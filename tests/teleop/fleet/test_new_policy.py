"""These tests publish a policy during a shift, and see which arm drives with it from when on."""

import shutil
from pathlib import Path

from sidestick.datasets.step import Level
from sidestick.teleop.fleet.headless import at_once
from sidestick.teleop.fleet.opening import FleetOptions, fleet_policy, open_sessions
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.help_requests import HelpMonitor
from sidestick.teleop.session.policy_runner import PolicyRunner
from tests.fleet_rig import StationaryPolicy, fleet_options, fleet_workspace


def test_new_weights_reach_each_arm_between_two_of_its_episodes(tmp_path: Path) -> None:
    """An arm that is in an episode ends it with the policy that began it; each has a runner."""
    workspace = fleet_workspace(tmp_path / "ws")
    options: FleetOptions = fleet_options(2)
    policy = fleet_policy(workspace, "0001", options)
    with open_sessions(workspace, policy, at_once, options) as sessions:
        episodes = [session.prepare(seed) for seed, session in enumerate(sessions)]
        for episode in episodes:
            episode.begin()
        shutil.copytree(workspace.policies_dir / "0001", workspace.policies_dir / "0002")
        runner = PolicyRunner(StationaryPolicy())
        policy.present = Assignment(Level.ON_CALL, "0002", runner, HelpMonitor(options.rules))
        episodes[0].tick()
        assert episodes[0].context.assignment.policy_id == "0001"
        for session, episode in zip(sessions, episodes, strict=True):
            episode.end(False)
            following = policy.next_for(session.assignment)
            assert following is not None
            session.assign(following)
            assert policy.next_for(session.assignment) is None
        assert [session.assignment.policy_id for session in sessions] == ["0002", "0002"]
        runners = [session.assignment.runner for session in sessions]
        monitors = [session.assignment.monitor for session in sessions]
        assert runners[0] is not runners[1]
        assert monitors[0] is not monitors[1]
