"""Stored episodes are simulated again here, to verify, to draw, or to restore a moment of them.

`sidestick replay`, its benchmark and the review of predictions call these functions.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from gymnasium.utils.seeding import np_random
from numpy.typing import NDArray

from ...datasets.episode import Episode
from ...datasets.summary import NO_SEED
from ...sim_envs.cameras import CameraView, FixedCamera
from ...sim_envs.domain_randomization import variation_stream
from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import BadValue
from ...sim_envs.experts import make_expert
from ...sim_envs.spaces import Image
from ...sim_envs.tasks import task_class
from ...sim_envs.worlds.arm_spec import ARM_ACTION
from ...sim_envs.worlds.contract import TaskWorld
from ..session.environments import episode_env, episode_world


@dataclass(frozen=True)
class ReplayResult:
    """The difference between a resimulation and the recorded states."""

    identical: bool
    """Every number of every state is the same, to the last bit."""
    max_state_error: float
    """Largest absolute difference of any number of any state."""
    first_divergence: int | None
    """First step whose state differs; None when there is none."""
    steps: int
    """How many steps were compared."""


def scene_seed(episode: Episode) -> int:
    """The seed that makes the episode's scene; BadValue for an episode without one."""
    seed = episode.summary.header.seed
    if seed == NO_SEED:
        raise BadValue(
            f"episode {episode.summary.id}", "one whose scene has a seed", "one without: another "
            "tool recorded it, or its first steps were trimmed off"
        )  # fmt: skip
    return seed


def require_states(episode: Episode) -> None:
    """Raise BadValue for an episode of another tool, of which observations alone are recorded."""
    if not episode.states.any():
        raise BadValue(f"episode {episode.summary.id}", "one whose states are recorded", "none")


def verify(episode: Episode) -> ReplayResult:
    """Simulate the episode again from its seed and actions, and compare every stored state.

    BadValue where it has no seed, or no states.
    """
    scene_seed(episode)
    require_states(episode)
    env = episode_world(episode)
    try:
        recorded = [*episode.states]
        if episode.final_state is not None:
            recorded.append(episode.final_state)
        pairs = zip(recorded, resimulate(env, episode), strict=False)
        errors = [_difference(state, again) for state, again in pairs]
    finally:
        env.close()
    differing = [step for step, error in enumerate(errors) if error != 0.0]  # NaN differs too
    return ReplayResult(
        identical=not differing,
        max_state_error=max(errors, default=0.0),
        first_divergence=differing[0] if differing else None,
        steps=len(errors),
    )


def _difference(state: NDArray[np.float64], again: NDArray[np.float64]) -> float:
    """Largest absolute difference of two states [S]; infinite where their sizes differ."""
    if state.shape != again.shape:
        return float("inf")
    return float(np.max(np.abs(state - again), initial=0.0))


def resimulate(env: TaskWorld, episode: Episode) -> Iterator[NDArray[np.float64]]:
    """The state [S] before each action, and after the last one."""
    env.build(scene_seed(episode))
    for action, reseat in zip(episode.actions, episode.reseat, strict=True):
        yield env.state()
        if reseat:
            env.reseat()
        env.advance(action)
    yield env.state()


def pictures(episode: Episode, camera: str, width: int, height: int) -> Iterator[Image]:
    """Every step as a camera sees it, uint8 [height, width, 3], from the recorded states.

    BadValue where it has no seed, or no states.
    """
    with shown_states(episode) as scene_at:
        for step in range(len(episode)):
            yield scene_at(step).picture(camera, width, height)


@contextlib.contextmanager
def shown_states(episode: Episode) -> Iterator[Callable[[int], ArmEnv]]:
    """A function that poses the episode's scene as it was recorded before a step.

    BadValue where it has no seed, or no states; MissingCapability for another world.
    """
    seed = scene_seed(episode)
    require_states(episode)
    env = episode_env(episode)
    try:
        env.build(seed)
        if env.state().shape != episode.states.shape[1:]:
            sizes = env.state().size, episode.states.shape[1]
            raise BadValue("states", f"{sizes[0]} numbers, as the task has here", sizes[1])

        def scene_at(step: int) -> ArmEnv:
            env.show(episode.states[step])
            return env

        yield scene_at
    finally:
        env.close()


def recorded_view(episode: Episode, camera: str) -> CameraView:
    """The pose of a fixed camera in an episode, where `variation` may have moved it.

    Draws what the episode's seed drew for its cameras, where it has one; nothing is simulated.
    BadValue for a camera that moves with the end effector.
    """
    header = episode.summary.header
    task_type = task_class(header.task)
    recorded = header.env_args.get("env_kwargs", {})
    task = task_type.with_variant({k: v for k, v in recorded.items() if k in task_type.variants()})
    if header.seed != NO_SEED:
        generator, _ = np_random(header.seed)
        task.draw_variation(variation_stream(generator.bit_generator.state))
    placed = task.cameras[camera]
    if not isinstance(placed, FixedCamera):
        raise BadValue(f"camera {camera}", "one that stands still", "one on the end effector")
    return placed.fixed_view()


class RestoredMoment:
    """An environment in the state that an episode had before one of its steps."""

    def __init__(self, episode: Episode, step: int, env: ArmEnv | None = None) -> None:
        """Simulate the episode up to the step; `env` is reused where one is given.

        BadValue for a step that the episode does not have, where it has no seed, or where the
        simulation differs.
        """
        if not 0 <= step < len(episode):
            raise BadValue("step", f"0 to {len(episode) - 1}", step)
        seed = scene_seed(episode)
        self.env = env or episode_env(episode)
        self.env.build(seed)
        for action, reseat in zip(episode.actions[:step], episode.reseat[:step], strict=True):
            if reseat:
                self.env.reseat()
            self.env.advance(action)
        apart = _difference(self.env.state(), episode.states[step])
        if apart > 0.0:
            raise BadValue("restored state", "that of the recording", f"one {apart:.2g} away")
        self.driven: list[NDArray[np.float32]] = []

    def drive(self, action: NDArray[np.float32]) -> None:
        """Drive one tick of the correction by an action [A]."""
        self.env.advance(action)
        self.driven.append(np.asarray(action, np.float32))

    @property
    def actions(self) -> NDArray[np.float32]:
        """The actions driven so far, (n, A)."""
        return np.array(self.driven, np.float32).reshape(-1, ARM_ACTION.size)


def expert_drive(restored: RestoredMoment, ticks: int) -> NDArray[np.float32]:
    """The scripted expert's actions from a restored moment on, (ticks, A)."""
    expert, env = make_expert(restored.env.task_name), restored.env
    for _ in range(ticks):
        restored.drive(expert.next(env).action(env.arm.tool()))
    return restored.actions
