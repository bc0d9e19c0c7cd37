"""These tests check the contract of every registered environment."""

import copy
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import sidestick.sim_envs
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.errors import (
    AmbiguousName,
    BadAction,
    BadValue,
    UnknownKeyword,
    UnknownName,
)
from sidestick.sim_envs.reset_options import reseats_of
from sidestick.sim_envs.spaces import ACTION_NAMES, CAMERAS, GRIP, MOTION, MOVE, TURN
from sidestick.sim_envs.tasks import TASKS

TICKS = 12


@pytest.fixture(params=sorted(TASKS))
def env(request: pytest.FixtureRequest) -> Iterator[ArmEnv]:
    made = sidestick.sim_envs.make_task_env(request.param)
    yield made
    made.close()


def test_the_places_of_an_action_are_those_of_its_names() -> None:
    """Translation, rotation and gripper cover the whole action."""
    assert ACTION_NAMES[MOVE] == ("dx", "dy", "dz")
    assert ACTION_NAMES[TURN] == ("drx", "dry", "drz")
    assert ACTION_NAMES[MOTION] == ACTION_NAMES[MOVE] + ACTION_NAMES[TURN]
    assert (*ACTION_NAMES[MOTION], ACTION_NAMES[GRIP]) == ACTION_NAMES


def actions(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (count, 7)).astype(np.float32)


def trajectory(env: ArmEnv, seed: int, count: int = TICKS) -> np.ndarray:
    env.reset(seed=seed)
    states = [env.state()]
    for action in actions(seed, count):
        env.step(action)
        states.append(env.state())
    return np.array(states)


