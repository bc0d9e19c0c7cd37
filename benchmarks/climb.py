"""A simulation of whole climbs: many policies of one rate, from shadow to autonomous.

Promotions and demotions by `CRITERIA`, over all histories at once; a test holds it to `Ladder`.
"""

import numpy as np
from numpy.typing import NDArray

from sidestick.datasets.step import Level
from sidestick.policies.statistics.lower_bound import error_of_stay, log_capital
from sidestick.policies.statistics.sequential import ShiryaevRoberts
from sidestick.teleop.autonomy.criteria import ALPHA, CRITERIA, ENOUGH_FOR_A_STAGE

MOST_STAYS = 100
LOG_LIMITS = -np.log([error_of_stay(ALPHA, stay) for stay in range(1, MOST_STAYS + 1)])


class Climbs:
    """The state of (H,) policies that drive at the level that they have earned."""

    def __init__(self, histories: int) -> None:
        self.level = np.full(histories, int(Level.SHADOW))
        self.clean, self.n = np.zeros(histories, np.intp), np.zeros(histories, np.intp)
        """Of the present stay."""
        self.statistics = np.ones((2, histories))
        """Of the test on episodes, and of that on the stage in which all failures are."""
        self.stays = np.zeros((len(Level), histories), np.intp)
        self.stays[Level.SHADOW] = 1

    def add(self, clean: NDArray[np.bool_], driving: NDArray[np.bool_]) -> None:
        """Drive one episode (H,) where `driving`, and change the levels that follow from it."""
        self.clean += clean & driving
        self.n += driving
        lost = np.zeros_like(driving)
        for level in (Level.ASSIST, Level.SUPERVISED, Level.ON_CALL, Level.AUTONOMOUS):
            here = driving & (self.level == level)
            criteria = CRITERIA[level]
            if criteria.keeps is not None:
                lost |= here & self._failed(0, criteria.keeps, clean, here)
            if criteria.keeps_stage is not None:
                failed = self._failed(1, criteria.keeps_stage, clean, here)
                lost |= here & failed & (self.n >= ENOUGH_FOR_A_STAGE)
        won = driving & ~lost & self._earned()
        self._move(lost, -1)
        self._move(won, 1)

    def _failed(
        self, which: int, test: ShiryaevRoberts, clean: NDArray[np.bool_], here: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Update one test where `here`; a rejection stands, as in `ShiryaevRoberts.judge`."""
        now = self.statistics[which]
        ratios = np.where(clean, test.ratio(True), test.ratio(False))
        going_on = here & (now < 1 / test.alpha)
        now[going_on] = ((now + test.hazard) * ratios)[going_on]
        return np.asarray(now >= 1 / test.alpha)

    def _earned(self) -> NDArray[np.bool_]:
        found = np.zeros(len(self.level), bool)
        for level in (Level.SHADOW, Level.ASSIST, Level.SUPERVISED, Level.ON_CALL):
            bar = CRITERIA[Level(level + 1)].bar
            assert bar is not None
            here = np.flatnonzero(self.level == level)
            clean, failed = self.clean[here], self.n[here] - self.clean[here]
            limit = LOG_LIMITS[self.stays[level, here] - 1]
            found[here] = log_capital(clean, failed, bar) >= limit
        return found

    def _move(self, who: NDArray[np.bool_], by: int) -> None:
        chosen = np.flatnonzero(who)
        self.level[chosen] += by
        self.stays[self.level[chosen], chosen] += 1
        self.clean[chosen] = self.n[chosen] = 0
        self.statistics[:, chosen] = 1.0


def episodes_to_autonomous(rate: float, histories: int, most: int, seed: int) -> NDArray[np.intp]:
    """The episodes (histories,) from shadow to autonomous at one rate; `most` + 1 for more."""
    rng, climbs = np.random.default_rng([seed, 30, round(1000 * rate)]), Climbs(histories)
    found = np.full(histories, most + 1)
    for episode in range(1, most + 1):
        driving = found > most
        if not driving.any():
            break
        climbs.add(rng.random(histories) < rate, driving)
        found[driving & (climbs.level == Level.AUTONOMOUS)] = episode
    return found
