"""This module stores reviewers' judgements of episodes as append-only events in sidestick.db.

The review windows write them, training and reports read them; recordings never change.
"""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from ...sim_envs.errors import BadValue, UnknownName
from ..database import Database
from ..workspace import Workspace

VERDICT, QUALITY, REASON, STAGE = "verdict", "quality", "reason", "stage"
TRIM, BAD, TAG, UNDO = "trim", "bad", "tag", "undo"
PREDICTION, CLICK = "prediction", "click"
SUCCESS, FAILURE = "success", "failure"
ACCEPT, REJECT, CORRECT = "accept", "reject", "correct"
QUALITIES = range(1, 6)
ACTION_NUMBERS = 7

_TABLE = """
CREATE TABLE IF NOT EXISTS judgements (
    id INTEGER PRIMARY KEY, created REAL NOT NULL, operator TEXT NOT NULL, episode TEXT NOT NULL,
    kind TEXT NOT NULL, start INTEGER, stop INTEGER, payload TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS judgements_episode ON judgements (episode);
"""
_COLUMNS = "id, created, operator, episode, kind, start, stop, payload"


@dataclass(frozen=True)
class Judgement:
    """One judgement of one episode by one reviewer; `kind` determines what `payload` holds.

    | kind | payload | start, stop |
    |---|---|---|
    | verdict | `verdict`: success or failure | |
    | quality | `quality`: 1 (poor) to 5 | |
    | reason | `reasons`: a list, `text`: free | |
    | stage | `stage`: begins at `start` | start |
    | trim | | the steps [start, stop) are kept |
    | bad | | the steps [start, stop) are excluded from training |
    | tag | `tag`: a word | |
    | undo | `of`: number of an own judgement | |
    | prediction | `grade`: accept, reject or correct; `policy`, `actions` (H, 7) | start |
    | click | `camera`, `item`, `x`, `y` in pixels | start |
    """

    episode: str
    """Id of the episode."""
    kind: str
    """One of `KINDS`."""
    operator: str
    """The reviewer's name."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """By kind; JSON-compatible."""
    start: int | None = None
    """First step; None for the whole episode."""
    stop: int | None = None
    """The step after the last; None for a single step or the whole episode."""
    created: float = field(default_factory=time.time)
    """time.time(), s."""
    id: int = 0
    """Its number in the table, in the order of arrival; 0 before it is added."""

    def checked(self) -> Self:
        """Itself; BadValue for values that its kind does not allow."""
        if self.kind not in KINDS:
            raise BadValue("kind of judgement", f"one of {', '.join(KINDS)}", repr(self.kind))
        if not self.operator:
            raise BadValue("operator", "the name of the reviewer", "nothing")
        KINDS[self.kind](self)
        return self


class Judgements(Database):
    """The table of judgements in the workspace's sidestick.db.

    Append-only: an undo is one more event. Concurrent writers are safe.
    """

    tables: ClassVar[str] = Database.tables + _TABLE

    def add(self, judgement: Judgement) -> Judgement:
        """Add a judgement; return it with its number. BadValue for an invalid one."""
        return self.copy(judgement.checked())

    def copy(self, given: Judgement) -> Judgement:
        """Add a judgement as it was read from another database; return it with its number."""
        payload = json.dumps(dict(given.payload), sort_keys=True)
        row = (given.created, given.operator, given.episode, given.kind)
        with self._connection() as connection, connection:
            cursor = connection.execute(
                f"INSERT INTO judgements ({_COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
                (*row, given.start, given.stop, payload),
            )
        kept: dict[str, Any] = {**vars(given), "payload": json.loads(payload)}
        return Judgement(**{**kept, "id": int(cursor.lastrowid or 0)})

    def all(self, episode: str | None = None, after: int = 0) -> list[Judgement]:
        """The judgements, or those of one episode, numbered above `after`, in order."""
        if not self.path.exists():
            return []
        with self._connection() as connection:
            if not connection.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'judgements'"
            ).fetchone():
                return []  # an older file in a read-only folder
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM judgements "
                "WHERE id > ? AND (? IS NULL OR episode = ?) ORDER BY id",
                (after, episode, episode),
            ).fetchall()
        return [_of_row(row) for row in rows]


class Judge:
    """One reviewer of one workspace's episodes."""

    def __init__(self, workspace: Workspace, operator: str) -> None:
        self.workspace, self.operator = workspace, operator
        self.judgements = Judgements(workspace.db_path)

    def add(
        self,
        episode: str,
        kind: str,
        start: int | None = None,
        stop: int | None = None,
        **payload: Any,
    ) -> Judgement:
        """Add a judgement; UnknownName for a missing episode, BadValue for invalid values.

        Nothing is written in either case.
        """
        if not (self.workspace.episodes_dir / f"{episode}.hdf5").exists():
            raise UnknownName("episode", episode, [path.stem for path in self.workspace.episodes()])
        return self.judgements.add(Judgement(episode, kind, self.operator, payload, start, stop))

    def undo(self, judgement: Judgement) -> Judgement:
        """Undo an own judgement; BadValue for another reviewer's."""
        if judgement.operator != self.operator:
            raise BadValue("undo", f"a judgement of {self.operator}", f"{judgement.operator}'s")
        undoing = Judgement(judgement.episode, UNDO, self.operator, {"of": judgement.id})
        return self.judgements.add(undoing)


