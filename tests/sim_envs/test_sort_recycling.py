"""These tests check SortRecycling: its scene, when it is solved, and that its expert solves it."""

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from sidestick.sim_envs import make_task_env
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.errors import BadValue
from sidestick.sim_envs.experts import make_expert
from sidestick.sim_envs.kinematics import REST_RAD, forward, inverse
from sidestick.sim_envs.labelled_scenes import SceneSampler
from sidestick.sim_envs.rotations import STRAIGHT_DOWN_RAD, rotvec_between, tilted_quat
from sidestick.sim_envs.tasks.recycling_items import BLUE, GREY, ITEMS, RECYCLABLES, TRASH, own_bin
from sidestick.sim_envs.tasks.sort_recycling import SortRecycling

IDLE = np.array([0, 0, 0, 0, 0, 0, -1], np.float32)
UPRIGHT = (0, 0, 0, 1)


@pytest.fixture
def env() -> Iterator[ArmEnv]:
    made = make_task_env("SortRecycling")
    yield made
    made.close()


def begin(env: ArmEnv, seed: int) -> SortRecycling:
    env.reset(seed=seed)
    env.images_due = False
    assert isinstance(env.task, SortRecycling)
    return env.task


def drive(env: ArmEnv, ticks: int) -> list[str]:
    """Let the expert drive on from here; the stages that it went through."""
    expert = make_expert("SortRecycling")
    stages = []
    for _ in range(ticks):
        env.images_due = False
        *_, terminated, _, info = env.step(expert.next(env).action(env.arm.tool()))
        stages.append(info["stage"])
        assert 0.0 <= info["progress"] <= 1.0
        assert (info["stage"] == "done") == info["success"] == terminated == (info["progress"] == 1)
        if terminated:
            break
    return stages


