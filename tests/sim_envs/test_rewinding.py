"""These tests hold that an environment that rewinds by copies is any environment, bit for bit."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Pipe
from pathlib import Path

import numpy as np
import pytest

from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.making import make_task_env
from sidestick.sim_envs.rewinding import physics_process
from sidestick.sim_envs.rewinding.moment import Moment
from sidestick.sim_envs.rewinding.physics_process import PhysicsLost, PhysicsProcess
from sidestick.sim_envs.rewinding.rewindable_env import RewindableEnv, make_rewindable_env
from sidestick.sim_envs.spaces import Observation
from sidestick.sim_envs.tasks import TASKS, Status


def driven(env: ArmEnv, ticks: int, seed: int) -> list[Observation]:
    """Random pushes, held for half a second each, with a re-seat now and then."""
    rng, action, seen = np.random.default_rng(seed), np.zeros(7, np.float32), []
    for tick in range(ticks):
        if tick % 10 == 0:
            action = rng.uniform(-1, 1, 7).astype(np.float32)
        if tick % 25 == 0:
            env.reseat()
        env.images_due = tick % 20 == 0
        seen.append({**env.step(action)[0], "state": env.state()})
    return seen


def driven_on(env: ArmEnv) -> list[Observation]:
    """One step, without a re-seat but those that were given at the reset."""
    return [{**env.step(np.full(7, 0.3, np.float32))[0], "state": env.state()}]


def assert_equal(found: list[Observation], wanted: list[Observation]) -> None:
    for ours, theirs in zip(found, wanted, strict=True):
        for name, values in theirs.items():
            np.testing.assert_array_equal(ours[name], values, name)


@pytest.fixture(scope="module", params=list(TASKS))
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[RewindableEnv, ArmEnv]]:
    envs = (
        make_rewindable_env(request.param, image_size=32),
        make_task_env(request.param, image_size=32),
    )
    yield envs
    for env in envs:
        env.close()


def test_it_is_the_same_environment(pair: tuple[RewindableEnv, ArmEnv]) -> None:
    """Observations, pictures, states and statuses are equal, also over a second reset."""
    rewindable, plain = pair
    for seed in (4, 5):
        for env in pair:
            env.reset(seed=seed)
        assert rewindable.at_once
        assert_equal(driven(rewindable, 60, seed), driven(plain, 60, seed))
        assert rewindable.status == plain.status
        assert rewindable.arm.controller.closing == plain.arm.controller.closing


def test_it_goes_back_to_every_mark_and_on_as_before(pair: tuple[RewindableEnv, ArmEnv]) -> None:
    """To a moment at a copy, between two copies, twice to the same one, and to the beginning."""
    rewindable, plain = pair
    for env in pair:
        env.reset(seed=7)
    marks = []
    for part in range(4):
        marks.append((rewindable.snapshot(), plain.snapshot()))
        assert_equal(driven(rewindable, 15, part), driven(plain, 15, part))
    for which in (3, 1, 1, 0):
        mine, theirs = marks[which]
        assert_equal([rewindable.restore(mine)], [plain.restore(theirs)])
        np.testing.assert_array_equal(rewindable.state(), plain.state())
        assert rewindable.elapsed == plain.elapsed
        assert_equal(driven(rewindable, 8, 90 + which), driven(plain, 8, 90 + which))
    assert rewindable.at_once


def test_a_mark_of_another_branch_is_simulated(pair: tuple[RewindableEnv, ArmEnv]) -> None:
    """Ticks that were undone are no part of the way to a mark that lies on another branch."""
    rewindable, plain = pair
    first, second = [], []
    for env, marks in ((rewindable, first), (plain, second)):
        env.reset(seed=8)
        marks.append(env.snapshot())
        driven(env, 12, 1)
        marks.append(env.snapshot())
        env.restore(marks[0])
        driven(env, 14, 2)
    assert_equal([rewindable.restore(first[1])], [plain.restore(second[1])])
    np.testing.assert_array_equal(rewindable.state(), plain.state())


def begun_together(envs: list[ArmEnv], ticks: int, on_tick: Callable[[int], object]) -> list[list]:
    """Observations of several environments whose steps are begun before any of them is finished."""
    rng, seen = np.random.default_rng(8), [[] for _ in envs]
    for tick in range(ticks):
        actions = rng.uniform(-1, 1, (len(envs), 7)).astype(np.float32)
        for env, action in zip(envs, actions, strict=True):
            env.begin_step(action)
        on_tick(tick)
        for env, action, found in zip(envs, actions, seen, strict=True):
            found.append({**env.step(action)[0], "state": env.state()})
    return seen


def physics_processes() -> set[int]:
    """Every process below this one that was made to step physics, copies included."""
    found: set[int] = set()
    while True:
        more = set(found)
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
                ours = b"spawn_main" in (stat.parent / "cmdline").read_bytes()
                if ours and parent in {os.getpid(), *found}:
                    more.add(int(stat.parent.name))
        if more == found:
            return found
        found = more


def test_steps_of_two_arms_are_made_at_the_same_time() -> None:
    """The same bits as one after the other; a process that is killed in a step costs nothing."""
    plain, together, theirs = [], [], set[int]()
    for seed in range(2):
        before = physics_processes()
        for env, envs in (
            (make_rewindable_env(image_size=32), together),
            (make_task_env(image_size=32), plain),
        ):
            env.reset(seed=seed)
            envs.append(env)
        theirs = physics_processes() - before

    def kill(tick: int) -> None:
        if tick == 6:
            for pid in theirs:
                os.kill(pid, signal.SIGKILL)

    found, wanted = begun_together(together, 12, kill), begun_together(plain, 12, lambda _: None)
    for ours, one_by_one in zip(found, wanted, strict=True):
        assert_equal(ours, one_by_one)
    assert [env.at_once for env in together] == [True, False]
    together[0].begin_step(np.zeros(7, np.float32))  # an episode may be left in mid-step
    for env in (together[0], plain[0]):
        env.reset(seed=9)
    assert_equal(driven(together[0], 5, 1), driven(plain[0], 5, 1))
    for env in (*together, *plain):
        env.close()


def test_a_process_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time an arm that still steps is finished: the physics is lost then."""
    ours, _theirs = Pipe()
    physics = PhysicsProcess(ours)
    physics.reseat()
    assert not physics.answered
    monkeypatch.setattr(physics_process, "TIMEOUT_S", -1.0)
    assert physics.answered
    with pytest.raises(PhysicsLost):
        physics.moment()


