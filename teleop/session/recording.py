"""These subscribers record a session's episodes, at once or when they end.

`episode_header` makes the header that an episode's file begins with.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...datasets.recorded_spec import RecordedSpec
from ...datasets.recorder import Recorder
from ...datasets.step import EpisodeHeader, Step
from ...sim_envs.spaces import Observation
from .subscriber import EpisodeContext, EpisodeOutcome, Subscriber, Tick


class Recording(Subscriber):
    """Writes every tick to the workspace as it happens."""

    wants_images = True

    def __init__(self, recorder: Recorder, on_saved: Callable[[], object] = lambda: None) -> None:
        """`on_saved` is called from another thread once an episode is on the disk."""
        self.recorder, self.on_saved = recorder, on_saved

    def on_begin(self, context: EpisodeContext) -> None:
        """Start the journal of an episode."""
        self.recorder.start(episode_header(context), context.episode_id)

    def on_tick(self, tick: Tick) -> None:
        """Append the step to the journal: from here on it survives a crash of this process."""
        self.recorder.append(tick.step)

    def on_rewind(self, undone: int) -> None:
        """Move the last steps from the main line to an abandoned branch."""
        if undone:
            self.recorder.cut(undone)

    def on_end(
        self, outcome: EpisodeOutcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """Hand the episode to the background conversion, or to the trash."""
        if outcome.discarded:
            self.recorder.discard()
            return
        saved = self.recorder.finish(observation, state, outcome.success, outcome.complete)
        saved.add_done_callback(lambda _: self.on_saved())


class DeferredRecording(Subscriber):
    """Holds an unattended episode in memory, and records it if it succeeds or failures are kept."""

    wants_images = True

    def __init__(self, recorder: Recorder, keep_failures: bool = False) -> None:
        self.recorder, self.keep_failures = recorder, keep_failures
        self._steps: list[Step] = []

    def on_begin(self, context: EpisodeContext) -> None:
        """Note the header, and drop the last episode's steps."""
        self._context, self._header = context, episode_header(context)
        self._steps.clear()

    def on_tick(self, tick: Tick) -> None:
        """Hold the step in memory."""
        self._steps.append(tick.step)

    def on_end(
        self, outcome: EpisodeOutcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """Record the whole episode at once, if it succeeded or failures are wanted."""
        if not (outcome.success or self.keep_failures):
            return
        self.recorder.start(self._header, self._context.episode_id)
        for step in self._steps:
            self.recorder.append(step)
        self.recorder.finish(observation, state, outcome.success)


def episode_header(context: EpisodeContext) -> EpisodeHeader:
    """The header of the file of an episode that begins."""
    spec = context.env.world_spec
    return EpisodeHeader(
        task=spec.task,
        instruction=context.env.instruction,
        goal=context.env.goal,
        seed=context.seed,
        operator=context.operator,
        level=context.assignment.level,
        policy_id=context.assignment.policy_id,
        stages=spec.stages,
        goal_names=spec.goal_names,
        started=context.started,
        spec=RecordedSpec(spec.action, spec.readings),
    )
