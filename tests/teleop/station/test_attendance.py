"""A real arm drives above supervised only while a person attends: at the window, by touching."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidestick.datasets.step import Driver, Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.plan import Plan
from sidestick.sim_envs.errors import MissingCapability
from sidestick.sim_envs.worlds.naming import ALLOWED_VARIABLE
from sidestick.teleop.fleet.opening import FleetOptions, open_sessions
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.command import Command
from sidestick.teleop.session.device import NoOperator
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.station.headless import RunRules, drive_simulated
from sidestick.teleop.station.states import WindowState
from sidestick.teleop.workspace_variant import agreed_config
from tests import virtual_pad as vp
from tests.window_rig import WindowRig

ROBOT, CHASE = "tests.worlds.fake_robot:make", "tests.worlds.chase:make"
ATTENDED_S = 3.0


class Still:
    """A policy that moves little, and is never in doubt."""

    chunk, execute = 4, 4

    def __init__(self, actions: int = 3) -> None:
        self.actions = actions

    def reset(self) -> None:
        """Nothing to forget."""

    def plan(self, observation: dict) -> Plan:
        """Always the same."""
        actions = np.full((4, self.actions), 0.01, np.float32)
        return Plan(actions, np.zeros_like(actions), 0.0)


class Script(NoOperator):
    """A device that no person holds."""

    name = "script"

    def poll(self, driver: Driver) -> Command:
        """Nothing."""
        return Command(np.zeros(3, np.float32))


@pytest.fixture
def arm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace of the fake robot."""
    monkeypatch.setenv(ALLOWED_VARIABLE, f"{ROBOT}\n{CHASE}")
    monkeypatch.setattr("sidestick.teleop.session.attendance.ATTENDED_S", ATTENDED_S)
    path = tmp_path / "arm"
    options = '{"image_size": 24, "max_steps": 4}'
    return Workspace.create(path, agreed_config(path, world=ROBOT, env_options=options))


@pytest.mark.parametrize(
    "level",
    [Level.SUPERVISED, Level.ON_CALL, pytest.param(Level.AUTONOMOUS, marks=pytest.mark.slow)],
)
def test_without_a_window_it_ends_at_supervised(arm: Workspace, level: Level) -> None:
    """Refused with the reason, and nothing is recorded."""
    rules, runner = RunRules(operator=lambda *_: Script()), PolicyRunner(Still(), 3)

    def drive() -> int:
        return drive_simulated(arm, level, [0], "0001", rules=rules, runner=runner).policy_steps

    if level is Level.SUPERVISED:
        assert drive() == 8  # a corrected episode may take twice as long
        return
    with pytest.raises(MissingCapability, match="a person attends at the window"):
        drive()
    assert arm.episodes() == []


def test_a_fleet_has_no_real_arms(arm: Workspace) -> None:
    """One person cannot attend several."""
    policy: Any = None  # it is not asked for
    inside = open_sessions(arm, policy, lambda _: policy, FleetOptions())
    with pytest.raises(MissingCapability, match="in a fleet"), inside:
        pass


def at_the_window(
    arm: Workspace, open_rig: Callable[..., WindowRig], level: Level, world: str = ROBOT
) -> WindowRig:
    """A rig in which a policy drives for a long time."""
    options = '{"image_size": 24, "max_steps": 4000}'
    config = agreed_config(arm.path.parent / "other", world=world, env_options=options)
    actions = len(config.action_axes)
    assignment = Assignment(level, "0001", PolicyRunner(Still(actions), actions))
    return open_rig(config=replace(config), assignment=assignment)


@pytest.mark.parametrize(
    "level", [Level.AUTONOMOUS, pytest.param(Level.ON_CALL, marks=pytest.mark.slow)]
)
def test_at_the_window_it_pauses_when_nobody_touches_anything(
    arm: Workspace, open_rig: Callable[..., WindowRig], level: Level
) -> None:
    """Some time after the last touch the arm holds still; a touch of any control is enough."""
    rig = at_the_window(arm, open_rig, level)
    rig.tap(vp.START)
    rig.run(ATTENDED_S - 1)
    assert rig.state is WindowState.RECORDING
    rig.tap(vp.Y)
    rig.run(ATTENDED_S - 1)
    assert rig.state is WindowState.RECORDING
    rig.run(2)
    assert rig.state is WindowState.PAUSED
    assert "nobody has touched a control" in rig.loop.lost
    steps = rig.steps
    rig.run(1)
    assert rig.steps == steps
    rig.tap(vp.START)
    rig.run(1)
    assert rig.steps > steps


@pytest.mark.slow
@pytest.mark.parametrize(("level", "world"), [(Level.SUPERVISED, ROBOT), (Level.AUTONOMOUS, CHASE)])
def test_at_supervised_and_in_simulation_nobody_need_touch(
    arm: Workspace, open_rig: Callable[..., WindowRig], level: Level, world: str
) -> None:
    """The rule is for real arms above supervised alone."""
    rig = at_the_window(arm, open_rig, level, world)
    rig.tap(vp.START)
    rig.run(ATTENDED_S + 2)
    assert rig.state is WindowState.RECORDING