def test_a_moment_of_any_length_is_unpacked_as_it_was_packed() -> None:
    """A stranger's task may have many cameras, with long names."""
    rng = np.random.default_rng(1)
    pictures = {
        f"camera_{'far' * 20}_{number}": rng.integers(0, 255, (16, 16, 3)).astype(np.uint8)
        for number in range(9)
    }
    status = Status(False, "reach", 0.25)
    moment = Moment(status, rng.normal(size=5), {"goal": np.ones(3, np.float32)}, pictures)
    again = Moment.unpack(moment.pack())
    assert again.status == status
    np.testing.assert_array_equal(again.state, moment.state)
    assert_equal([again.sensed | again.pictures], [moment.sensed | moment.pictures])


def test_a_lost_process_costs_nothing() -> None:
    """Killed in mid-episode, the physics goes on here; the next episode is one of the same bits."""
    before = physics_processes()
    rewindable, plain = make_rewindable_env(image_size=32), make_task_env(image_size=32)
    for env in (rewindable, plain):
        env.reset(seed=3)
        driven(env, 10, 1)
    mark, theirs = rewindable.snapshot(), plain.snapshot()
    running = physics_processes() - before
    assert len(running) >= 3  # the living one, and copies at the beginning and at the mark
    for pid in running:
        os.kill(pid, signal.SIGKILL)
    assert_equal(driven(rewindable, 10, 2), driven(plain, 10, 2))
    assert not rewindable.at_once
    assert_equal([rewindable.restore(mark)], [plain.restore(theirs)])
    for env in (rewindable, plain):
        env.reset(seed=4, options={"reseats": [10]})
    assert_equal(driven(rewindable, 10, 3), driven(plain, 10, 3))
    for pid in physics_processes() - before:
        os.kill(pid, signal.SIGKILL)
    assert_equal(driven_on(rewindable), driven_on(plain))  # lost while it re-seats
    assert not rewindable.at_once
    rewindable.close()
    plain.close()
    deadline = time.monotonic() + 10
    while physics_processes() - before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert physics_processes() <= before
