"""The recorder as a subscriber of the tick."""

import numpy as np

from ..datasets.recorder import Recorder
from ..datasets.step import EpisodeHeader, Level
from ..sim_envs.environment import ArmEnv
from ..sim_envs.spaces import Observation
from .session import Outcome, Tick


class Recording:
    """Writes every tick to the workspace; keeps only successes where it is asked to."""

    wants_images = True

    def __init__(
        self, recorder: Recorder, policy_id: str | None = None, only_successes: bool = False
    ) -> None:
        self.recorder = recorder
        self.policy_id = policy_id
        self.only_successes = only_successes

    def on_begin(self, env: ArmEnv, seed: int, level: Level, operator: str) -> None:
        """Start the journal of an episode."""
        header = EpisodeHeader(
            task=env.task_name,
            instruction=env.instruction,
            goal=env.task.goal_names[env.task.goal],
            seed=seed,
            operator=operator,
            level=level,
            policy_id=self.policy_id,
            stages=env.task.stages,
            goal_names=env.task.goal_names,
        )
        self.recorder.start(header)

    def on_tick(self, tick: Tick) -> None:
        """Append the step: it survives the death of this process from here on."""
        self.recorder.append(tick.step)

    def on_end(self, outcome: Outcome, observation: Observation, state: np.ndarray) -> None:
        """Hand the episode to the background conversion, or to the trash."""
        if outcome.discarded or (self.only_successes and not outcome.success):
            self.recorder.discard()
        else:
            self.recorder.finish(observation, state, outcome.success)
