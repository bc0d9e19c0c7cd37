"""`LastSeconds` keeps what an arm's camera saw of late, to show what led to a call or a failure."""

from collections import deque

import numpy as np

from ....sim_envs.spaces import Image
from ...session.subscriber import EpisodeContext, Subscriber, Tick

REPLAY_S = 2.0
"""How much of what led to a call is shown again."""


class LastSeconds(Subscriber):
    """Keeps the recorded pictures of the last two seconds of an arm."""

    def __init__(self, camera: str, hz: float) -> None:
        self._key = f"{camera}_image"
        self.pictures: deque[Image] = deque(maxlen=round(REPLAY_S * hz))

    def on_begin(self, context: EpisodeContext) -> None:
        """Drop the pictures of the last episode."""
        self.pictures.clear()

    def on_tick(self, tick: Tick) -> None:
        """Keep a picture."""
        picture = tick.step.observation.get(self._key)
        if picture is not None:
            self.pictures.append(np.asarray(picture, np.uint8))

    def on_rewind(self, undone: int) -> None:
        """Drop what is undone."""
        for _ in range(min(undone, len(self.pictures))):
            self.pictures.pop()