@pytest.mark.parametrize("task", sorted(TASKS))
def test_gymnasiums_checker_is_silent(task: str) -> None:
    """Gymnasium's own contract, with every warning an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = gymnasium.make(f"sidestick/{task}-v0")
        check_env(made.unwrapped)
        made.close()


def test_the_same_seed_and_actions_give_the_same_bits_in_a_fresh_process(env: ArmEnv) -> None:
    """The whole state repeats to the last bit after a dozen random actions."""
    here = trajectory(env, 3)
    code = (
        "import sys, numpy as np, sidestick.sim_envs as s\n"
        f"env = s.make_task_env({env.task_name!r})\n"
        f"actions = np.random.default_rng(3).uniform(-1, 1, ({TICKS}, 7)).astype(np.float32)\n"
        "env.reset(seed=3)\n"
        "for action in actions: env.step(action)\n"
        "sys.stdout.write(env.state().tobytes().hex())\n"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout == here[-1].tobytes().hex()


def test_a_used_world_repeats_like_a_fresh_one(env: ArmEnv) -> None:
    """Reset rebuilds everything, whatever happened before."""
    first = trajectory(env, 1)
    trajectory(env, 2)
    np.testing.assert_array_equal(trajectory(env, 1), first)


def test_rendering_changes_nothing(env: ArmEnv) -> None:
    """Skipping the images leaves the physics unchanged."""
    drawn = trajectory(env, 4)
    env.reset(seed=4)
    for action, state in zip(actions(4, TICKS), drawn[1:], strict=True):
        env.images_due = False
        env.step(action)
        np.testing.assert_array_equal(env.state(), state)


def test_initial_states_differ_between_seeds(env: ArmEnv) -> None:
    """Every seed is another scene."""
    starts = []
    for seed in range(4):
        env.reset(seed=seed)
        starts.append(env.state()[:60].tobytes())
    assert len(set(starts)) == 4


def test_observations_share_no_memory_with_each_other(env: ArmEnv) -> None:
    """An observation stays as it was, images included, after the next step."""
    first, _ = env.reset(seed=0)
    kept = {key: value.copy() for key, value in first.items()}
    env.images_due = False
    second, *_ = env.step(actions(0, 1)[0])
    for key in first:
        assert not np.shares_memory(first[key], second[key])
        np.testing.assert_array_equal(first[key], kept[key])


def test_a_snapshot_continues_bit_for_bit(env: ArmEnv) -> None:
    """Going back and doing the same again ends in the same state."""
    env.reset(seed=5)
    path = actions(5, 10)
    for action in path[:5]:
        env.step(action)
    snapshot = env.snapshot()
    for action in path[5:]:
        env.step(action)
    end = env.state()
    env.restore(snapshot)
    for action in path[5:]:
        env.step(action)
    np.testing.assert_array_equal(env.state(), end)


def test_a_snapshot_of_another_episode_is_refused(env: ArmEnv) -> None:
    """A snapshot is valid until the next reset."""
    env.reset(seed=0)
    snapshot = env.snapshot()
    env.reset(seed=0)
    with pytest.raises(BadValue, match="snapshot"):
        env.restore(snapshot)


def test_resting_does_not_move_the_arm(env: ArmEnv) -> None:
    """Under zero actions the end effector moves less than a millimetre in two seconds."""
    env.reset(seed=6)
    start = env.arm.tool().position
    for _ in range(40):
        env.images_due = False
        env.step(np.zeros(7, np.float32))
    assert np.linalg.norm(env.arm.tool().position - start) < 1e-3


def test_reseating_in_free_motion_moves_the_target_less_than_a_millimetre(env: ArmEnv) -> None:
    """The target does not jump at a change of driver: the arm follows it that closely."""
    env.reset(seed=7)
    for action in np.repeat(actions(7, 4), 6, axis=0):
        action[:3] *= 0.5
        action[3:6] *= 0.2
        env.images_due = False
        env.step(action)
        before = env.arm.controller.target_pos.copy()
        env.reseat()
        assert np.linalg.norm(env.arm.controller.target_pos - before) < 1e-3


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (np.zeros(6), "shape"),
        (np.full(7, np.nan), "finite"),
        ([0, 0, 0, 0, 0, 0, np.inf], "grip"),
        ("forward", "float32"),
    ],
)
def test_a_bad_action_is_rejected_with_field_expected_and_got(action: object, message: str) -> None:
    """An action that is not finite or not seven numbers never reaches the arm."""
    env = sidestick.sim_envs.make_task_env("ShelfPick", num_items=1)
    env.reset(seed=0)
    state = env.state()
    with pytest.raises(BadAction, match=message):
        env.step(action)  # type: ignore[arg-type]
    np.testing.assert_array_equal(env.state(), state)
    env.close()


def test_step_before_reset_and_after_close_raise_gymnasiums_errors(env: ArmEnv) -> None:
    """Gymnasium's own errors, so that its users recognise them; closing twice is safe."""
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(np.zeros(7, np.float32))
    env.reset(seed=0)
    env.close()
    env.close()
    with pytest.raises(gymnasium.error.ClosedEnvironmentError):
        env.step(np.zeros(7, np.float32))
    with pytest.raises(gymnasium.error.ClosedEnvironmentError):
        env.reset(seed=0)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_copy_that_would_share_the_physics_is_refused(
    env: ArmEnv, copied: Callable[[object], object]
) -> None:
    """The error says what there is instead."""
    with pytest.raises(TypeError, match=r"snapshot\(\)"):
        copied(env)


TWO_THREADS = """
import sys, threading
from sidestick.sim_envs import make_task_env

def make():
    for _ in range(4):
        make_task_env("ShelfPick", image_size=32, num_items=1).close()

threads = [threading.Thread(target=make) for _ in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print("still here")
"""


@pytest.mark.parametrize("closed", ["", "exec 1>&- 2>&-; "])
def test_environments_leave_the_streams_of_the_process_alone(closed: str, tmp_path: Path) -> None:
    """Made in two threads, or where streams are closed: what is printed comes out, if it can."""
    code = tmp_path / "code.py"
    code.write_text(TWO_THREADS)
    command = f"{closed}exec {sys.executable} {code}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("still here\n") or "1>&-" in closed


