"""This benchmark holds what the window's depth aids promise against what then happens.

    python -m benchmarks.depth_aids [--scenes N] [--first-seed S]

Hold: the open hand is put near a random object, as far off as an operator is who drives by eye;
what the ring promises is compared with what both fingers hold after they have closed and risen.
Land: an object is held anywhere around its container; what the stage light promises is compared
with where the object lies after it was let go of. It prints JSON, one row a task.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator

import numpy as np

from sidestick.datasets.tables.wilson import wilson
from sidestick.sim_envs import kinematics
from sidestick.sim_envs.engine import pybullet
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.hand_rays import graspable, touched_by_fingers, would_land
from sidestick.sim_envs.making import make_task_env
from sidestick.sim_envs.spaces import GRIP
from sidestick.sim_envs.tasks import TASKS

OFF_M = (0.012, 0.02, 0.012)
"""Standard deviation of the hand's place, along the axes."""
INSIDE_M = 0.002
"""A hand that begins deeper than this inside of something is left out."""
CLOSING_TICKS, RISING_TICKS, FALLING_TICKS = 14, 6, 60


def grip(env: ArmEnv, value: float, ticks: int, rise: float = 0.0) -> None:
    """Hold still for some ticks, or rise, with a grip command."""
    action = np.zeros(7, np.float32)
    action[GRIP], action[2] = value, rise
    for _ in range(ticks):
        env.advance(action)


def held(env: ArmEnv) -> frozenset[int]:
    """Labels of the objects that both fingers touch."""
    left, right = touched_by_fingers(env.world)
    return frozenset(left & right)


def put_hand(env: ArmEnv, rng: np.random.Generator) -> bool:
    """Put the open hand near an object; False where it is inside of something there."""
    name = env.world.dynamic[rng.integers(len(env.world.dynamic))]
    place = env.world.pose(name).position + rng.normal(0, OFF_M)
    joints = kinematics.inverse(place, env.arm.tool().quat, kinematics.REST_RAD, 80)
    env.arm.put(joints, 0.04, closing=False)
    env.arm.reseat()
    env.world.find_contacts()
    points = pybullet.getContactPoints(bodyA=env.arm.body, physicsClientId=env.world.client)
    return all(point[8] > -INSIDE_M for point in points)


def holds(env: ArmEnv, seed: int) -> Iterator[tuple[bool, bool]]:
    """Whether the ring promises an object, and whether it is held then, for each near object."""
    env.build(seed)
    if not put_hand(env, np.random.default_rng([seed, 2])):
        return
    grip(env, -1.0, 1)
    promised = graspable(env.world, env.arm)
    grip(env, 1.0, CLOSING_TICKS)
    grip(env, 1.0, RISING_TICKS, rise=0.6)
    found = held(env)
    yield from ((label in promised, label in found) for label in promised | found)
    if not promised | found:
        yield False, False


def lands(env: ArmEnv, seed: int) -> Iterator[tuple[bool, bool]]:
    """Whether the stage light promises that a held object lands, and whether it does."""
    env.build(seed)
    rng = np.random.default_rng([seed, 3])
    items = env.task.wanted(env.world)
    item = items[rng.integers(len(items))]
    label = env.task.labels.index(item.label)
    box = item.container
    bodies = [body for body, own in env.world.labels.items() if own == label]
    corners = np.array(
        [pybullet.getAABB(body, physicsClientId=env.world.client) for body in bodies]
    )
    middle = (corners[:, 0].min(0) + corners[:, 1].max(0)) / 2
    where = np.array([*box.centre_m, box.height_m + rng.uniform(0.03, 0.25)])
    where[:2] += rng.uniform(-1.3, 1.3, 2) * box.half_m
    for body in bodies:  # as if it had been carried there, as it lies, and let go of now
        position, quat = pybullet.getBasePositionAndOrientation(
            body, physicsClientId=env.world.client
        )
        moved = (np.array(position) + where - middle).tolist()
        pybullet.resetBasePositionAndOrientation(
            body, moved, quat, physicsClientId=env.world.client
        )
    env.world.find_contacts()
    promised = would_land(env.world, label, box)
    grip(env, -1.0, FALLING_TICKS)
    yield promised, item.label in env.task.placed(env.world)


def row(pairs: list[tuple[bool, bool]]) -> dict[str, object]:
    """How often the promise and the outcome are what, and how often a promise is kept."""
    counts = Counter(pairs)
    kept, broken, missed = counts[True, True], counts[True, False], counts[False, True]
    low, high = wilson(kept, kept + broken)
    return {
        "promised_kept": kept,
        "promised_broken": broken,
        "missed": missed,
        "neither": counts[False, False],
        "kept_95": [round(low, 3), round(high, 3)],
    }


def main() -> None:
    """Measure every task and print a row of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=300)
    parser.add_argument("--first-seed", type=int, default=2_000)
    args = parser.parse_args()
    for task in TASKS:
        env = make_task_env(task, image_size=16)
        seeds = range(args.first_seed, args.first_seed + args.scenes)
        held_pairs = [pair for seed in seeds for pair in holds(env, seed)]
        landed_pairs = [pair for seed in seeds for pair in lands(env, seed)]
        env.close()
        rows = {"hold": row(held_pairs), "land": row(landed_pairs)}
        print(json.dumps({"task": task, "scenes": args.scenes, **rows}), flush=True)


if __name__ == "__main__":
    main()
