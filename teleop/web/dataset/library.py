"""`Library` answers what the dataset page asks: which episodes there are, and one of them whole.

A browser names an episode by its id, which is looked up in the list; it never names a file.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ....datasets.episode import Episode
from ....datasets.judgements.judgement import Judgement
from ....datasets.judgements.judgement_state import (
    ResolvedJudgements,
    resolved,
    resolved_by_episode,
    verdict_trust,
)
from ....datasets.judgements.judgements import Judgements
from ....datasets.judgements.reliability import Reliabilities
from ....datasets.schema import IMAGE_SUFFIX
from ....datasets.summary import EpisodeSummary
from ....datasets.workspace import Workspace
from ....sim_envs.errors import UnknownName
from ....sim_envs.spaces import Image
from ...evaluation.video import Video, encode

FRESH_S = 1.0
"""The files are listed again when the list is older than this."""
MOST_CLIP_BYTES = 64 * 2**20
"""Of videos that are kept in memory."""
NONE_STANDS = ResolvedJudgements()


class Library:
    """The episodes of a workspace with what people judge of them."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.judgements = Judgements(workspace.db_path)
        self._clips: OrderedDict[str, Video] = OrderedDict()
        self._reading = threading.Lock()
        self._summaries: Mapping[str, EpisodeSummary] = {}
        self._listed = float("-inf")

    @property
    def hz(self) -> int:
        """Steps a second."""
        return self.workspace.config.control_hz

    @property
    def cameras(self) -> tuple[str, ...]:
        """The recorded cameras, as they stand in a clip from the left."""
        return tuple(self.workspace.config.cameras)

    def summaries(self) -> list[EpisodeSummary]:
        """All readable episodes by time; the list may be a second old."""
        return list(self._by_id().values())

    def stands(self) -> Mapping[str, ResolvedJudgements]:
        """What people judge of every episode that they have judged."""
        return resolved_by_episode(self.judgements)

    def trust(self) -> Reliabilities:
        """How far the judges of the desk can be trusted with verdicts."""
        return verdict_trust(self.judgements.all())

    def summary(self, name: str) -> EpisodeSummary:
        """An episode by its whole id; UnknownName where there is none."""
        found = self._by_id().get(name)
        if found is None:
            raise UnknownName("episode", name[:60], ())
        return found

    def _by_id(self) -> Mapping[str, EpisodeSummary]:
        with self._reading:
            now = time.monotonic()
            if now - self._listed > FRESH_S:
                self._summaries = {s.id: s for s in self.workspace.summaries()}
                self._listed = now
            return self._summaries

    def path(self, name: str) -> Path:
        """The file of an episode by its whole id; UnknownName where there is none."""
        path = self.summary(name).path
        assert path is not None  # it was read from there
        return path

    def episode(self, name: str, images: bool = False) -> Episode:
        """An episode by its whole id; UnknownName where there is none."""
        return Episode.read(self.path(name), images)

    def judged(self, name: str) -> tuple[ResolvedJudgements, list[Judgement]]:
        """What people judge of one episode, and every judgement of it."""
        everything = self.judgements.all()
        events = [event for event in everything if event.episode == name]
        return resolved(events, verdict_trust(everything)), events

    def clip(self, name: str) -> Video:
        """All cameras of an episode beside each other, one frame a step: they cannot part."""
        with self._reading:
            found = self._clips.get(name)
        if found is None:
            episode = self.episode(name, images=True)
            frames = (side_by_side(episode, self.cameras, step) for step in range(len(episode)))
            found = encode(frames, self.hz)
        with self._reading:
            self._clips[name] = found
            self._clips.move_to_end(name)
            while sum(len(clip.data) for clip in self._clips.values()) > MOST_CLIP_BYTES:
                self._clips.popitem(last=False)
        return found


def side_by_side(episode: Episode, names: Sequence[str], step: int) -> Image:
    """The pictures of these cameras at a step, uint8 [H, W1 + W2 ..., 3], padded to one height."""
    rows = (episode.observations[f"{name}{IMAGE_SUFFIX}"] for name in names)
    pictures = [np.asarray(images[step], np.uint8) for images in rows]
    tall = max(picture.shape[0] for picture in pictures)
    padded = [np.pad(p, ((0, tall - p.shape[0]), (0, 0), (0, 0))) for p in pictures]
    return np.ascontiguousarray(np.hstack(padded))
