"""An arm behind LeRobot's class, without hardware: latency, dropped reads, a pulled cable."""

import numpy as np
import pytest

from sidestick.datasets.step import Level
from sidestick.sim_envs.errors import BadValue, MissingCapability, WorldFailed
from sidestick.sim_envs.worlds.conformance import check_observation
from sidestick.sim_envs.worlds.contract import Capability
from sidestick.sim_envs.worlds.lerobot_world import PATIENCE, LeRobotWorld
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.command import Command
from sidestick.teleop.session.open_session import unattended_session
from sidestick.teleop.session.session import Session
from sidestick.teleop.session.subscriber import Subscriber
from tests.worlds.fake_robot import FakeRobot

PUSH = np.array([1.0, -1.0, 0.5], np.float32)


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.slept += seconds


def arm(robot: FakeRobot | None = None, **options: object) -> tuple[LeRobotWorld, FakeRobot, Clock]:
    """A world of a fake robot, by a fake clock."""
    robot, clock = robot or FakeRobot(), Clock()
    settings = {"image_size": 24, "limits": {"shoulder.pos": (-90.0, 14.0)}, **options}
    world = LeRobotWorld(robot, "Stack", clock=clock, sleep=clock.sleep, **settings)
    return world, robot, clock


def test_it_says_what_its_numbers_are() -> None:
    """Joints and a gripper by name, one camera, no verdict, no replay."""
    world, _, _ = arm()
    spec = world.world_spec
    assert spec.action.names == ("shoulder.pos", "elbow.pos", "gripper.pos")
    assert (spec.action.grip, spec.cameras) == (2, ("top",))
    assert world.capabilities == {Capability.REAL_TIME}
    seen, _ = world.reset(seed=3)
    check_observation(spec, seen)
    with pytest.raises(MissingCapability):
        world.snapshot()


def test_what_was_really_sent_is_what_is_reported() -> None:
    """Limits of place and of the robot's own speed cut the action, whoever asked for it."""
    world, robot, _ = arm(step=2.0)
    world.reset()
    *_, info = world.step(PUSH)
    np.testing.assert_allclose(info["executed"], PUSH)
    for _ in range(5):
        *_, info = world.step(PUSH)
    assert max(sent["shoulder.pos"] for sent in robot.sent) <= 14.0
    assert info["executed"][0] == 0.0
    slow, _, _ = arm(FakeRobot(slowest=0.5), step=2.0)
    slow.reset()
    *_, info = slow.step(PUSH)
    np.testing.assert_allclose(info["executed"], [0.25, -0.25, 0.25], atol=1e-6)


def test_the_session_records_what_was_sent() -> None:
    """The step's action is that of the robot; the human's is beside it."""
    world, _, _ = arm(FakeRobot(slowest=0.5), step=2.0)
    steps = []

    class Listener(Subscriber):
        def on_tick(self, tick) -> None:
            steps.append(tick.step)

    class Stick:
        name = "tester"

        def begin(self, seed: int) -> None:
            """Nothing."""

        def poll(self, driver) -> Command:
            return Command(PUSH, clutch=True)

    session = Session(world, Stick(), Assignment(Level.DEMONSTRATE), [Listener()], max_steps=3)
    session.run_episode(0)
    np.testing.assert_allclose(steps[0].action, [0.25, -0.25, 0.25], atol=1e-6)
    np.testing.assert_array_equal(steps[0].human_action, PUSH)


def test_ticks_come_no_faster_than_its_rate() -> None:
    """Twenty a second; a late tick is not made up for."""
    world, _, clock = arm(hz=20)
    world.reset()
    for _ in range(5):
        world.step(PUSH)
    assert clock.slept == pytest.approx(4 / 20)
    clock.now += 1.0
    before = clock.slept
    world.step(PUSH)
    assert clock.slept == before


def test_dropped_reads_hold_the_arm_and_many_end_the_episode() -> None:
    """While nothing is seen, the arm is sent to where it was last seen."""
    world, robot, _ = arm()
    world.reset()
    seen, *_ = world.step(PUSH)
    robot.dropped = 1
    again, *_ = world.step(PUSH)
    np.testing.assert_array_equal(again["joint_pos"], seen["joint_pos"])
    assert robot.sent[-1]["elbow.pos"] == pytest.approx(float(seen["joint_pos"][1]), abs=1e-4)
    world.step(PUSH)  # one that is read: the count begins anew
    robot.dropped = PATIENCE
    for _ in range(PATIENCE - 1):
        world.step(PUSH)
    with pytest.raises(WorldFailed, match=f"{PATIENCE} reads in a row failed: no status packet"):
        world.step(PUSH)


def test_a_pulled_cable_is_said_at_once() -> None:
    """Nothing more is sent, and closing does not raise."""
    world, robot, _ = arm()
    world.reset()
    robot.pull_the_cable()
    sent = len(robot.sent)
    with pytest.raises(WorldFailed, match="not connected any more"):
        world.step(PUSH)
    assert len(robot.sent) == sent
    assert not world.connected
    world.close()
    world.close()


def test_no_policy_drives_it_unattended() -> None:
    """Evaluation and practice refuse with the reason."""
    world, _, _ = arm()
    with pytest.raises(MissingCapability, match="real time"):
        unattended_session(world, runner=None)


def test_a_robot_that_does_not_show_its_joints_is_refused() -> None:
    """Without it nobody knows where a change begins."""
    blind = FakeRobot()
    del blind.observation_features["elbow.pos"]
    with pytest.raises(BadValue, match=r"elbow\.pos"):
        arm(blind)
