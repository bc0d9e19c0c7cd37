"""`choose` selects the episodes that the report shows as clips, and reads their pictures.

`collect` calls it with all summaries and gets a success, a failure and a correction.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...datasets.episode import Episode
from ...datasets.schema import IMAGE_SUFFIX, is_image
from ...datasets.step import Level
from ...datasets.summary import EpisodeSummary
from ...policies.base.provenance import ProvenanceKind
from ...sim_envs.errors import DamagedFile
from ...sim_envs.spaces import Image

Key = tuple[bool | float | str, ...]


@dataclass(frozen=True)
class EpisodeMedia:
    """The recorded pictures of one episode and who drove at each step."""

    name: str
    """The episode's file name without suffix."""
    seed: int
    """Scene."""
    instruction: str
    """The instruction to the policy or operator."""
    success: bool
    """Whether the task was done."""
    cameras: tuple[str, ...]
    """Names of the cameras, from left to right."""
    images: tuple[NDArray[np.uint8], ...]
    """Per camera uint8[T, h, w, 3]."""
    drivers: NDArray[np.integer]
    """[T] 0 policy, 1 human, 2 blend."""
    stages: tuple[str, ...]
    """[T] the stage reached by each step; empty when unknown."""
    episode: Episode | None = None
    """The episode, from whose states its pictures can be drawn again; None where nobody shall
    try."""

    def frame(self, step: int) -> list[Image]:
        """The pictures of one step, one uint8[h, w, 3] per camera."""
        return [images[step] for images in self.images]

    def __len__(self) -> int:
        return len(self.drivers)

    def __repr__(self) -> str:
        return f"EpisodeMedia({self.name}, {len(self)} steps, cameras {', '.join(self.cameras)})"


def kind_of(episode: EpisodeSummary) -> ProvenanceKind:
    """The kind of an episode, by the level at which it started."""
    if episode.header.level in (Level.DEMONSTRATE, Level.SHADOW):  # the human drives every step
        return ProvenanceKind.DEMONSTRATIONS
    return (
        ProvenanceKind.PRACTICE
        if episode.header.level == Level.AUTONOMOUS
        else ProvenanceKind.CORRECTIONS
    )


def choose(episodes: Sequence[EpisodeSummary]) -> dict[str, EpisodeMedia | None]:
    """A success, a failure and a correction, the newest clear ones; each None without one."""
    whole = [e for e in episodes if e.complete and e.steps > 1]
    solved = [e for e in whole if e.success and not e.takeovers]
    helped = [e for e in whole if e.takeovers and e.policy_steps]
    correction = _first_readable(sorted(helped, key=_clear_correction, reverse=True))
    shown = correction.name if correction else None
    failed = [e for e in whole if not e.success and e.id != shown]
    return {
        "success": _first_readable(sorted(solved, key=_policy_alone, reverse=True)),
        "failure": _first_readable(sorted(failed, key=_policy_alone, reverse=True)),
        "correction": correction,
    }


def _latest(episode: EpisodeSummary) -> Key:
    return (episode.header.started, episode.id)


def _policy_alone(episode: EpisodeSummary) -> Key:
    return (episode.human_steps == 0, episode.policy_steps > 0, *_latest(episode))


def _clear_correction(episode: EpisodeSummary) -> Key:
    return (episode.success, -episode.takeovers, *_latest(episode))


def _first_readable(candidates: Sequence[EpisodeSummary]) -> EpisodeMedia | None:
    for summary in candidates:
        if summary.path is not None:
            try:
                return _media(Episode.read(summary.path))
            except DamagedFile:
                continue
    return None


def _media(episode: Episode) -> EpisodeMedia:
    header = episode.summary.header
    stages = tuple(header.stages[i] for i in episode.stage) if header.stages else ()
    views = [name for name in episode.observations if is_image(name)]
    return EpisodeMedia(
        name=episode.summary.id,
        seed=header.seed,
        instruction=header.instruction,
        success=episode.summary.success,
        cameras=tuple(name.removesuffix(IMAGE_SUFFIX) for name in views),
        images=tuple(episode.observations[name] for name in views),
        drivers=episode.driver,
        stages=stages,
        episode=episode,
    )
