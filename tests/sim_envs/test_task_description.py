"""These tests check each task's description: objects, where they belong, recorded cameras."""

import pytest

from sidestick.sim_envs import make_task_env
from sidestick.sim_envs.errors import UnknownName
from sidestick.sim_envs.making import describe_task
from sidestick.sim_envs.task_description import is_label_of
from sidestick.sim_envs.tasks import TASKS


@pytest.mark.parametrize("task", TASKS)
def test_every_object_has_a_label_and_a_goal(task: str) -> None:
    """Each goal asks for at least one class, and its labels end in its name."""
    about = describe_task(task)
    assert {item.goal for item in about.objects} == set(range(len(about.goal_names)))
    for item in about.objects:
        assert is_label_of(item.label, about.goal_names[item.goal])
        assert about.labels[0] != item.label != about.labels[-1]
    assert len({item.label for item in about.objects}) == len(about.objects)
    named = [label for label in about.labels if label in {o.label for o in about.objects}]
    assert [about.labels[i] for i in sorted(about.label_indices())] == named


@pytest.mark.parametrize("task", TASKS)
def test_the_containers_stand_in_the_world_and_in_the_labels(task: str) -> None:
    """An object's container is a box of the scene, at the described place."""
    env = make_task_env(task)
    env.build(0)
    for box in {item.container for item in describe_task(task).objects}:
        assert box.name in env.task.labels
        assert env.world.pose(box.name).position[:2] == pytest.approx(box.centre_m)
    env.close()


@pytest.mark.parametrize("task", TASKS)
def test_a_task_that_sorts_names_several_goals(task: str) -> None:
    """The goal is multi-hot where several may be named; recorded cameras give the images."""
    env, about = make_task_env(task), describe_task(task)
    observation, _ = env.reset(seed=0)
    assert (observation["goal"].sum() > 1) == about.names_several
    pictures = [key.removesuffix("_image") for key in observation if key.endswith("_image")]
    assert tuple(pictures) == about.recorded_cameras
    assert set(about.recorded_cameras) < set(about.cameras)
    env.close()


def test_an_unknown_task_has_no_description() -> None:
    """The error names those that have one."""
    with pytest.raises(UnknownName, match="SortClothes"):
        describe_task("Juggling")
