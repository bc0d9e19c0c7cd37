"""`SimulatedReviewer` plays every episode to its end and presses a practised person's keys.

It replaces a person in tests and benchmarks; its judgements count less than any person's.
"""

import time
from collections.abc import Callable

import numpy as np

from ...datasets.judgements.counting_words import MACHINE
from ..ui.key_input import press
from .episode_window import EpisodeWindow

REACTION_S = 0.25
"""From the end of the episode to the first key."""
BETWEEN_KEYS_S = 0.12
TOP_SPEED_KEYS = ("up", "up", "up")
"""Set the playback to 8 times the speed."""
WRONG = 0.0
"""Share of verdicts that are wrong."""
GOOD_SHARE = 0.33
"""This share of the successes, the fastest, gets quality 5, the others 3."""


class SimulatedReviewer:
    """Judges by the environment's verdict; `run_window` calls it before each frame."""

    name = MACHINE

    def __init__(
        self,
        episodes: int | None = None,
        wrong: float = WRONG,
        seed: int = 0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._left, self._wrong = episodes, wrong
        self._random, self._clock = np.random.default_rng(seed), clock
        self._keys: list[str] = list(TOP_SPEED_KEYS)
        self._ready = clock()
        self._judged: str | None = None

    def __call__(self, window: EpisodeWindow) -> None:
        """Post the next key press, when it is due; leave after the last episode."""
        review, now = window.review, self._clock()
        if review.episode is None or (self._left == 0 and not self._keys):
            window.leave()
            return
        if now < self._ready:
            return
        if self._keys:
            press(self._keys.pop(0))
            self._ready = now + BETWEEN_KEYS_S
        elif review.player.at_end and review.name != self._judged:
            self._judged = review.name
            self._keys = self._verdict(window)
            self._ready = now + REACTION_S
            if self._left is not None:
                self._left -= 1

    def _verdict(self, window: EpisodeWindow) -> list[str]:
        episode = window.review.episode
        assert episode is not None
        solved = bool(episode.succeeded[-1])
        if self._random.random() < self._wrong:
            solved = not solved
        if solved:
            others = [s.steps for s in window.review.queue.summaries.values() if s.success]
            best = np.quantile(others, GOOD_SHARE) if others else len(episode)
            return ["5" if len(episode) <= best else "3", "s"]
        reason = 1 + min(int(episode.stage.max()), 3)
        return ["r", str(reason), "f"]
