"""`read_step_statistics` counts all recorded steps, reading one episode at a time without images.

`collect` calls it; `coverage` draws the result.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...datasets.episode import Episode
from ...datasets.judgements.judgement_state import ResolvedJudgements
from ...datasets.step import Driver
from ...datasets.summary import EpisodeSummary
from ...sim_envs.errors import DamagedFile
from ...sim_envs.worlds.arm_spec import EE_POS
from .episode_media import kind_of
from .records import EPISODE_NAMES

MOTION_BINS, NOVELTY_BINS = 25, 20
LONGEST_MOTION = float(np.sqrt(3.0))
"""Length of an action at full speed along all three axes."""
DRIVERS = (Driver.HUMAN, Driver.POLICY, Driver.BLEND)
"""Whose steps are counted."""


@dataclass(frozen=True)
class StepStatistics:
    """Counts over all recorded steps of N episodes."""

    starts_m: NDArray[np.float64]
    """[N, 2] where the end effector began, x and y in the base frame, m."""
    grasps_m: NDArray[np.float64]
    """[N, 2] where the gripper was first closed, m; NaN where it never was."""
    solved: NDArray[np.bool_]
    """[N] whether the episode succeeded, by its resolved judgements if it has a verdict."""
    motion: Mapping[Driver, NDArray[np.int64]]
    """Driver -> [MOTION_BINS] steps by length of the translation, in units of LONGEST_MOTION."""
    novelty: Mapping[Driver, NDArray[np.int64]]
    """Driver -> [NOVELTY_BINS] steps by novelty, in [0, 1]."""
    died: Mapping[str, Mapping[str, int]]
    """Name of the kind of episode -> last stage -> failed episodes."""


def read_step_statistics(
    summaries: Sequence[EpisodeSummary], resolved: Mapping[str, ResolvedJudgements]
) -> StepStatistics | None:
    """Counts over all episodes that can be read and that nobody excluded; None without any."""
    starts, grasps, solved = [], [], []
    motion: dict[Driver, NDArray[np.int64]] = {}
    novelty: dict[Driver, NDArray[np.int64]] = {}
    died: dict[str, Counter[str]] = defaultdict(Counter)
    for summary in summaries:
        state = resolved.get(summary.id, ResolvedJudgements())
        episode = None if state.excluded else _read(summary)
        if episode is None or not len(episode):
            continue
        verdict = state.success
        success = summary.success if verdict is None else verdict
        starts.append(_place(episode, 0))
        grasps.append(_first_grasp(episode))
        solved.append(success)
        _count(motion, novelty, episode)
        if not success and summary.header.stages:
            died[EPISODE_NAMES[kind_of(summary)]][
                summary.header.stages[int(episode.stage[-1])]
            ] += 1
    if not starts:
        return None
    places = np.array(starts, np.float64), np.array(grasps, np.float64)
    return StepStatistics(*places, np.array(solved, np.bool_), motion, novelty, died)


def _read(summary: EpisodeSummary) -> Episode | None:
    try:
        return None if summary.path is None else Episode.read(summary.path, images=False)
    except DamagedFile:
        return None


def _place(episode: Episode, step: int) -> NDArray[np.float64]:
    """Where the end effector is, x and y, m; NaN in a world that does not say."""
    places = episode.observations.get(EE_POS)
    return np.full(2, np.nan) if places is None else np.asarray(places[step, :2], np.float64)


def _first_grasp(episode: Episode) -> NDArray[np.float64]:
    grip = episode.summary.header.spec.action.grip
    closing = [] if grip is None else np.flatnonzero(episode.actions[:, grip] > 0).tolist()
    return _place(episode, closing[0]) if closing else np.full(2, np.nan)


def _count(
    motion: dict[Driver, NDArray[np.int64]],
    novelty: dict[Driver, NDArray[np.int64]],
    episode: Episode,
) -> None:
    moved = episode.summary.header.spec.action.parts[0]
    lengths = np.linalg.norm(episode.actions[:, moved], axis=1) / LONGEST_MOTION
    for driver in DRIVERS:
        driven = episode.driver == driver
        if not driven.any():
            continue
        bins = motion.setdefault(driver, np.zeros(MOTION_BINS, np.int64))
        bins += np.histogram(lengths[driven], MOTION_BINS, (0.0, 1.0))[0]
        scores = episode.novelty[driven & np.isfinite(episode.novelty)]
        if len(scores):
            bins = novelty.setdefault(driver, np.zeros(NOVELTY_BINS, np.int64))
            bins += np.histogram(scores, NOVELTY_BINS, (0.0, 1.0))[0]
