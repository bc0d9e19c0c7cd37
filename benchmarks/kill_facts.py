"""`Facts` are what is finished in a workspace, read without the code that is tested.

`kills` compares them before and after a kill: what is gone, what is there twice.
"""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sidestick.datasets.journal_reading import read_journal
from sidestick.datasets.judgements.judgement import VERDICT
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace

Row = Mapping[str, Any]
ONCE = {"trial": "episode", "on-trial": "episode", "driving": "episode", "gate": "token"}
"""Kinds of events that a workspace has once for each value of a key."""
LISTED = ("import", "merge")
"""Kinds of events that list episodes, each of which is there once."""


@dataclass(frozen=True)
class Facts:
    """What a workspace holds."""

    episodes: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each file of an episode, discarded ones too, by id."""
    policies: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each policy's weights, removed ones too, by number."""
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    """The rows of each table of the database."""
    journals: Mapping[str, int] = field(default_factory=dict)
    """Steps in the journal of each episode that was being recorded."""
    attempts: tuple[int, ...] = ()
    """Seeds of the recorded attempts of practice."""


def read_facts(path: Path) -> Facts:
    """What a workspace holds now; nothing where there is none."""
    if not (path / "workspace.toml").exists():
        return Facts()
    journals = {
        file.stem: len(episode)
        for file in path.glob("journal/*.journal")
        if (episode := read_journal(file).episode) is not None
    }
    summaries = Workspace.open(path).summaries()
    return Facts(
        {file.stem: _digest(file) for file in _episodes(path)},
        {file.parent.name: _digest(file) for file in _models(path)},
        _rows(path / "sidestick.db"),
        journals,
        tuple(s.header.seed for s in summaries if s.header.level == Level.AUTONOMOUS),
    )


def _episodes(path: Path) -> list[Path]:
    found = (file for name in ("episodes", "trash") for file in path.glob(f"{name}/[!.]*.hdf5"))
    return sorted(found)


def _models(path: Path) -> list[Path]:
    found = (*path.glob("policies/*/config.json"), *path.glob("policies/removed/*/config.json"))
    return [file.with_name("model.safetensors") for file in found]


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _rows(file: Path) -> dict[str, tuple[Row, ...]]:
    if not file.exists():
        return {}
    connection = sqlite3.connect(file)
    connection.row_factory = sqlite3.Row
    try:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        found = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
    finally:
        connection.close()
    return {name: tuple(map(dict, rows)) for name, rows in found.items()}


def lost(before: Facts, after: Facts) -> list[str]:
    """What was finished, and is gone or another one."""
    found = [
        f"{what} {name}: {'changed' if name in now else 'gone'}"
        for what, then, now in (
            ("episode", before.episodes, after.episodes),
            ("policy", before.policies, after.policies),
        )
        for name, digest in then.items()
        if now.get(name) != digest
    ]
    for table, rows in before.rows.items():
        gone = _counted(rows) - _counted(after.rows.get(table, ()))
        found += [f"{table}: {row}" for row in gone.elements()]
    there = {**after.episodes, **after.journals}
    return [*found, *(f"journal {name}" for name in before.journals if name not in there)]


def _counted(rows: Iterable[Row]) -> Counter[str]:
    return Counter(json.dumps(row, sort_keys=True, default=str) for row in rows)


def doubled(facts: Facts) -> list[str]:
    """What is there twice: a trial, a ruling, an episode's effort, a verdict, an attempt."""
    events = [(row["kind"], json.loads(row["payload"])) for row in facts.rows.get("events", ())]
    efforts = [json.loads(row["payload"]) for row in facts.rows.get("effort", ())]
    judged = (
        tuple(row[name] for name in ("operator", "episode", "kind", "start", "stop", "payload"))
        for row in facts.rows.get("judgements", ())
        if row["kind"] == VERDICT  # it completes a judgement; marks before it are given again
    )
    rounds = (row["round"] for row in facts.rows.get("effort", ()) if row["kind"] == "practice")
    named = {
        **{
            kind: [found.get(key) for event, found in events if event == kind if found.get(key)]
            for kind, key in ONCE.items()
        },
        **{
            kind: [name for event, found in events if event == kind for name in found["episodes"]]
            for kind in LISTED
        },
        "effort": [name for payload in efforts for name in payload.get("counted", ())],
        "verdict": list(judged),
        "round of practice": list(rounds),
        "attempt": list(facts.attempts),
    }
    return [
        f"{what} {name}: {count} times"
        for what, names in named.items()
        for name, count in Counter(names).items()
        if count > 1
    ]
