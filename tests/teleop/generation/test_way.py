"""These tests follow ways of generation whose fingers have just closed."""

import numpy as np

from sidestick.sim_envs.experts.expert import ExpertTarget
from sidestick.sim_envs.gripper import PANDA
from sidestick.sim_envs.making import make_task_env
from sidestick.sim_envs.rotations import STRAIGHT_DOWN_RAD, tilted_quat
from sidestick.sim_envs.spaces import ACTION_SIZE, GRIP
from sidestick.sim_envs.world import Pose
from sidestick.teleop.generation.handling import Waypoint
from sidestick.teleop.generation.way import OPEN_SHARE, Way, on_from

DOWN_M = np.array([0.0, 0.0, -0.08])
CLOSING_TICKS = 20


def test_the_hand_waits_for_its_fingers_before_it_reaches_down() -> None:
    """It reaches down with open fingers, whatever they were when the way began."""
    with make_task_env("ShelfPick", image_size=16, num_items=1) as env:
        env.reset(seed=0)
        closing = np.zeros(ACTION_SIZE, np.float32)
        closing[GRIP] = 1.0
        for _ in range(CLOSING_TICKS):
            env.step(closing)
        above = env.arm.tool()
        below = Pose(above.position + DOWN_M, above.quat)
        way = Way([Waypoint(above, False), Waypoint(below, False)])
        widths = []
        while (waypoint := way.next(env, env.arm.tool())) is not None:
            if waypoint.pose is below:
                widths.append(float(env.arm.finger_positions().mean()))
            env.step(ExpertTarget(waypoint.pose, waypoint.closing).action(env.arm.tool()))
    assert min(widths) > OPEN_SHARE * PANDA.finger_open_m


def test_a_way_that_begins_by_closing_does_not_wait_for_open_fingers() -> None:
    """As the way of a failed grasp may, which is driven with the fingers that it had."""
    with make_task_env("ShelfPick", image_size=16, num_items=1) as env:
        env.reset(seed=0)
        here = env.arm.tool()
        up = Pose(here.position - DOWN_M, here.quat)
        way, ticks = Way([Waypoint(here, True), Waypoint(up, True)]), 0
        while (waypoint := way.next(env, env.arm.tool())) is not None and waypoint.pose is not up:
            env.step(ExpertTarget(waypoint.pose, waypoint.closing).action(env.arm.tool()))
            ticks += 1
    assert ticks < CLOSING_TICKS


def test_closed_fingers_go_on_from_where_they_closed_and_press_no_further() -> None:
    """Two centimetres above where they were to close; from where they open nothing changes."""
    down = tilted_quat(STRAIGHT_DOWN_RAD, 0.0)

    def at(height_m: float, closing: bool = True) -> Waypoint:
        return Waypoint(Pose(np.array([0.5, 0.0, height_m]), down), closing)

    way = [at(0.06), at(0.052), at(0.07), at(0.12), at(0.05, False), at(0.10, False)]
    left = on_from(at(0.08).pose, way)
    heights_m = [float(w.pose.position[2]) for w in left]
    assert np.allclose(heights_m, [0.08, 0.09, 0.14, 0.05, 0.10])
    assert [w.closing for w in left] == [True] * 3 + [False] * 2
