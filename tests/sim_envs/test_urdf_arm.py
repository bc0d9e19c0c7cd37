"""The end effector of an arm behind LeRobot's class: kinematics, limits, what was sent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidestick.sim_envs.errors import BadValue, MissingCapability
from sidestick.sim_envs.kinematics import REST_RAD, forward
from sidestick.sim_envs.rotations import quat_from_rotvec, quat_multiply, rotvec_between
from sidestick.sim_envs.world import Pose
from sidestick.sim_envs.worlds.conformance import check_observation
from sidestick.sim_envs.worlds.contract import Capability
from sidestick.sim_envs.worlds.lerobot_targets import Tool
from sidestick.sim_envs.worlds.lerobot_world import LeRobotWorld
from sidestick.sim_envs.worlds.urdf_arm import UrdfArm
from tests.worlds.fake_robot import FakeRobot

URDF = Path(__file__).parents[2] / "sim_envs/assets/panda.urdf"
NAMES = tuple(f"joint{n}" for n in range(1, 8))
SMALL = """<robot name="small"><link name="base"/>{links}</robot>"""
LINK = """<link name="l{n}"/><joint name="j{n}" type="revolute"><parent link="{before}"/>
<child link="l{n}"/><origin xyz="0 0 {up}"/><axis xyz="{axis}"/>
<limit lower="-2" upper="2" effort="1" velocity="1"/></joint>"""


@pytest.fixture
def panda() -> Iterator[UrdfArm]:
    """The built-in arm's own description."""
    arm = UrdfArm(URDF, "hand", NAMES)
    yield arm
    arm.close()
    arm.close()


def small(folder: Path) -> Path:
    """An arm of five joints, as hobby arms have: it cannot be turned about every axis."""
    ups, axes = (0.1, 0.1, 0.25, 0.25, 0.1), ("0 0 1", "0 1 0", "0 1 0", "0 1 0", "0 0 1")
    before = ("base", *(f"l{n}" for n in range(5)))
    links = [
        LINK.format(n=n, before=before[n], up=up, axis=axis)
        for n, (up, axis) in enumerate(zip(ups, axes, strict=True))
    ]
    path = folder / "small.urdf"
    path.write_text(SMALL.format(links="".join(links)))
    return path


def test_its_poses_are_those_of_the_arms_own_kinematics(panda: UrdfArm) -> None:
    """The hand is where the built-in arm's formulas say, less the way to the finger tips."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        joints = REST_RAD + rng.uniform(-0.5, 0.5, 7)
        found, (position, quat) = panda.pose(joints), forward(joints)
        assert np.linalg.norm(rotvec_between(found.quat, quat)) < 1e-6
        assert np.linalg.norm(found.position - position) == pytest.approx(0.1034, abs=1e-6)


def test_the_inverse_finds_what_the_forward_says(panda: UrdfArm) -> None:
    """Changes of a tick are reached to a tenth of a millimetre, within the joints' limits."""
    rng = np.random.default_rng(1)
    for _ in range(50):
        start = REST_RAD + rng.uniform(-0.4, 0.4, 7)
        now = panda.pose(start)
        turn = quat_from_rotvec(rng.uniform(-0.05, 0.05, 3))
        goal = Pose(now.position + rng.uniform(-0.01, 0.01, 3), quat_multiply(turn, now.quat))
        reached = panda.pose(found := panda.joints_for(goal, start))
        assert np.linalg.norm(reached.position - goal.position) < 1e-4
        assert np.linalg.norm(rotvec_between(reached.quat, goal.quat)) < 1e-3
        assert ((found >= panda.low) & (found <= panda.high)).all()


def world(folder: Path, **options: Any) -> tuple[LeRobotWorld, FakeRobot]:
    """A five-jointed fake robot whose end effector is driven."""
    names = (*(f"j{n}.pos" for n in range(5)), "gripper.pos")
    robot = FakeRobot(options.pop("slowest", 30.0), names, (5.0, 40.0, 60.0, 30.0, 0.0, 50.0))
    given = {"low_m": (0.1, -0.3, 0.05), "high_m": (0.7, 0.3, 0.6), **options.pop("tool", {})}
    tool = Tool(small(folder), "l4", **given)
    made = LeRobotWorld(robot, "Stack", image_size=24, tool=tool, sleep=lambda _: None, **options)
    return made, robot


def act(made: LeRobotWorld, times: int, **numbers: float) -> Any:
    """Step with these numbers, by name; the last tick's observation and what was executed."""
    names = made.world_spec.action.names
    action = np.array([numbers.get(name.removesuffix(".pos"), 0.0) for name in names], np.float32)
    for _ in range(times):
        seen, *_, info = made.step(action)
    return seen, info["executed"]


