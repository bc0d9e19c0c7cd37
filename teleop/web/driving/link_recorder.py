"""`LinkRecorder` records the round trip of every step of an episode that a browser drove.

It goes into the workspace's database as an event of kind `link`, one number for each step of the
main line: where a distance of the driver matters, it can be looked up.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ....datasets.database import Database, EventEntry, EventKind
from ....sim_envs.spaces import Observation
from ...session.subscriber import EpisodeContext, EpisodeOutcome, Subscriber, Tick
from .link import Link


class LinkRecorder(Subscriber):
    """Follows a session, and asks the link on every tick."""

    def __init__(self, database: Database, link: Link) -> None:
        self._database, self._link = database, link
        self._episode, self._trips_ms = "", list[float]()

    def on_begin(self, context: EpisodeContext) -> None:
        """Begin an episode."""
        self._episode = context.episode_id
        self._trips_ms.clear()

    def on_tick(self, tick: Tick) -> None:
        """Note the round trip as it is now."""
        self._trips_ms.append(self._link.round_trip_s * 1000)

    def on_rewind(self, undone: int) -> None:
        """Forget the steps that left the main line."""
        if undone:
            del self._trips_ms[-undone:]

    def on_end(
        self, outcome: EpisodeOutcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """Write what was noted, unless the episode is discarded."""
        if outcome.discarded or not self._trips_ms:
            return
        trips = [round(trip, 1) if math.isfinite(trip) else None for trip in self._trips_ms]
        payload = {"episode": self._episode, "round_trip_ms": trips}
        self._database.add_event(EventEntry(EventKind.LINK, payload))
