"""Makers of databases: schemas and rows of strangers, and files that are none."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from tests.hostile.documents import BROKEN, ODD
from tests.hostile.place import Maker, Place

TABLES = ("events", "judgements", "effort", "evaluations")
ENDLESS = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS id, "
    "1.0 AS created, 'swap' AS kind, '{}' AS payload, 0 AS round, "
    "'x' AS operator, 'x' AS episode FROM n"
)
VALUES: dict[str, object] = {
    "null": None, "text": "\x1b[2J[/x]", "bytes": b"\xff\xfe", "2^62": 2**62, "infinity": 1e999,
    "negative": -1, "empty": "",
}  # fmt: skip
KEYS = ("episode", "policy", "before", "after", "why", "evidence", "audited", "successes",
        "episodes", "per_episode", "verdict", "tag", "a", "interval")  # fmt: skip


def statements(*texts: str) -> Maker:
    """A maker that runs SQL on the workspace's database."""

    def make(place: Place) -> None:
        with closing(sqlite3.connect(place.ws / "sidestick.db", isolation_level=None)) as database:
            for text in texts:
                database.execute(text)

    return make


def file(change: Callable[[bytes], bytes]) -> Maker:
    """A maker that changes the bytes of the database."""

    def make(place: Place) -> None:
        statements("PRAGMA wal_checkpoint(TRUNCATE)")(place)
        path = place.ws / "sidestick.db"
        path.write_bytes(change(path.read_bytes()))

    return make


def makers() -> Iterator[tuple[str, Maker]]:
    """All of them, by name."""
    for table in TABLES:
        yield f"no {table}", statements(f"DROP TABLE {table}")
        yield (
            f"{table} are an endless view",
            statements(f"DROP TABLE {table}", f"CREATE VIEW {table} AS {ENDLESS}"),
        )
        yield (
            f"a trigger on {table}",
            statements(f"CREATE TRIGGER t AFTER INSERT ON {table} BEGIN DELETE FROM effort; END"),
        )
        yield (
            f"{table} of other columns",
            statements(
                f"DROP TABLE {table}",
                f"CREATE TABLE {table} (x)",
                f"INSERT INTO {table} VALUES (1)",
            ),
        )
        yield f"{table} of no type", _retyped(table)
        for name, value in VALUES.items():
            yield f"{table}: {name} everywhere", _rows(table, value)
        yield f"{table}: odd payloads", _payloads(table)
    yield "a virtual table", statements("CREATE VIRTUAL TABLE v USING fts5(x)")
    yield "an expression index", statements("CREATE INDEX i ON events (abs(id))")
    yield (
        "a generated column",
        statements("ALTER TABLE events ADD COLUMN g AS (length(payload)) VIRTUAL"),
    )
    yield (
        "a million events",
        statements(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 200000) "
            "INSERT INTO events (created, kind, payload) SELECT x, 'odd', '{}' FROM n"
        ),
    )
    yield (
        "a payload of 50 MB",
        statements(
            "INSERT INTO events (created, kind, payload) "
            "VALUES (1.0, 'swap', '{\"a\": \"' || hex(zeroblob(25000000)) || '\"}')"
        ),
    )
    yield "UTF-16", _utf16
    yield "a later version", statements("PRAGMA user_version = 99999")
    yield "not a database", file(lambda content: b"x" * 9999)
    yield "empty", file(lambda content: b"")
    yield "cut off", file(lambda content: content[: len(content) // 2])
    yield "noise", file(lambda content: content[:100] + b"\xaa" * 3000 + content[3100:])
    yield "damaged pages", file(lambda content: content[:4096] + b"\0" * 4096 + content[8192:])
    for ending in ("-wal", "-shm", "-journal"):
        yield f"noise in {ending}", _beside(ending, b"\xaa" * 9999)
        yield f"nothing in {ending}", _beside(ending, b"")


def _columns(database: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] != "id"]


def _rows(table: str, value: object) -> Maker:
    """Rows with an odd value in each column, and in all of them."""

    def make(place: Place) -> None:
        with closing(sqlite3.connect(place.ws / "sidestick.db")) as database, database:
            columns = _columns(database, table)
            marks = ", ".join("?" * len(columns))
            for odd in (*({name} for name in columns), {*columns}):
                row = [value if name in odd else _sound(name) for name in columns]
                names = ", ".join(columns)
                try:
                    database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)
                except sqlite3.Error:  # a column that may not be null
                    continue

    return make


def _sound(column: str) -> object:
    texts = {"kind": "level", "payload": "{}", "operator": "eve", "policy": "0001"}
    return {**texts, "task": "ShelfPick", "episode": "20250101T000000-00000000"}.get(column, 1)


def _retyped(table: str) -> Maker:
    """The same columns without types, in which every value is text."""

    def make(place: Place) -> None:
        with closing(sqlite3.connect(place.ws / "sidestick.db")) as database, database:
            columns = ["id", *_columns(database, table)]
            casts = ", ".join(f"CAST({name} AS TEXT) || 'x' AS {name}" for name in columns)
            database.execute(f"CREATE TABLE other AS SELECT {casts} FROM {table}")
            database.execute(f"DROP TABLE {table}")
            database.execute(f"ALTER TABLE other RENAME TO {table}")

    return make


def _payloads(table: str) -> Maker:
    """Every broken document, and every odd value under every key, of every kind of event."""

    def make(place: Place) -> None:
        with closing(sqlite3.connect(place.ws / "sidestick.db")) as database, database:
            columns = _columns(database, table)
            kinds = [*{row[0] for row in database.execute("SELECT kind FROM events")}, "trial"]
            texts: list[object] = [content.decode(errors="ignore") for content in BROKEN.values()]
            texts += [f'{{"{key}": {odd}}}' for key in KEYS for odd in ODD]
            marks, names = ", ".join("?" * len(columns)), ", ".join(columns)
            for number, text in enumerate(texts):
                sound = {"payload": text, "kind": kinds[number % len(kinds)]}
                row = [sound.get(name, _sound(name)) for name in columns]
                database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)

    return make


def _utf16(place: Place) -> None:
    """A database whose text is UTF-16, with the same content."""
    path = place.ws / "sidestick.db"
    with closing(sqlite3.connect(path)) as database:
        dump = "\n".join(database.iterdump())
    for found in place.ws.glob("sidestick.db*"):
        found.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA encoding = 'UTF-16'")
        database.executescript(dump)


def _beside(ending: str, content: bytes) -> Maker:
    return lambda place: Path(f"{place.ws / 'sidestick.db'}{ending}").write_bytes(content)


def evidence(place: Place) -> None:
    """Evidence and levels of a policy whose names are mark-up."""
    payload = json.dumps({"before": 0, "after": 1, "why": "promoted", "policy": "0001",
                          "evidence": "[/x]\x1b[2J", "task": "ShelfPick"})  # fmt: skip
    statements(f"INSERT INTO events (created, kind, payload) VALUES (1.0, 'level', '{payload}')")(
        place
    )