def put_into(env: ArmEnv, name: str, blue: bool) -> None:
    """Lay an item into a bin, each kind at its own spot."""
    place = list(ITEMS).index(name) % 4
    x, y = np.add((BLUE if blue else GREY).centre_m, ((place % 2) * 0.13 - 0.065, 0.0))
    env.world.place(name, (x, y + (place // 2) * 0.09 - 0.045, 0.06), UPRIGHT)


def wait(env: ArmEnv, ticks: int) -> bool:
    """Whether the task is solved within `ticks` in which the arm rests."""
    for _ in range(ticks):
        env.images_due = False
        *_, terminated, _, _ = env.step(IDLE)
        if terminated:
            return True
    return False


def test_an_expert_sorts_four_items(env: ArmEnv) -> None:
    """The expert uses the 7-d action alone, and a third of the step limit."""
    begin(env, 5000)
    stages = drive(env, 350)
    assert stages[-1] == "done"
    assert set(stages) == set(env.task.stages)


@pytest.mark.parametrize("seed", [5000, 5001, 5002])
def test_one_item_takes_an_expert_seven_seconds_at_most(seed: int) -> None:
    """The short variant goes through the stages in their order."""
    env = make_task_env("SortRecycling", num_items=1)
    begin(env, seed)
    stages = drive(env, 140)
    assert list(dict.fromkeys(stages)) == ["reach", "grasp", "carry", "place", "done"]


def test_an_expert_takes_items_out_of_the_wrong_bin() -> None:
    """An item in the wrong bin is no success, and no dead end."""
    env = make_task_env("SortRecycling", num_items=2)
    task = begin(env, 5001)
    for name in task.present:
        put_into(env, name, blue=name in TRASH)
    assert not wait(env, 12)
    assert task.unsorted(env.world) == task.present
    assert drive(env, 300)[-1] == "done"


def test_items_at_rest_in_their_bins_are_a_success(env: ArmEnv) -> None:
    """Success takes a few ticks of rest, however the items came there."""
    task = begin(env, 3)
    for name in task.present:
        put_into(env, name, blue=name in RECYCLABLES)
    env.step(IDLE)
    assert not env.status.success
    assert env.status.stage == "place"
    assert wait(env, 40)


def test_progress_grows_with_every_item_that_is_sorted(env: ArmEnv) -> None:
    """One more item in its bin always counts for more than any progress with another."""
    task = begin(env, 3)
    seen = [env.status.progress]
    for name in task.present[:-1]:
        put_into(env, name, blue=name in RECYCLABLES)
        wait(env, 8)
        seen.append(env.status.progress)
    shares = np.arange(4) / 4
    assert np.all(np.array(seen) >= 0.98 * shares)
    assert np.all(np.array(seen) < 0.98 * (shares + 0.25))
    assert not env.status.success


def test_an_item_still_in_the_hand_is_not_sorted() -> None:
    """Held low in its own bin it is in the stage place, and no success."""
    env = make_task_env("SortRecycling", num_items=1)
    task = begin(env, 5000)
    (name,) = task.present
    tool = np.array([*own_bin(name).centre_m, 0.06])
    quat = tilted_quat(STRAIGHT_DOWN_RAD)
    env.arm.put(inverse(tool, quat, REST_RAD, 100), ITEMS[name].width_m / 2 + 0.002, closing=True)
    env.world.place(name, forward(env.arm.joint_positions())[0], UPRIGHT)
    for _ in range(10):
        env.images_due = False
        *_, terminated, _, info = env.step(-IDLE)
        assert not terminated
    assert task.held(env.world, env.arm) == name
    assert info["stage"] == "place"


@pytest.mark.parametrize("count", range(1, 7))
def test_the_variants_strew_as_many_different_items_as_asked(count: int) -> None:
    """Instruction and goal vector name the items; none overlap; step limits grow with them."""
    env = make_task_env("SortRecycling", num_items=count)
    task = begin(env, count)
    assert len(set(task.present)) == count
    assert all(name in env.instruction for name in task.present)
    chosen = {name for name, on in zip(task.goal_names, task.goal_vector(), strict=True) if on}
    assert chosen == set(task.present)
    assert task.goal_names[task.goal] in task.present
    assert task.max_steps == 250 * count
    for i, one in enumerate(task.present):
        assert not any(env.world.touching(one, other) for other in task.present[i + 1 :])
        assert env.world.touching(one, "table")


@pytest.mark.parametrize("count", [0, 7, 2.5, "four"])
def test_a_number_of_items_that_cannot_be_is_refused(count: object) -> None:
    """The message gives the field and the range."""
    with pytest.raises(BadValue, match=r"num_items: expected an integer from 1 to 6"):
        make_task_env("SortRecycling", num_items=count)


def test_forty_random_actions_give_the_same_bits_in_a_fresh_process(env: ArmEnv) -> None:
    """This holds with items that are pushed and roll."""
    code = (
        "import sys, numpy as np, sidestick.sim_envs as s\n"
        "env = s.make_task_env('SortRecycling')\n"
        "env.reset(seed=11); env.images_due = False\n"
        "rng = np.random.default_rng(11)\n"
        "for _ in range(40):\n"
        "    down = (0, 0, -1, 0, 0, 0, 0)\n"
        "    env.step(np.clip(down + rng.uniform(-1, 1, 7), -1, 1).astype(np.float32))\n"
        "text = env.state().tobytes().hex()\n"
    )
    here: dict[str, str] = {}
    exec(code, here)
    printed = subprocess.run(
        [sys.executable, "-c", code + "sys.stdout.write(text)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == here["text"]


def test_what_lies_on_the_table_stays_where_it_is(env: ArmEnv) -> None:
    """No item rolls off by itself while the operator waits."""
    for seed in range(3):
        task = begin(env, seed)
        before = [env.world.pose(name).position for name in task.present]
        wait(env, 40)
        after = [env.world.pose(name).position for name in task.present]
        assert np.abs(np.subtract(after, before)).max() < 0.004


def test_a_can_that_is_nudged_rolls_no_farther_than_the_arm_reaches(env: ArmEnv) -> None:
    """Lying round items have enough rolling friction to come to rest."""
    for seed in range(20):
        task = begin(env, seed)
        if "can" in task.present:
            break
    lying = (0.0, np.sqrt(0.5), 0.0, np.sqrt(0.5))
    env.world.place("can", (0.5, 0.0, 0.027), lying)
    states = env.world.body_states().reshape(-1, 13)
    states[task.present.index("can"), 7:10] = (0.0, 0.25, 0.0)  # m/s
    env.world.set_body_states(states.ravel())
    wait(env, 60)
    assert abs(env.world.pose("can").position[1]) < 0.28
    assert env.world.speed("can") < 0.02


def test_every_class_is_seen_in_labelled_scenes() -> None:
    """Background, eight kinds, two bins and robot appear; a seed gives the same scene again."""
    sampler = SceneSampler("SortRecycling", num_items=6)
    seen = {"front": set(), "wrist": set()}
    for seed in range(12):
        for view in sampler.sample(seed):
            seen[view.camera] |= set(np.unique(view.classes).tolist())
    first, again = sampler.sample(3), sampler.sample(3)
    sampler.close()
    everything = set(range(len(SortRecycling.labels)))
    assert seen == {"front": everything, "wrist": everything}
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.classes, other.classes)


def test_the_front_camera_sees_every_item_and_both_bins_at_the_start() -> None:
    """Each has at least a dozen pixels at 96 x 96, with the arm in its starting pose."""
    env = make_task_env("SortRecycling", num_items=6)
    for seed in range(6):
        task = begin(env, seed)
        _, classes = env.labelled("front", 96, 96)
        for name in (*task.present, BLUE.name, GREY.name):
            assert np.count_nonzero(classes == task.labels.index(name)) >= 12, (seed, name)


def test_the_hand_reaches_the_table_and_the_bins_pointing_straight_down() -> None:
    """It does so 15 mm above the table, also in the bins, at three yaws."""
    for x, y in [(0.36, 0.2), (0.64, -0.2), *(np.add(BLUE.centre_m, d) for d in (-0.09, 0.09))]:
        for turn in (-np.pi / 2, 0.0, np.pi / 2):
            quat = tilted_quat(STRAIGHT_DOWN_RAD, float(np.arctan2(y, x)) + turn)
            reached, turned = forward(inverse(np.array([x, y, 0.015]), quat, REST_RAD, 150))
            assert np.linalg.norm(reached - (x, y, 0.015)) < 2e-3
            assert np.linalg.norm(rotvec_between(turned, quat)) < 0.02
