"""`Importing` takes episodes into a workspace one by one; each is judged before it is written.

What `sidestick check` would call damaged is refused, and so is what no training could read beside
the others. A workspace that does not exist is made for the first episode that passes. Where an
episode came from is noted before it is written: no kill leaves one that seems recorded here.
"""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...sim_envs.errors import FormatError, SidestickError
from ..checking.check import Problem
from ..checking.content_check import episode_problems
from ..checking.fit import first_goals, goals_of, misfits
from ..config import WorkspaceConfig
from ..database import Database, EventEntry, EventKind
from ..episode import Episode
from ..files.durable import replace_file
from ..files.lock import FileLock
from ..hdf5 import UNREADABLE, decode_bytes
from ..journal_recovery import EPISODE
from ..judgements.judgement import SUCCESS, VERDICT
from ..judgements.judgement_state import ResolvedJudgements, resolved_by_episode
from ..judgements.judgements import Judge, Judgements
from ..origins import ORIGIN, origins_of
from ..trash import REMOVED, Trash
from ..workspace import Workspace
from ..workspace_place import CONFIG_FILE


class Importing:
    """An import in progress into one workspace; close it at the end."""

    def __init__(
        self,
        target: Path,
        config: WorkspaceConfig,
        origin: Mapping[str, Any],
        successful_by: str | None = None,
    ) -> None:
        """`origin` goes into the event of each episode. `successful_by` is who judges episodes
        successful of which nobody recorded it; None where nobody does.
        """
        self._target, self._config, self._origin = target, config, origin
        self._successful_by = successful_by
        self._workspace: Workspace | None = None
        self._lock: FileLock | None = None
        self._goals: int | None = None
        self.taken: dict[str, int] = {}
        """Steps of each episode that was written, by its id."""
        self.skipped: list[Problem] = []
        self.judged = 0
        """Number of episodes that were judged successful."""
        self._known_origins: dict[str, str] = {}
        self._states: dict[str, ResolvedJudgements] = {}
        self._removed: set[str] = set()
        if (target / CONFIG_FILE).exists():
            self._open()

    def take(self, episode: Episode, name: str) -> None:
        """Write an episode, or add to `skipped` why not; `name` is its name in the source."""
        file = f"{episode.summary.id}{EPISODE}"
        if self._workspace is not None and (self._workspace.episodes_dir / file).exists():
            self.skipped.append(Problem(episode.summary.id, "is in the workspace already"))
            self._judge_successful(self._workspace, episode)
            return
        if episode.summary.id in self._removed:
            self.skipped.append(Problem(episode.summary.id, REMOVED))
            return
        try:
            content = self._judged(episode)
        except FormatError as error:
            self.skipped.append(Problem(name, str(error)))
            return
        workspace = self._workspace or self._open()
        self._note_origin(workspace, episode.summary.id)
        replace_file(workspace.episodes_dir / file, content)
        self._judge_successful(workspace, episode)
        self._goals = goals_of(episode)
        self.taken[episode.summary.id] = len(episode)

    def finish(self) -> None:
        """Renew the index."""
        if self._workspace is not None:
            self._workspace.rebuild_index()

    def close(self) -> None:
        """Release the workspace."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def require_some(self, source: Path) -> None:
        """Raise FormatError where the workspace was not made since no episode passed."""
        if self._workspace is None and self.skipped:
            first = self.skipped[0]
            raise FormatError(
                f"{source}: none of its {len(self.skipped)} episodes can be used; "
                f"{first.file}: {first.reason}"
            )

    def _judged(self, episode: Episode) -> bytes:
        """The bytes of an episode's file; FormatError with the reason where it is not sound."""
        problems = itertools.chain(
            episode_problems(episode), misfits(episode, self._config, self._goals)
        )
        if problem := next(problems, None):
            raise FormatError(problem)
        try:
            content = episode.encode()
            Episode.of_content(decode_bytes(content), Path(episode.summary.id))
        except (KeyError, SidestickError, *UNREADABLE) as error:
            raise FormatError(f"a workspace cannot hold it: {error}") from error
        return content

    def _note_origin(self, workspace: Workspace, episode_id: str) -> None:
        """Store where an episode comes from, unless a killed import has."""
        if self._known_origins.get(episode_id) != self._origin[ORIGIN]:
            event = EventEntry(EventKind.IMPORT, {**self._origin, "episodes": [episode_id]})
            Database(workspace.db_path).add_event(event)

    def _judge_successful(self, workspace: Workspace, episode: Episode) -> None:
        """Judge an episode successful where that is asked for, and nobody recorded or judged it."""
        name = episode.summary.id
        verdict = self._states.get(name, ResolvedJudgements()).success
        if self._successful_by and not episode.summary.success_known and verdict is None:
            Judge(workspace, self._successful_by).say(name, VERDICT, verdict=SUCCESS)
            self.judged += 1

    def _open(self) -> Workspace:
        """Open or make the workspace, take it, and look what its episodes are like."""
        workspace = Workspace.open_or_create(self._target, self._config)
        self._lock = workspace.lock()
        self._workspace, self._config = workspace, workspace.config
        self._goals = first_goals(workspace)
        self._known_origins = origins_of(Database(workspace.db_path))
        self._states = resolved_by_episode(Judgements(workspace.db_path))
        self._removed = Trash(workspace).removed()
        return workspace
