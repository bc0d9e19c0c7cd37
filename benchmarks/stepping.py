"""This benchmark measures the overhead of an environment over a bare loop of the physics engine.

    python -m benchmarks.stepping [--steps N]

The bare loop does the same sub-steps with the same motor commands, and the same two renders, and
nothing else: no inverse kinematics, no task, no observation. Both run in turns, ten steps each, and
must end in the same state to the last bit. Resets are timed too. It prints JSON.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import Stopwatch, renderers_here
from sidestick.sim_envs import arm, make_task_env
from sidestick.sim_envs.cameras import CameraView
from sidestick.sim_envs.engine import pybullet
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.spaces import CAMERAS, IMAGE_SIZE, Action
from sidestick.sim_envs.tasks import TASKS

SEED = 3
RESETS = 12
BLOCK = 10
Command = tuple[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class Tick:
    """One control step, as the physics engine received it."""

    action: Action
    commands: list[Command]
    """Arguments of the motor command before each sub-step."""
    views: list[CameraView]
    """Views of the recorded cameras, after the last sub-step."""


@contextmanager
def _listening() -> Iterator[list[Command]]:
    """Collect the motor commands that are given while the block runs."""
    commands: list[Command] = []
    engine = mock.Mock(wraps=pybullet)

    def command(*args: Any, **kwargs: Any) -> None:
        commands.append((args, kwargs))
        pybullet.setJointMotorControlArray(*args, **kwargs)

    engine.setJointMotorControlArray = command
    engine.POSITION_CONTROL = pybullet.POSITION_CONTROL
    with mock.patch.object(arm, "pybullet", engine):
        yield commands


def _recorded(env: ArmEnv, steps: int) -> list[Tick]:
    rng = np.random.default_rng(SEED)
    ticks = []
    env.reset(seed=SEED)
    for _ in range(steps):
        action = rng.uniform(-1, 1, 7).astype(np.float32)
        env.images_due = False
        with _listening() as commands:
            env.step(action)
        views = [env.task.cameras[name].view(env.arm) for name in CAMERAS]
        ticks.append(Tick(action, commands, views))
    return ticks


def _bare_step(env: ArmEnv, tick: Tick) -> None:
    client = env.world.client
    for args, kwargs in tick.commands:
        pybullet.setJointMotorControlArray(*args, **{**kwargs, "physicsClientId": client})
        pybullet.stepSimulation(physicsClientId=client)
    for view in tick.views:
        env.renderer.picture(env.world, view, IMAGE_SIZE, IMAGE_SIZE)


def _run_env(env: ArmEnv, block: list[Tick], watch: Stopwatch) -> None:
    for tick in block:
        env.images_due = True
        with watch:
            env.step(tick.action)


def _run_bare(env: ArmEnv, block: list[Tick], watch: Stopwatch) -> None:
    for tick in block:
        with watch:
            _bare_step(env, tick)


def measure(task: str, renderer: str, steps: int) -> dict[str, Any]:
    """CPU milliseconds of steps of the environment and of the bare loop, and their ratios."""
    env, bare = (make_task_env(task, renderer=renderer) for _ in range(2))
    ticks = _recorded(env, steps)
    for built in (env, bare):
        built.reset(seed=SEED)
    full, engine = Stopwatch(), Stopwatch()
    for start in range(0, steps, BLOCK):
        block = ticks[start : start + BLOCK]
        if start // BLOCK % 2:
            _run_bare(bare, block, engine)
            _run_env(env, block, full)
        else:
            _run_env(env, block, full)
            _run_bare(bare, block, engine)
    identical = _bits(env) == _bits(bare)
    env.close()
    bare.close()
    return {
        "env_ms": round(full.cpu_ms, 2),
        "bare_ms": round(engine.cpu_ms, 2),
        "env_steps_per_cpu_s": round(1e3 / full.cpu_ms, 1),
        "env_over_bare": round(engine.cpu_ms / full.cpu_ms, 3),
        "env_over_bare_wall": round(engine.wall_ms / full.wall_ms, 3),
        "same_final_state": identical,
    }


def _bits(env: ArmEnv) -> bytes:
    joints: NDArray[np.float64] = env.arm.joint_positions()
    return joints.tobytes() + env.world.body_states().tobytes()


def resets(task: str, renderer: str) -> dict[str, float]:
    """Milliseconds of a reset with its two images, the median and the worst of a few seeds."""
    env = make_task_env(task, renderer=renderer)
    env.reset(seed=0)
    times = []
    for seed in range(1, RESETS + 1):
        watch = Stopwatch()
        with watch:
            env.reset(seed=seed)
        times.append(watch.cpu_ms)
    env.close()
    return {
        "median_cpu_ms": round(float(np.median(times)), 1),
        "worst_cpu_ms": round(max(times), 1),
    }


def main() -> None:
    """Measure every task with every renderer and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=150, help="control steps per measurement")
    parser.add_argument("--tasks", nargs="+", default=sorted(TASKS), choices=sorted(TASKS))
    options = parser.parse_args()
    report = {
        task: {
            name: {**measure(task, name, options.steps), "reset": resets(task, name)}
            for name in renderers_here()
        }
        for task in options.tasks
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