def _of_row(row: Sequence[Any]) -> Judgement:
    number, created, operator, episode, kind, start, stop, payload = row
    values = json.loads(payload)
    return Judgement(episode, kind, operator, values, start, stop, created, number)


def _one_of(key: str, *known: object) -> Callable[[Judgement], None]:
    def check(judgement: Judgement) -> None:
        value = judgement.payload.get(key)
        if isinstance(value, bool) or value not in known:
            raise BadValue(key, f"one of {', '.join(map(str, known))}", repr(value))

    return check


def _stretch(judgement: Judgement) -> None:
    start, stop = judgement.start, judgement.stop
    if start is None or stop is None or not 0 <= start < stop:
        raise BadValue(judgement.kind, "steps from start to a later stop", (start, stop))


def _moment(judgement: Judgement) -> None:
    if judgement.start is None or judgement.start < 0:
        raise BadValue(f"step of a {judgement.kind}", "a step of the episode", judgement.start)


def _reason(judgement: Judgement) -> None:
    reasons, text = judgement.payload.get("reasons", []), judgement.payload.get("text", "")
    listed = isinstance(reasons, list | tuple) and all(isinstance(r, str) for r in reasons)
    if not listed or not isinstance(text, str) or not (reasons or text):
        raise BadValue("reason", "a list of words, a text, or both", dict(judgement.payload))


def _text(key: str) -> Callable[[Judgement], None]:
    def check(judgement: Judgement) -> None:
        value = judgement.payload.get(key)
        if not isinstance(value, str) or not value.strip():
            raise BadValue(key, "a word", repr(value))

    return check


def _stage(judgement: Judgement) -> None:
    _moment(judgement)
    _text("stage")(judgement)


def _undo(judgement: Judgement) -> None:
    if not isinstance(judgement.payload.get("of"), int) or judgement.payload["of"] < 1:
        raise BadValue("undo", "the number of a judgement", judgement.payload.get("of"))


def _prediction(judgement: Judgement) -> None:
    _moment(judgement)
    _one_of("grade", ACCEPT, REJECT, CORRECT)(judgement)
    rows = judgement.payload.get("actions")
    if not isinstance(rows, list) or not rows:
        raise BadValue("actions of a prediction", "a list of actions", repr(rows)[:80])
    for row in rows:
        if len(row) != ACTION_NUMBERS or not all(math.isfinite(v) and abs(v) <= 1 for v in row):
            raise BadValue("actions of a prediction", "rows of 7 numbers in [-1, 1]", row)


def _click(judgement: Judgement) -> None:
    _moment(judgement)
    _text("camera")(judgement)
    _text("item")(judgement)
    place = [judgement.payload.get(axis) for axis in "xy"]
    if not all(isinstance(v, int | float) and math.isfinite(v) and v >= 0 for v in place):
        raise BadValue("click", "x and y in pixels", place)


KINDS: Mapping[str, Callable[[Judgement], None]] = {
    VERDICT: _one_of("verdict", SUCCESS, FAILURE),
    QUALITY: _one_of("quality", *QUALITIES),
    REASON: _reason,
    STAGE: _stage,
    TRIM: _stretch,
    BAD: _stretch,
    TAG: _text("tag"),
    UNDO: _undo,
    PREDICTION: _prediction,
    CLICK: _click,
}
"""The kinds of judgements, each with its validator."""
