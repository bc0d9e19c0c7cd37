"""`FinishedJobs` keeps the results of jobs, so that none that was finished is made again.

A job is known by what its result depends on. Evaluations and comparisons look here before they
drive a seed; `merge` brings the results of several machines together. A line of JSON is a result:
it outlives the process at once and a power cut after a second, and one that a crash cut off is not
read: what is lost is made again.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .files.decoding import parsed_json
from .files.plain_file import open_plain, own_folder, read_plain

OUTCOMES = "outcomes"
"""Folder in a workspace."""
SUFFIX = ".jsonl"
MOST_BYTES = 2**28
"""Of one file; a million episodes take 200 MB."""
NAME_LENGTH = 32
SYNC_S = 1.0
"""Between two waits for the disk: hundreds of results come home each second of 1,600 workers."""


class FinishedJobs:
    """The finished jobs of one kind, by seed."""

    def __init__(self, folder: Path, kind: Mapping[str, str]) -> None:
        """`kind` is all that a result depends on, but the seed."""
        text = json.dumps(dict(kind), sort_keys=True)
        name = hashlib.sha256(text.encode()).hexdigest()[:NAME_LENGTH]
        self.path = folder / f"{name}{SUFFIX}"
        self._kind, self._synced = text, -SYNC_S

    def results(self) -> dict[int, Any]:
        """The results that are there, by seed; the first of each counts."""
        found: dict[int, Any] = {}
        for line in _lines(self.path):
            seed, result = line.get("seed"), line.get("result")
            if isinstance(seed, int) and result is not None:
                found.setdefault(seed, result)
        return found

    def add(self, seed: int, result: Mapping[str, Any]) -> None:
        """Keep a result; it outlives this process when this returns."""
        if not self.path.exists():
            own_folder(self.path.parent)
            _append(self.path, self._kind, True)
        now = time.monotonic()
        if due := now - self._synced >= SYNC_S:
            self._synced = now
        _append(self.path, json.dumps({"seed": seed, "result": result}), due)


def merge_finished(source: Path, target: Path) -> int:
    """Copy the results that `target` has not from one folder to another; how many."""
    copied = 0
    for path in sorted(source.glob(f"*{SUFFIX}")):
        known = {_key(line) for line in _lines(target / path.name)}
        for line in _lines(path):
            if (key := _key(line)) not in known:
                own_folder(target)
                known.add(key)
                _append(target / path.name, json.dumps(line), False)
                copied += "seed" in line
    return copied


def _key(line: Mapping[str, Any]) -> object:
    return line.get("seed", "kind")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        content = read_plain(path, MOST_BYTES)
    except FileNotFoundError:
        return
    for text in content.splitlines():
        try:
            value = parsed_json(text, path.name)
        except ValueError:  # cut off by a crash
            continue
        if isinstance(value, dict):
            yield value


def _append(path: Path, text: str, sync: bool) -> None:
    """Add a line in one write, after a newline where a crash left a line unfinished."""
    fd = open_plain(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        size = os.fstat(fd).st_size
        cut = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
        os.write(fd, (b"\n" if cut else b"") + text.encode() + b"\n")
        if sync:
            os.fsync(fd)
    finally:
        os.close(fd)
