"""A stored episode once more: simulated again to prove it, or drawn again at any size."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..datasets.episode import Episode
from ..datasets.workspace import Workspace
from ..sim_envs.environment import ArmEnv
from ..sim_envs.errors import UnknownName
from ..sim_envs.making import make_task_env
from ..sim_envs.spaces import Image


@dataclass(frozen=True)
class Verdict:
    """How a re-simulation compares with what was recorded."""

    identical: bool
    """Every number of every state is the same, to the last bit."""
    max_state_error: float
    """Largest absolute difference of any number of any state."""
    first_divergence: int | None
    """First step whose state differs; None when there is none."""
    steps: int
    """How many steps were compared."""


def find_episode(workspace: Workspace, name: str) -> Path:
    """The file of an episode, by its id, a unique beginning or end of it, or its place (0, -1)."""
    paths = workspace.episodes()
    ids = [path.stem for path in paths]
    if name.lstrip("-").isdigit() and -len(paths) <= int(name) < len(paths):
        return paths[int(name)]
    found = [p for p, i in zip(paths, ids, strict=True) if i.startswith(name) or i.endswith(name)]
    if len(found) != 1:
        raise UnknownName("episode", name, ids)
    return found[0]


def episode_env(episode: Episode) -> ArmEnv:
    """The environment that an episode was recorded in, from its own description."""
    header = episode.summary.header
    keywords = json.loads(json.dumps(header.env_args.get("env_kwargs", {})))
    return make_task_env(**{"task": header.task, **keywords})


def verify(episode: Episode) -> Verdict:
    """Simulate the episode again from its seed and actions, and compare every stored state."""
    env = episode_env(episode)
    try:
        recorded = [*episode.states]
        if episode.final_state is not None:
            recorded.append(episode.final_state)
        pairs = zip(recorded, resimulate(env, episode), strict=False)
        errors = [_difference(state, again) for state, again in pairs]
    finally:
        env.close()
    differing = [step for step, error in enumerate(errors) if error != 0.0]  # NaN differs too
    return Verdict(
        identical=not differing,
        max_state_error=max(errors, default=0.0),
        first_divergence=differing[0] if differing else None,
        steps=len(errors),
    )


def _difference(state: NDArray[np.float64], again: NDArray[np.float64]) -> float:
    """Largest absolute difference; infinite where the two are not of one size."""
    if state.shape != again.shape:
        return float("inf")
    return float(np.max(np.abs(state - again), initial=0.0))


def resimulate(env: ArmEnv, episode: Episode) -> Iterator[NDArray[np.float64]]:
    """The state before each action, and after the last one."""
    env.build(episode.summary.header.seed)
    for action, reseat in zip(episode.actions, episode.reseat, strict=True):
        yield env.state()
        if reseat:
            env.reseat()
        env.advance(action)
    yield env.state()


def pictures(episode: Episode, camera: str, width: int, height: int) -> Iterator[Image]:
    """Every step as a camera sees it, uint8 [height, width, 3], from the recorded states."""
    env = episode_env(episode)
    try:
        env.build(episode.summary.header.seed)
        for state in episode.states:
            env.show(state)
            yield env.picture(camera, width, height)
    finally:
        env.close()
