"""This module stores reviewers' judgements of episodes as append-only events in sidestick.db.

The review windows write them, training and reports read them; recordings never change.
"""

import json
from typing import Any

from ...sim_envs.errors import BadValue, UnknownName
from ..database import Database
from ..files.names import episode_name
from ..files.sqlite_file import has_table
from ..workspace import Workspace
from .judgement import COLUMNS, PREDICTION, UNDO, Judgement, judgement_of


class Judgements(Database):
    """The table of judgements in the workspace's sidestick.db.

    Append-only: an undo is one more event. Concurrent writers are safe.
    """

    def add(self, judgement: Judgement) -> Judgement:
        """Add a judgement; return it with its number. BadValue for an invalid one."""
        return self.copy(judgement.checked())

    def copy(self, given: Judgement) -> Judgement:
        """Add a judgement as it was read from another database; return it with its number."""
        payload = json.dumps(dict(given.payload), sort_keys=True)
        row = (given.created, given.operator, given.episode, given.kind)
        with self._connection() as connection, connection:
            cursor = connection.execute(
                f"INSERT INTO judgements ({COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
                (*row, given.start, given.stop, payload),
            )
        kept: dict[str, Any] = {**vars(given), "payload": json.loads(payload)}
        return Judgement(**{**kept, "id": int(cursor.lastrowid or 0)})

    def all(self, episode: str | None = None, after: int = 0) -> list[Judgement]:
        """The judgements, or those of one episode, numbered above `after`, in order."""
        return self._sound(*self._read_judgements(episode, after))

    def problems(self) -> list[str]:
        """What is wrong with the file, and with every row of each table."""
        return [*super().problems(), *self._read_judgements()[1]]

    def _read_judgements(
        self, episode: str | None = None, after: int = 0
    ) -> tuple[list[Judgement], list[str]]:
        """The judgements that make sense, and what is wrong with the others."""
        if not self.path.exists():
            return [], []
        with self._connection(reading=True) as connection:
            if not has_table(connection, "judgements"):
                return [], []
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM judgements "
                "WHERE id > ? AND (? IS NULL OR episode = ?) ORDER BY id",
                (after, episode, episode),
            ).fetchall()
        return self._decoded("judgements", rows, judgement_of)


class Judge:
    """One reviewer of one workspace's episodes."""

    def __init__(self, workspace: Workspace, operator: str) -> None:
        self.workspace, self.operator = workspace, operator
        self.judgements = Judgements(workspace.db_path)

    def say(
        self,
        episode: str,
        kind: str,
        start: int | None = None,
        stop: int | None = None,
        **payload: Any,
    ) -> Judgement:
        """Store a judgement; UnknownName for a missing episode, BadValue for invalid values.

        Nothing is written in either case.
        """
        if not (self.workspace.episodes_dir / f"{episode_name(episode)}.hdf5").exists():
            raise UnknownName("episode", episode, [path.stem for path in self.workspace.episodes()])
        said = Judgement(episode, kind, self.operator, payload, start, stop).checked()
        if kind == PREDICTION:
            self._check_width(payload["actions"])
        return self.judgements.add(said)

    def _check_width(self, actions: list[list[float]]) -> None:
        """BadValue for actions (H, A) of another size than this workspace's."""
        size = len(self.workspace.config.action_axes)
        if wrong := [row for row in actions if len(row) != size]:
            raise BadValue("actions of a prediction", f"rows of {size} numbers", wrong[0])

    def undo(self, judgement: Judgement) -> Judgement:
        """Undo an own judgement; BadValue for another reviewer's."""
        if judgement.operator != self.operator:
            raise BadValue("undo", f"a judgement of {self.operator}", f"{judgement.operator}'s")
        undoing = Judgement(judgement.episode, UNDO, self.operator, {"of": judgement.id})
        return self.judgements.add(undoing)
