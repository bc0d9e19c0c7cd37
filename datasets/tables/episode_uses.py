"""`episode_uses` says of each episode whether it is used, and why not; for `sidestick episodes`.

It also resolves what people type for episodes, all of it before anything is changed.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...sim_envs.errors import UnknownName
from ..checking.repair import episode_files
from ..database import Database
from ..episode_names import matched, matched_part, matched_range
from ..judgements.judgement import EXCLUSION, Judgement
from ..judgements.judgement_state import ResolvedJudgements, not_undone, resolved_by_episode
from ..judgements.judgements import Judgements
from ..origins import came_from, origins_of
from ..summary import EpisodeSummary
from ..trash import RemovedEpisode, Trash, episode_name_of
from ..workspace import Workspace
from .listing import moment


@dataclass(frozen=True)
class EpisodeUse:
    """One episode, and whether training and exports use it."""

    number: int
    """Its place: demo_<number> in dataset.hdf5."""
    id: str
    started: str
    """UTC, to the second."""
    operator: str
    origin: str | None
    """The workspace or file that it was copied from; None when it was recorded here."""
    steps: int
    success: bool | None
    """As people judge it, else as recorded; None where nobody knows."""
    complete: bool
    excluded: bool
    excluded_by: str | None
    """Who excluded it; None where it is used."""
    why: str
    """Why, as far as somebody said so."""


@dataclass(frozen=True)
class EpisodeUses:
    """The episodes of a workspace by time."""

    episodes: tuple[EpisodeUse, ...]
    removed: tuple[RemovedEpisode, ...]
    """What lies in the trash."""

    def to_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        return asdict(self)


def episode_uses(workspace: Workspace) -> EpisodeUses:
    """The readable episodes and the removed ones; only headers are read."""
    judgements = Judgements(workspace.db_path)
    states, origins = resolved_by_episode(judgements), origins_of(Database(workspace.db_path))
    said = {e.episode: e for e in not_undone(judgements.all()) if e.kind == EXCLUSION}
    rows = [
        _use(number, summary, states.get(summary.id), said.get(summary.id), origins)
        for number, summary in enumerate(workspace.summaries())
    ]
    return EpisodeUses(tuple(rows), tuple(Trash(workspace).episodes()))


def _use(
    number: int,
    summary: EpisodeSummary,
    state: ResolvedJudgements | None,
    said: Judgement | None,
    origins: dict[str, str],
) -> EpisodeUse:
    state = state or ResolvedJudgements()
    recorded = summary.success if summary.success_known else None
    return EpisodeUse(
        number=number,
        id=summary.id,
        started=moment(summary.header.started),
        operator=summary.header.operator,
        origin=origins.get(summary.id),
        steps=summary.steps,
        success=recorded if state.success is None else state.success,
        complete=summary.complete,
        excluded=state.excluded,
        excluded_by=said.operator if said and state.excluded else None,
        why=str(said.payload.get("why", "")) if said and state.excluded else "",
    )


def named_episodes(workspace: Workspace, words: Sequence[str], origin: str | None) -> list[Path]:
    """The files in episodes/ that people mean: ids, parts of ids, places and ranges of places.

    Damaged files have no place, and are found by their names. With an `origin` they are those of
    the named that came from there, or without words all that did. UnknownName or AmbiguousName
    where one word means none or several.
    """
    files = {episode_name_of(path): path for path in episode_files(workspace)}
    places = [path.stem for path in workspace.episodes()]

    def find(word: str) -> list[str]:
        if (found := matched_range(word, places)) is not None:
            return found
        try:
            return [matched(word, places)]
        except UnknownName:
            if word.startswith("-"):  # a place, not a part of an id that happens to contain it
                raise
            return [matched_part(word, list(files))]

    chosen = _chosen(workspace, words, origin, find, files)
    return [files[name] for name in chosen]


def named_removed(workspace: Workspace, words: Sequence[str], origin: str | None) -> list[str]:
    """The names in the trash that people mean: ids and parts of ids, for removed ones no place."""
    files = Trash(workspace).files()

    def find(word: str) -> list[str]:
        return [matched_part(word, list(files), "removed episode")]

    return _chosen(workspace, words, origin, find, files)


def _chosen(
    workspace: Workspace,
    words: Sequence[str],
    origin: str | None,
    find: Callable[[str], list[str]],
    files: Collection[str],
) -> list[str]:
    """The names that words mean, each once and in the order of `files`."""
    chosen = {name for word in words for name in find(word)}
    if origin is not None:
        came = came_from(origins_of(Database(workspace.db_path)), origin)
        chosen = chosen & came if words else came & set(files)
    return [name for name in files if name in chosen]