def test_unknown_names_are_refused_with_those_that_exist() -> None:
    """The error for a typo lists the names."""
    with pytest.raises(UnknownName, match="ShelfPick"):
        sidestick.sim_envs.make_task_env("ShelfPock")
    with pytest.raises(BadValue, match="num_items"):
        sidestick.sim_envs.make_task_env("ShelfPick", items=3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'frameskip'; it takes num_"):
        gymnasium.make("sidestick/ShelfPick-v0", frameskip=4)
    with pytest.raises(BadValue, match="1 to 6"):
        sidestick.sim_envs.make_task_env("ShelfPick", num_items=7)
    with pytest.raises(UnknownName, match="tiny"):
        sidestick.sim_envs.make_task_env("ShelfPick", renderer="huge")


def test_every_recorded_camera_shows_something(env: ArmEnv) -> None:
    """No image is of one colour."""
    observation, _ = env.reset(seed=8)
    for camera in CAMERAS:
        assert observation[f"{camera}_image"].std() > 5


@pytest.mark.parametrize("task", ["ShelfPick", "SortRecycling"])
@pytest.mark.parametrize("seed", [2, 9])
def test_a_rewind_goes_on_as_if_nothing_had_been(task: str, seed: int) -> None:
    """After a branch in which objects were pushed, the state repeats bit for bit.

    The engine's own saved states do not give this: they differed with these very seeds.
    """
    rng = np.random.default_rng(seed)
    walk = np.clip(np.cumsum(rng.normal(0, 0.3, (100, 7)), 0) * 0.3, -1, 1).astype(np.float32)
    kwargs = {"num_items": 2} if task == "SortRecycling" else {}
    with closing(sidestick.sim_envs.make_task_env(task, **kwargs)) as env:
        env.reset(seed=seed)
        for action in walk[:20]:
            env.advance(action)
        snapshot = env.snapshot()
        for action in walk[20:80]:
            env.advance(action)
        env.restore(snapshot)
        for action in walk[20:100]:
            env.advance(action)
        rewound = env.state()
        env.reset(seed=seed)
        for action in walk:
            env.advance(action)
        np.testing.assert_array_equal(env.state(), rewound)


def test_reset_options_re_seat_where_a_recording_did() -> None:
    """Recorded actions alone repeat an episode in which the driver changed, also in a rewind."""
    pushes = np.full((30, 7), 0.7, np.float32)  # the arm lags behind its target
    with closing(sidestick.sim_envs.make_task_env("ShelfPick")) as env:

        def drive(reseats: tuple[int, ...] = ()) -> np.ndarray:
            for tick, action in enumerate(pushes):
                if tick in reseats:
                    env.reseat()
                env.advance(action)
            return env.state()

        env.reset(seed=4)
        recorded = drive((10, 21))
        env.reset(seed=4, options={"reseats": np.array([10, 21]), "minari_autoseed": False})
        begun = env.snapshot()
        np.testing.assert_array_equal(drive(), recorded)
        whole = env.snapshot()
        env.restore(begun)
        np.testing.assert_array_equal(drive(), recorded)
        env.restore(whole)
        np.testing.assert_array_equal(env.state(), recorded)
        assert len(env.snapshot().history) == len(pushes) + 2
        env.reset(seed=4)
        assert (drive() != recorded).any()


@pytest.mark.parametrize("ticks", [[-1], [0.5], "no", [[1, 2], [3]], 3, [[1]]])
def test_reset_options_that_are_no_ticks_are_refused(ticks: object) -> None:
    """Before anything is built."""
    with pytest.raises(BadValue, match="whole numbers from 0"):
        reseats_of({"reseats": ticks})


@pytest.mark.parametrize(
    "error",
    [
        UnknownName("task", "a", ["b"]),
        AmbiguousName("episode", "1", ["01", "11"]),
        BadValue("size", "16 to 1024", 3),
        UnknownKeyword("ShelfPick", "frameskip", "num_items"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_can_be_made_again_of_their_message(error: Exception) -> None:
    """As pickle does between processes, and Gymnasium, which adds where it was raised."""
    for again in (copy.copy(error), type(error)(str(error))):
        assert (type(again), str(again)) == (type(error), str(error))
