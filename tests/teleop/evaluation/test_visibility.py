"""`VisibilityCheck` tells from a recording whether the named item was ever in view."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.step import ActionMode, Driver, Level, Step
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.making import make_task_env
from sidestick.teleop.cli.check import Check
from sidestick.teleop.cli.subcommand import DONE
from sidestick.teleop.evaluation.visibility import NEVER_IN_VIEW, VisibilityCheck
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.recording import episode_header
from sidestick.teleop.session.subscriber import EpisodeContext
from tests.synthetic import made_up_episode

SIZE, STEPS = 48, 25
BEHIND_THE_SHELF = (1.6, 0.0, 0.1)


@pytest.fixture
def check_visibility() -> Iterator[VisibilityCheck]:
    """The flagger."""
    with VisibilityCheck() as flagger:
        yield flagger


def recorded(workspace: Workspace, env: ArmEnv, seed: int, hide: str | None) -> Path:
    """Record a short reach; `hide` is put where no camera looks before the first step."""
    observation, _ = env.reset(seed=seed)
    if hide:
        env.world.place(hide, BEHIND_THE_SHELF, (0, 0, 0, 1))
        observation = env.step(np.zeros(7, np.float32))[0]
    action = np.array([0.3, 0, 0, 0, 0, 0, -1], np.float32)
    with Recorder(workspace) as recorder:
        context = EpisodeContext(env, seed, "test", Assignment(Level.DEMONSTRATE))
        recorder.start(episode_header(context))
        for number in range(STEPS):
            step = Step(
                observation, action, action, None, Driver.HUMAN, Level.DEMONSTRATE,
                ActionMode.DEMONSTRATION, float("nan"), 0, 0.0, False, False, False, -1,
                env.state(), number / 20, 0.0,
            )  # fmt: skip
            recorder.append(step)
            observation = env.step(action)[0]
        return recorder.finish(observation, env.state(), success=False).result()


def made(path: Path, task: str, **variant: object) -> tuple[Workspace, ArmEnv]:
    """A workspace and an environment of the same task."""
    config = WorkspaceConfig(task, image_size=SIZE, env_kwargs=variant)
    return Workspace.create(path, config), make_task_env(task, image_size=SIZE, **variant)


def test_check_flags_the_episode_whose_item_no_camera_saw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The item that lay on the shelf was seen; the one that had fallen behind it was not."""
    workspace, env = made(tmp_path / "ws", "ShelfPick", num_items=3)
    seen = recorded(workspace, env, 3, hide=None)
    goal = env.task.goal_names[env.task.goal]
    hidden = recorded(workspace, env, 3, hide=goal)
    other = next(name for name in env.task.present if name != goal)
    spared = recorded(workspace, env, 3, hide=other)
    env.close()
    assert Check(workspace.path, json=True).run() == DONE
    flagged = json.loads(capsys.readouterr().out)["flagged"]
    assert seen.stem not in flagged
    assert spared.stem not in flagged
    (flag,) = flagged[hidden.stem]
    assert flag == {"name": NEVER_IN_VIEW, "detail": f"front and wrist never showed the {goal}"}


def test_one_step_in_view_is_enough(tmp_path: Path, check_visibility: VisibilityCheck) -> None:
    """An item that comes into view in the last step was in view."""
    workspace, env = made(tmp_path / "ws", "ShelfPick", num_items=2)
    seen = Episode.read(recorded(workspace, env, 5, hide=None))
    gone = Episode.read(recorded(workspace, env, 5, hide=env.task.goal_names[env.task.goal]))
    env.close()
    assert check_visibility(gone) is not None
    states = np.concatenate([gone.states[:-1], seen.states[-1:]])
    assert check_visibility(replace(gone, states=states)) is None


def test_where_several_are_named_the_missing_one_is_reported(
    tmp_path: Path, check_visibility: VisibilityCheck
) -> None:
    """The sorting tasks name several objects; the label of a garment contains its shade."""
    workspace, env = made(tmp_path / "ws", "SortRecycling", num_items=3)
    env.build(1)
    missing = env.task.present[1]
    detail = check_visibility(Episode.read(recorded(workspace, env, 1, hide=missing)))
    env.close()
    assert detail == f"front and wrist never showed the {missing}"
    workspace, env = made(tmp_path / "clothes", "SortClothes", num_items=2)
    assert check_visibility(Episode.read(recorded(workspace, env, 1, hide=None))) is None
    env.close()


@pytest.mark.parametrize("task", ["ShelfPick", "Lift"])
def test_what_cannot_be_built_again_is_not_judged(
    check_visibility: VisibilityCheck, task: str
) -> None:
    """Another tool's task, or a scene that this version lays out otherwise, raises no flag."""
    episode = made_up_episode(image_size=SIZE)
    header = replace(episode.summary.header, task=task)
    assert (
        check_visibility(replace(episode, summary=replace(episode.summary, header=header))) is None
    )
