"""`takeover_prediction` measures how well novelty predicts takeovers: the area under ROC.

`sidestick evaluate --novelty` calls it with a workspace's supervised and on-call episodes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from ...datasets.episode import Episode
from ...datasets.judgements.exclusion import used_episodes
from ...datasets.step import Driver, Level
from ...datasets.workspace import Workspace
from ...policies.statistics.roc import auroc
from ...sim_envs.errors import BadValue
from ...sim_envs.spaces import CONTROL_HZ

AHEAD_TICKS = CONTROL_HZ
"""High novelty counts as a warning when the takeover comes within a second."""
WATCHED = (Level.SUPERVISED, Level.ON_CALL)
"""Levels at which an operator may take over."""
RESAMPLES = 1000
"""Bootstrap resamples of episodes for the interval."""


@dataclass(frozen=True)
class EpisodeScores:
    """The N ticks of one episode on which a policy drove and measured novelty."""

    novelty: NDArray[np.float64]
    """(N,) from 0 on; above 1 beyond the training scenes."""
    soon: NDArray[np.bool_]
    """(N,) whether the operator took over within `AHEAD_TICKS`."""
    policy: str | None
    """The number of the policy."""

    @classmethod
    def of(cls, episode: Episode) -> "EpisodeScores":
        """Read one recorded episode."""
        begins = np.flatnonzero(np.diff(episode.takeover_id, prepend=-1) > 0)
        ticks = np.arange(len(episode))
        place = np.searchsorted(begins, ticks, side="right")
        following = np.append(begins, np.iinfo(np.int64).max)[place]
        soon = following - ticks <= AHEAD_TICKS
        asked = (episode.driver == Driver.POLICY) & np.isfinite(episode.novelty)
        policy = episode.summary.header.policy_id
        return cls(episode.novelty[asked].astype(np.float64), soon[asked], policy)


@dataclass(frozen=True)
class TakeoverPrediction:
    """Area under the ROC curve of "a takeover comes within the next second"."""

    auroc: float
    """0.5 is chance; 1 is high novelty before every takeover and never else."""
    interval95: tuple[float, float]
    """Percentile bootstrap over episodes (Efron 1979)."""
    ticks: int
    """Ticks on which a policy drove."""
    before_takeover: int
    """Of those, how many were followed by a takeover within a second."""
    episodes: int
    policies: tuple[str, ...]
    """Numbers of the policies that drove."""

    def to_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        return {
            "auroc": self.auroc,
            "interval95": list(self.interval95),
            "ticks": self.ticks,
            "before_takeover": self.before_takeover,
            "episodes": self.episodes,
            "policies": list(self.policies),
        }


def takeover_prediction(episodes: Iterable[Episode], seed: int = 0) -> TakeoverPrediction:
    """Measure the novelty of supervised episodes; BadValue where no tick precedes a takeover."""
    parts = [part for part in map(EpisodeScores.of, episodes) if len(part.novelty)]
    soon = sum(int(part.soon.sum()) for part in parts)
    ticks = sum(len(part.soon) for part in parts)
    if not soon or soon == ticks:
        raise BadValue(
            "episodes for --novelty",
            "some in which the operator took over from a policy that measures novelty",
            f"{len(parts)} with {ticks} ticks of a policy and {soon} before a takeover",
        )
    policies = tuple(sorted({part.policy for part in parts if part.policy is not None}))
    interval95 = _interval95(parts, seed)
    return TakeoverPrediction(_area(parts), interval95, ticks, soon, len(parts), policies)


def workspace_takeover_prediction(
    workspace: Workspace, policy_id: str | None = None
) -> TakeoverPrediction:
    """The same over a workspace's episodes; of one policy where `policy_id` is given."""
    paths = [
        summary.path
        for summary in used_episodes(workspace)
        if summary.path is not None
        and summary.header.level in WATCHED
        and policy_id in (None, summary.header.policy_id)
    ]
    return takeover_prediction(Episode.read(path, images=False) for path in paths)


def _area(parts: Sequence[EpisodeScores]) -> float:
    novelty = np.concatenate([part.novelty for part in parts])
    return auroc(novelty, np.concatenate([part.soon for part in parts]))


def _interval95(parts: Sequence[EpisodeScores], seed: int) -> tuple[float, float]:
    """Interval of the area over resampled episodes; those without a takeover count as NaN."""
    if len(parts) < 2:
        return _area(parts), _area(parts)

    def area(places: NDArray[np.intp]) -> float:
        return _area([parts[place] for place in places])

    found = scipy.stats.bootstrap(
        (np.arange(len(parts)),),
        area,
        n_resamples=RESAMPLES,
        vectorized=False,
        method="percentile",
        random_state=np.random.default_rng(seed),
    )
    low, high = np.nanpercentile(found.bootstrap_distribution, (2.5, 97.5)).tolist()
    return low, high
