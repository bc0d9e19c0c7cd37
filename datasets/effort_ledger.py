"""The ledger of human effort, complete although a session was killed before it made its entry.

A session stores `EpisodeBegun` as an episode begins, and at its end an entry that names the
episodes it counts. What began and is in no entry is counted from its file: `effort_entries` does it
for readers, `recover_effort` writes it down at the start of the next session.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, Self

from ..sim_envs.errors import DamagedFile
from .database import Database, EffortEntry, EventEntry, EventKind
from .effort_counts import EffortCounts, effort_of_episode
from .episode import Episode
from .files import lock
from .files.plain_log import plain_log
from .journal_reading import read_journal
from .journal_recovery import EPISODE, JOURNAL
from .origins import ORIGIN
from .workspace import Workspace

COUNTED = "counted"
"""Key of an entry's payload: the ids of the episodes that it counts."""
_log = plain_log(__name__)


@dataclass(frozen=True)
class EpisodeBegun:
    """An episode that begins and costs the operator time, as its session would enter it."""

    episode: str
    """Its id."""
    run: str
    """Id of the first episode of the entry that it will be counted in. Workspaces of earlier
    versions have runs over several levels; what was not entered is an entry for each of them."""
    kind: str
    """The entry's kind."""
    round: int
    policy: str | None
    """Id of the policy; None without one, and where the operator must not know it."""
    audited: bool = False
    """Whether the operator watches an autonomous episode."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What else the entry will say, as JSON values."""

    @classmethod
    def from_json(cls, payload: Mapping[str, Any]) -> Self:
        """The object from an event's payload; keys of later versions are ignored."""
        known = {f.name for f in fields(cls)}
        try:
            return cls(**{key: value for key, value in payload.items() if key in known})
        except TypeError as error:
            raise DamagedFile(f"an event that is no beginning of an episode: {error}") from error


class _Recorded(NamedTuple):
    """What is on the disk of an episode."""

    episode: Episode
    discarded: bool


def note_begun(database: Database, begun: EpisodeBegun) -> None:
    """Store that an episode begins."""
    database.add_event(EventEntry(EventKind.DRIVING, asdict(begun)))


def effort_entries(workspace: Workspace) -> list[EffortEntry]:
    """The ledger in the order of its entries, with those that no session could make; only reads."""
    made, missing = _made_and_missing(workspace, own=False)
    return [*made, *missing]


def recover_effort(workspace: Workspace) -> list[EffortEntry]:
    """Write the entries that are missing, and return them; the caller must hold `lock()`.

    Episodes that a merge brought are left to the entry of the workspace that they come from.
    """
    _, missing = _made_and_missing(workspace, own=True)
    database = Database(workspace.db_path)
    for entry in missing:
        database.add_effort(entry)
    return missing


def uncounted(database: Database) -> list[EpisodeBegun]:
    """The episodes that began and are in no entry."""
    begun, made = _begun_and_made(database)
    return _not_in(made, begun, own=False)


def _begun_and_made(database: Database) -> tuple[list[EventEntry], list[EffortEntry]]:
    """The beginnings, and the entries, read after them: a session may enter some meanwhile."""
    begun = database.events(EventKind.DRIVING)
    return begun, database.efforts()


def _not_in(
    made: Iterable[EffortEntry], begun: Iterable[EventEntry], own: bool
) -> list[EpisodeBegun]:
    counted = {name for entry in made for name in entry.payload.get(COUNTED, ())}
    known = {
        event.payload["episode"]: EpisodeBegun.from_json(event.payload)
        for event in begun
        if event.payload.get("episode") and not (own and ORIGIN in event.payload)
    }
    return [one for name, one in known.items() if name not in counted]


def _made_and_missing(
    workspace: Workspace, own: bool
) -> tuple[list[EffortEntry], list[EffortEntry]]:
    events, made = _begun_and_made(Database(workspace.db_path))
    left = sorted(_not_in(made, events, own), key=lambda begun: (begun.run, begun.episode))
    parts = groupby(left, key=lambda begun: (begun.run, begun.kind, begun.policy))
    runs = (list(members) for _, members in parts)
    entries = (_entry(workspace, run) for run in runs)
    return made, [entry for entry in entries if entry is not None]


def _entry(workspace: Workspace, run: list[EpisodeBegun]) -> EffortEntry | None:
    """The entry of a session that was killed, at one level; None without a step on the disk."""
    counts, names, ended = EffortCounts(), list[str](), 0.0
    for begun in run:
        found = _recorded(workspace, begun.episode)
        if found is None:
            continue
        counts.add(effort_of_episode(found.episode, found.discarded, begun.audited))
        names.append(begun.episode)
        ended = max(ended, found.episode.summary.outcome.ended)
    if not names:
        return None
    last = run[-1]
    details = {**last.details, COUNTED: names}
    hz = workspace.config.control_hz
    return replace(counts.entry(last.kind, last.round, last.policy, hz, **details), created=ended)


def _recorded(workspace: Workspace, name: str) -> _Recorded | None:
    """An episode's file or the journal that a crash left; None for neither, or a damaged one."""
    try:
        for _ in range(2):  # a journal may become a file between the two looks
            for folder in (workspace.episodes_dir, workspace.trash_dir):
                path = folder / f"{name}{EPISODE}"
                if path.exists():
                    discarded = folder == workspace.trash_dir
                    return _Recorded(Episode.read(path, images=False), discarded)
            if found := _left_behind(workspace.journal_dir / f"{name}{JOURNAL}"):
                return found
    except DamagedFile as error:
        _log.warning("its time is not counted: %s", error)
    return None


def _left_behind(journal: Path) -> _Recorded | None:
    """What a journal holds that no living recorder locks; None for none."""
    try:
        fd = os.open(journal, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    if not lock.take(fd):
        os.close(fd)
        return None
    try:
        recording = read_journal(journal)
    finally:
        lock.drop(fd)
    return None if recording.episode is None else _Recorded(recording.episode, recording.discarded)
