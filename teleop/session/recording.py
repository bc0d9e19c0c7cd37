"""The recorder as a subscriber of the tick."""

from concurrent.futures import Future
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...datasets.recorder import Recorder
from ...datasets.step import EpisodeHeader, Level, Step
from ...sim_envs.environment import ArmEnv
from ...sim_envs.spaces import Observation
from .session import Outcome, Tick


class Recording:
    """Writes every tick to the workspace as it happens."""

    wants_images = True

    def __init__(self, recorder: Recorder, policy_id: str | None = None) -> None:
        self.recorder = recorder
        self.policy_id = policy_id
        self.episode_id = ""
        """Of the episode that was begun last."""
        self.saved: Future[Path] | None = None
        """The last finished episode, on its way to the disk."""

    def on_begin(self, env: ArmEnv, seed: int, level: Level, operator: str) -> None:
        """Start the journal of an episode."""
        header = episode_header(env, seed, level, operator, self.policy_id)
        self.episode_id = self.recorder.start(header)

    def on_tick(self, tick: Tick) -> None:
        """Append the step: it survives the death of this process from here on."""
        self.recorder.append(tick.step)

    def on_end(
        self, outcome: Outcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """Hand the episode to the background conversion, or to the trash."""
        if outcome.discarded:
            self.recorder.discard()
        else:
            self.saved = self.recorder.finish(observation, state, outcome.success, outcome.complete)

    def rewind(self, steps: int) -> None:
        """Take the last steps off the main line; they are kept as an abandoned branch."""
        if steps:
            self.recorder.cut(steps)


class Rehearsal:
    """Keeps an unattended episode in memory, and records it only if it is worth it."""

    wants_images = True

    def __init__(
        self, recorder: Recorder, policy_id: str | None = None, keep_failures: bool = False
    ) -> None:
        self.recorder = recorder
        self.policy_id = policy_id
        self.keep_failures = keep_failures
        self._steps: list[Step] = []

    def on_begin(self, env: ArmEnv, seed: int, level: Level, operator: str) -> None:
        """Forget the last one."""
        self._header = episode_header(env, seed, level, operator, self.policy_id)
        self._steps.clear()

    def on_tick(self, tick: Tick) -> None:
        """Remember the step."""
        self._steps.append(tick.step)

    def on_end(
        self, outcome: Outcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """Record the whole episode at once, if it succeeded or failures are wanted."""
        if not (outcome.success or self.keep_failures):
            return
        self.recorder.start(self._header)
        for step in self._steps:
            self.recorder.append(step)
        self.recorder.finish(observation, state, outcome.success)


def episode_header(
    env: ArmEnv, seed: int, level: Level, operator: str, policy_id: str | None
) -> EpisodeHeader:
    """What is known about an episode when it begins."""
    return EpisodeHeader(
        task=env.task_name,
        instruction=env.instruction,
        goal=env.task.goal_names[env.task.goal],
        seed=seed,
        operator=operator,
        level=level,
        policy_id=policy_id,
        stages=env.task.stages,
        goal_names=env.task.goal_names,
    )
