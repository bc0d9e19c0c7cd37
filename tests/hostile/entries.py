"""Makers that put something else than a plain file, or odd names, into a workspace."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

from sidestick.datasets.files.plain_file import remove
from tests.hostile.place import Maker, Place

FILES = (
    "workspace.toml", "dataset.hdf5", "sidestick.db", "sidestick.db-wal", "journal/session.lock",
    "journal/index.lock", "journal/x.journal", "journal/learner.lock", "perception.safetensors",
    "episodes/20200101T000000-00000000.hdf5", "trash/x.hdf5", "policies/0001/config.json",
    "policies/0001/model.safetensors", "policies/0001/gate.json", "policies/pin.json",
    "policies/0001/set-aside.json", "policies/staging/candidate/plan.json", "page.html",
    "policies/0001/metrics.jsonl", "report.html",
)  # fmt: skip
FOLDERS = (
    "episodes", "journal", "trash", "policies", "cache", "policies/0001", "policies/staging",
    "policies/staging/candidate", "policies/staging/rubbish", "policies/removed",
)  # fmt: skip
KINDS = ("pipe", "socket", "device", "endless device", "folder", "link out", "link to itself",
         "dangling link", "link to a folder out", "locked", "a hole of a tebibyte")  # fmt: skip


def put(kind: str, path: Path, place: Place) -> None:
    """Put something odd under a name."""
    remove(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        _bind(path)
    elif kind == "device":
        path.symlink_to("/dev/full")
    elif kind == "endless device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "link out":
        path.symlink_to(place.outside / "photo.jpg")
    elif kind == "link to a folder out":
        path.symlink_to(place.outside)
    elif kind == "link to itself":
        path.symlink_to(path.name)
    elif kind == "dangling link":
        path.symlink_to(place.outside / "nothing")
    elif kind == "locked":
        path.write_bytes(b"x")
        path.chmod(0)
    else:
        with path.open("wb") as file:
            file.truncate(2**40)


def _bind(path: Path) -> None:
    """Make a socket; its path may have at most 107 bytes."""
    here = os.getcwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def file_makers() -> Iterator[tuple[str, Maker]]:
    """Every kind in place of every file."""
    for name in FILES:
        for kind in KINDS:
            yield f"{name}: {kind}", _putter(kind, name)


def folder_makers() -> Iterator[tuple[str, Maker]]:
    """Every kind in place of every folder."""
    for name in FOLDERS:
        for kind in KINDS:
            if kind not in ("folder", "a hole of a tebibyte"):
                yield f"{name}/: {kind}", _putter(kind, name)


def _putter(kind: str, name: str) -> Maker:
    return lambda place: put(kind, place.ws / name, place)


ODD_NAMES: dict[str, bytes] = {
    "no UTF-8": b"\xff\xfe",
    "ESC and markup": b"\x1b[2J[bold]\x07",
    "line feed": b"a\nb",
    "right to left": "\u202eabc".encode(),
    "reserved": b"CON",
    "dots": b"...",
    "blank": b" ",
    "option": b"--json",
    "quote": b"'; DROP TABLE events; --",
    "HTML": b"<script>alert(1)<",
    "long": b"x" * 200,
    "sqlite": b"a?mode=rw#b%00",
}


def name_makers() -> Iterator[tuple[str, Maker]]:
    """Copies of sound files and folders under odd names."""
    for name, raw in ODD_NAMES.items():
        yield f"episodes: {name}", _copier("episodes", b".hdf5", raw)
        yield f"journal: {name}", _copier("journal", b".journal", raw)
        yield f"trash: {name}", _copier("trash", b".hdf5", raw)
        yield f"policies: {name}", _folder_copier(raw)


def _copier(folder: str, ending: bytes, raw: bytes) -> Maker:
    def copy(place: Place) -> None:
        target = os.fsencode(place.ws / folder) + b"/" + raw + ending
        with open(target, "wb") as file:
            file.write(place.episode.read_bytes())

    return copy


def _folder_copier(raw: bytes) -> Maker:
    def copy(place: Place) -> None:
        target = os.fsencode(place.ws / "policies") + b"/" + raw
        os.mkdir(target)
        for path in place.policy.iterdir():
            with open(target + b"/" + os.fsencode(path.name), "wb") as file:
                file.write(path.read_bytes())

    return copy