def test_it_goes_where_it_is_told_and_no_faster(tmp_path: Path) -> None:
    """A push along x moves it along x, at the speed of its step; diagonally it is no faster."""
    made, _ = world(tmp_path)
    spec, (seen, _) = made.world_spec, made.reset()
    check_observation(spec, seen)
    assert spec.action.names == ("dx", "dy", "dz", "rx", "ry", "rz", "gripper.pos")
    assert made.capabilities == {Capability.REAL_TIME, Capability.HAND}
    before = made.tool().position
    seen, executed = act(made, 5, dx=1.0)
    act(made, 8)  # the fake robot is on its way half of the time
    moved = made.tool().position - before
    np.testing.assert_allclose(moved, [0.05, 0, 0], atol=2e-3)
    np.testing.assert_allclose(executed, [1, 0, 0, 0, 0, 0, 0], atol=0.05)
    np.testing.assert_allclose(seen["ee_pos"], made._last["ee_pos"], atol=0.02)
    _, executed = act(made, 1, dx=1.0, dy=1.0, dz=1.0)
    assert np.linalg.norm(executed[:3]) < 1.02
    made.close()


@pytest.mark.parametrize(("axis", "sign"), [("dx", 1), ("dx", -1), ("dy", 1), ("dz", -1)])
def test_it_stays_in_its_workspace(tmp_path: Path, axis: str, sign: int) -> None:
    """Whoever pushes: at the edge nothing more is sent, and what is recorded says so."""
    made, robot = world(tmp_path)
    made.reset()
    low, high = np.array([0.1, -0.3, 0.05]), np.array([0.7, 0.3, 0.6])
    for _ in range(80):
        _, executed = act(made, 1, **{axis: sign})
        place = made._targets.pose(np.array([*robot.sent[-1].values()])).position
        assert ((place >= low - 1e-3) & (place <= high + 1e-3)).all()
    assert abs(executed["xyz".index(axis[1])]) < 0.3
    made.close()


def test_no_joint_goes_faster_than_it_may(tmp_path: Path) -> None:
    """Near a singular pose a short way of the tool is a long one of the joints: all go slower."""
    made, robot = world(tmp_path, tool={"fastest": 1.0, "step_m": 0.05})
    made.reset()
    before = np.array([robot.at.copy()])
    act(made, 6, dz=1.0, ry=1.0)
    sent = np.concatenate([before, [[*targets.values()] for targets in robot.sent]])
    assert 0.5 < np.abs(np.diff(sent[:, :5], axis=0)).max() <= 1.0 + 1e-9
    made.close()


def test_what_the_robot_cuts_is_what_is_recorded(tmp_path: Path) -> None:
    """A robot with limits of its own sends less: the pose that this amounts to is the action."""
    made, robot = world(tmp_path, slowest=0.3)
    made.reset()
    before = made._targets.pose(np.array([*robot.at]))
    _, executed = act(made, 1, dx=1.0)
    after = made._targets.pose(np.array([*robot.sent[-1].values()]))
    np.testing.assert_allclose(executed[:3] * 0.01, after.position - before.position, atol=1e-6)
    assert np.linalg.norm(executed[:3]) < 0.9
    made.close()


def test_the_gripper_closes_by_its_own_sign_and_a_pose_is_steered_to(tmp_path: Path) -> None:
    """An SO-101's number falls as it closes; `towards` is what brings a hand back to its start."""
    made, robot = world(tmp_path, closing=-1, step=5.0)
    made.reset()
    _, executed = act(made, 3, gripper=1.0)
    assert robot.sent[-1]["gripper.pos"] == pytest.approx(35.0)
    assert executed[-1] == pytest.approx(1.0)
    start = made.tool()
    goal = Pose(start.position + np.array([0.03, 0.05, -0.02]), start.quat)
    for _ in range(60):
        made.step(made.towards(goal, closing=False))
    assert np.linalg.norm(made.tool().position - goal.position) < 5e-3
    made.close()


def test_a_description_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """By what is missing, with what there is; joints alone have no tool."""
    with pytest.raises(BadValue, match=r"urdf link.*hand.*nowhere"):
        UrdfArm(URDF, "nowhere", NAMES)
    with pytest.raises(BadValue, match=r"urdf joint.*joint1.*elbow"):
        UrdfArm(URDF, "hand", ("elbow",))
    with pytest.raises(BadValue, match="urdf"):
        UrdfArm(tmp_path / "none.urdf", "hand", NAMES)
    (tmp_path / "broken.urdf").write_text("<robot>")
    with pytest.raises(BadValue, match="PyBullet reads"):
        UrdfArm(tmp_path / "broken.urdf", "hand", NAMES)
    with pytest.raises(BadValue, match="workspace"):
        world(tmp_path, tool={"low_m": (1.0, 0.0, 0.0)})
    with pytest.raises(BadValue, match="limits"):
        LeRobotWorld(FakeRobot(), "Stack", limits={"elbow": (0, 1)})
    joints = LeRobotWorld(FakeRobot(), "Stack", image_size=24)
    joints.reset()
    with pytest.raises(MissingCapability):
        joints.tool()
