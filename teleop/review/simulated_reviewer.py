"""The simulated grader: watches to the end, presses the keys that a practised person would.

It stands in for a person in the tests and benchmarks; its words count less than any person's.
"""

import time
from collections.abc import Callable

import numpy as np

from ...datasets.judgements.judgement_state import MACHINE
from ..ui.key_input import press
from .episode_window import EpisodeWindow

REACTION_S = 0.25
"""From seeing the end to the first key."""
BETWEEN_KEYS_S = 0.12
TOP_SPEED_KEYS = ("up", "up", "up")
WRONG = 0.0
"""Share of verdicts that are wrong, as a person's are."""
GOOD_SHARE = 0.33
"""The fastest third of the successes gets the best grade."""


class SimulatedReviewer:
    """Call it before each frame."""

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

    def __call__(self, page: EpisodeWindow) -> None:
        """Press the next key, when it is time."""
        grading, now = page.grading, self._clock()
        if grading.episode is None or (self._left == 0 and not self._keys):
            page.leave()
            return
        if now < self._ready:
            return
        if self._keys:
            press(self._keys.pop(0))
            self._ready = now + BETWEEN_KEYS_S
        elif grading.player.at_end and grading.name != self._judged:
            self._judged = grading.name
            self._keys = self._verdict(page)
            self._ready = now + REACTION_S
            if self._left is not None:
                self._left -= 1

    def _verdict(self, page: EpisodeWindow) -> list[str]:
        episode = page.grading.episode
        assert episode is not None
        solved = bool(episode.succeeded[-1])
        if self._random.random() < self._wrong:
            solved = not solved
        if solved:
            others = [s.steps for s in page.grading.order.summaries.values() if s.success]
            best = np.quantile(others, GOOD_SHARE) if others else len(episode)
            return ["5" if len(episode) <= best else "3", "s"]
        reason = 1 + min(int(episode.stage.max()), 3)
        return ["r", str(reason), "f"]
