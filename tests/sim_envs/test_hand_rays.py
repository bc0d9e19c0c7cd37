"""These tests hold what rays say of the hand against what an expert's hand then does."""

from collections.abc import Iterator

import numpy as np
import pytest

from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.experts import make_expert
from sidestick.sim_envs.hand_rays import below, graspable, would_land
from sidestick.sim_envs.making import make_task_env
from sidestick.sim_envs.tasks import TASKS


@pytest.fixture(scope="module", params=list(TASKS))
def env(request: pytest.FixtureRequest) -> Iterator[ArmEnv]:
    env = make_task_env(request.param, image_size=16, num_items=2)
    yield env
    env.close()


def drive(env: ArmEnv) -> Iterator[bool]:
    """Let the expert solve the task; after each tick, whether the fingers shall close."""
    expert = make_expert(env.task_name)
    while not env.status.success and env.elapsed < env.task.max_steps:
        intent = expert.next(env)
        env.advance(intent.action(env.arm.tool()))
        yield intent.closing


def test_what_is_promised_before_closing_is_held_after_it(env: ArmEnv) -> None:
    """Each time the expert begins to close, what rays find is what then rises with the hand."""
    env.build(3)
    assert not graspable(env.world, env.arm)
    closed, promises, kept = False, 0, 0
    promised: frozenset[int] = frozenset()
    for closing in drive(env):
        if closing and not closed:
            promised, promises = graspable(env.world, env.arm), promises + bool(promised)
        if closed and not closing and promised:
            kept += 1
        closed = closing
        if env.status.stage == "carry" and promised:
            assert promised & graspable(env.world, env.arm)
    assert env.status.success
    assert kept >= (1 if env.task_name == "ShelfPick" else 2)


def test_an_object_lands_where_that_is_promised(env: ArmEnv) -> None:
    """When the expert lets go, the light is on for that object, and it lies in its box then."""
    env.build(4)
    released, before = [], False
    boxes = {env.task.labels.index(i.label): i.container for i in env.task.wanted(env.world)}
    assert not any(would_land(env.world, label, box) for label, box in boxes.items())
    held: frozenset[int] = frozenset()
    for closing in drive(env):
        if before and not closing:
            released += [would_land(env.world, label, boxes[label]) for label in held & set(boxes)]
        before = closing
        held = graspable(env.world, env.arm) if closing else frozenset()
    assert env.status.success
    assert released.count(True) >= len(boxes)
    labels = {env.task.labels[label] for label in boxes}
    assert env.task.placed(env.world) == labels


def test_the_plumb_line_ends_at_the_first_thing_below(env: ArmEnv) -> None:
    """Its length is the height above that; the hand itself is no thing below."""
    env.build(5)
    found = below(env.world, env.arm, ())
    assert found is not None
    tool = env.arm.tool().position
    np.testing.assert_allclose(found.point[:2], tool[:2], atol=1e-6)
    assert found.height_m == pytest.approx(tool[2] - found.point[2])
    assert 0.1 < found.height_m <= tool[2] + 0.01
