"""The simulator at the very state of a recorded moment, and a short drive from there."""

import numpy as np
from numpy.typing import NDArray

from ...datasets.episode import Episode
from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import BadValue
from ...sim_envs.intents import make_expert
from ..replay import episode_env


class Restored:
    """An environment that stands where an episode stood before one of its steps."""

    def __init__(self, episode: Episode, step: int, env: ArmEnv | None = None) -> None:
        """Simulate the episode up to the step; `env` is reused where one is given.

        BadValue for a step that the episode does not have, or where the simulation differs.
        """
        if not 0 <= step < len(episode):
            raise BadValue("step", f"0 to {len(episode) - 1}", step)
        self.env = env or episode_env(episode)
        self.env.build(episode.summary.header.seed)
        for action, reseat in zip(episode.actions[:step], episode.reseat[:step], strict=True):
            if reseat:
                self.env.reseat()
            self.env.advance(action)
        apart = float(np.max(np.abs(self.env.state() - episode.states[step]), initial=0.0))
        if apart > 0.0:
            raise BadValue("restored state", "that of the recording", f"one {apart:.2g} away")
        self.driven: list[NDArray[np.float32]] = []

    def drive(self, action: NDArray[np.float32]) -> None:
        """One tick of the correction."""
        self.env.advance(action)
        self.driven.append(np.asarray(action, np.float32))

    @property
    def actions(self) -> NDArray[np.float32]:
        """What was driven, (n, 7)."""
        return np.array(self.driven, np.float32).reshape(-1, 7)


def expert_drive(restored: Restored, ticks: int) -> NDArray[np.float32]:
    """What somebody who knows the job would do from a restored moment on, (ticks, 7)."""
    expert, env = make_expert(restored.env.task_name), restored.env
    for _ in range(ticks):
        restored.drive(expert.next(env).action(env.arm.tool()))
    return restored.actions
