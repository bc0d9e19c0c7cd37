"""A stranger's world in a process of its own: the same world, and stopped wherever it is stuck."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidestick.datasets.episode import Episode
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import BadValue, MissingCapability, WorldFailed
from sidestick.sim_envs.making import make_world
from sidestick.sim_envs.world import Pose
from sidestick.sim_envs.worlds.contract import TaskWorld
from sidestick.sim_envs.worlds.naming import ALLOWED_VARIABLE
from sidestick.teleop.station.headless import drive_simulated
from sidestick.teleop.workspace_variant import agreed_config
from tests.worlds.stuck import FAULT_AT

CHASE, STUCK = "tests.worlds.chase:make", "tests.worlds.stuck:make"
HAND = "tests.worlds.fake_robot:make_hand"
HANGS = r"step\(\) has not come back within 0.5 s \(File .*stuck.py"
HOLDS = r"step\(\) made it hold \d+ MiB, and it may hold 400"
CRASHES = r"step\(\) ended its process \(exit code -11: Fatal.*Segmentation fault \(File "
STILL = np.zeros(2, np.float32)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Makes worlds, and closes them."""
    monkeypatch.setenv(ALLOWED_VARIABLE, f"{CHASE}\n{STUCK}\n{HAND}")
    worlds: list[TaskWorld] = []

    def make(name: str, **options: Any) -> TaskWorld:
        worlds.append(make_world(name, 24, **options))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()
        world.close()


def process_of(world: Any) -> int:
    """The number of its process."""
    return int(world._process._process.pid)


def drive(world: TaskWorld, steps: int) -> None:
    """Step it."""
    for _ in range(steps):
        world.step(STILL)


def test_it_is_the_same_world(made: Callable[..., Any]) -> None:
    """Bit for bit what it is in this process: spec, numbers, pictures, verdict, going back."""
    there, here = made(CHASE), made(CHASE, own_process=False)
    assert (there.world_spec, there.capabilities) == (here.world_spec, here.capabilities)
    assert (there.renderer_name, there.native_range) == (here.renderer_name, here.native_range)
    assert (there.instruction, there.shown_cameras) == (here.instruction, here.shown_cameras)
    with pytest.raises(MissingCapability, match="the end effector's pose is not possible in Chase"):
        there.tool()
    marks, steps = [], []
    for world in (there, here):
        seen, _ = world.reset(seed=3)
        found = [seen]
        for number in range(12):
            if number == 4:
                marks.append((world.snapshot(), world.state()))
            seen, *rest = world.step(world.expert_action())
            found += [seen, rest, world.state(), world.status, world.goal]
        steps.append(found)
        world.restore(marks[-1][0])
        np.testing.assert_array_equal(world.state(), marks[-1][1])
        assert world.shown("pixels").shape == (64, 80, 3)
    np.testing.assert_equal(*steps)


def test_a_hand_there_is_known_and_steered_here(made: Callable[..., Any]) -> None:
    """A real arm's pose comes with each tick, hold() and what it refuses go over, too."""
    there, here = made(HAND), made(HAND, own_process=False)
    found = []
    for world in (there, here):
        world.reset()
        goal = Pose(world.tool().position + np.array([0.02, 0.03, -0.02]), world.tool().quat)
        for _ in range(30):
            *_, info = world.step(world.towards(goal, closing=True))
        assert np.linalg.norm(world.tool().position - goal.position) < 0.005
        world.hold()
        found.append([world.tool().position, world.tool().quat, info["executed"]])
        with pytest.raises(MissingCapability, match="a snapshot is not possible in StackCubes"):
            world.snapshot()
    np.testing.assert_array_equal(np.concatenate(found[0]), np.concatenate(found[1]))


@pytest.mark.parametrize(
    ("fault", "options", "said"),
    [
        pytest.param("sleeps", {"answer_s": 0.5}, HANGS, marks=pytest.mark.slow),
        ("spins", {"answer_s": 0.5}, HANGS),
        pytest.param("leaks", {"memory_mib": 400}, HOLDS, marks=pytest.mark.slow),
        ("grows", {"memory_mib": 400}, HOLDS),
        ("crashes", {}, CRASHES),
    ],
)
def test_what_hangs_leaks_or_crashes_in_c_is_stopped(
    made: Callable[..., Any], fault: str, options: dict[str, Any], said: str
) -> None:
    """By name and reason, with no process left; the next episode begins in a new one."""
    world = made(STUCK, fault=fault, **options)
    world.reset(seed=0)
    with pytest.raises(WorldFailed, match=said):
        drive(world, FAULT_AT + 5)
    with pytest.raises(ProcessLookupError):
        os.kill(process_of(world), 0)
    with pytest.raises(WorldFailed, match="stopped before"):
        world.step(STILL)
    world.reset(seed=1)
    world.step(STILL)


def test_its_episode_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was driven until it hung is in the workspace, as a recording that broke off."""
    monkeypatch.setenv(ALLOWED_VARIABLE, STUCK)
    options = '{"fault": "spins", "answer_s": 0.5, "image_size": 24}'
    config = agreed_config(tmp_path / "ws", world=STUCK, env_options=options)
    workspace = Workspace.create(tmp_path / "ws", config)
    with pytest.raises(WorldFailed, match="has not come back"):
        drive_simulated(workspace, Level.DEMONSTRATE, [0])
    episode = Episode.read(workspace.episodes()[0])
    assert (len(episode), episode.summary.complete) == (FAULT_AT - 1, False)


def test_it_ends_with_who_made_it_and_not_by_an_interrupt(made: Callable[..., Any]) -> None:
    """Ctrl-C is for the process that saves; options that make no sense are refused."""
    world = made(CHASE)
    world.reset(seed=0)
    os.kill(process_of(world), signal.SIGINT)
    world.step(STILL)
    with pytest.raises(BadValue, match="answer_s"):
        made(CHASE, answer_s="soon")
    with pytest.raises(BadValue, match="own_process"):
        made(CHASE, own_process=1)
