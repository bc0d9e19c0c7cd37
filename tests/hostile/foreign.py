"""Makers of other tools' datasets: robomimic files and LeRobot folders that lie."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.foreign import POSE
from tests.hostile.documents import BROKEN, ODD, json_makers, places, with_value
from tests.hostile.entries import KINDS, put
from tests.hostile.episodes import SPOILERS
from tests.hostile.place import Maker, Place

GIVEN = "given"
ARGS = {
    "env_name": "Lift", "type": 1, "lang": "lift it",
    "env_kwargs": {"controller_configs": POSE, "control_freq": 20, "renderer": "x"},
}  # fmt: skip
OWN_TOO = ("id", "operator", "instruction", "stages", "level", "started", "version", "policy",
           "env", "seed", "goal")  # fmt: skip


def robomimic_makers(name: str) -> Iterator[tuple[str, Maker]]:
    """Makers that spoil one of the robomimic files."""
    for case, spoil in SPOILERS.items():
        if name == "ours.hdf5" or not case.startswith(OWN_TOO):
            yield case, _in_demo(name, spoil)
    for case, content in BROKEN.items():
        yield f"env_args: {case}", _in_data(name, "env_args", content)
    turn = 0
    for place in places(ARGS):
        for _ in range(3):
            odd, turn = ODD[turn % len(ODD)], turn + 1
            if len(odd) < 60_000:
                text = with_value(ARGS, place, odd).encode()
                where = ".".join(map(str, place))
                yield f"env_args: {where} = {odd[:20]}", _in_data(name, "env_args", text)
    for kind in KINDS:
        yield f"the file is a {kind}", _putter(kind, name)


def _in_demo(name: str, spoil: Callable[[h5py.Group, Path, Place], object]) -> Maker:
    def make(place: Place) -> None:
        path = place.folder / GIVEN / name
        with h5py.File(path, "a") as file:
            try:
                spoil(file["data/demo_0"], path, place)
            except KeyError:  # a column that this file does not have
                return

    return make


def _in_data(name: str, key: str, content: bytes) -> Maker:
    def make(place: Place) -> None:
        with h5py.File(place.folder / GIVEN / name, "a", libver="latest") as file:
            if key in file["data"].attrs:
                del file["data"].attrs[key]
            stored = np.bytes_(content) if content else h5py.Empty("S1")
            file["data"].attrs.create(key, stored)

    return make


def _putter(kind: str, name: str) -> Maker:
    return lambda place: put(kind, place.folder / GIVEN / name, place)


def workspace_makers(base: Place) -> Iterator[tuple[str, Maker]]:
    """Makers of our robomimic export whose note about the workspace is odd."""
    with h5py.File(base.folder / GIVEN / "ours.hdf5") as file:
        key = next(k for k in file["data"].attrs if "workspace" in k)
        sample = json.loads(file["data"].attrs[key])
    for place in places(sample):
        for odd in ("null", "-1", '"\\u001b[2J[/x]"', "[]", "1e15", "{}", '"../../x"', "[[1]]"):
            text = with_value(sample, place, odd).encode()
            yield f"{key}: {place[0]} = {odd}", _in_data("ours.hdf5", key, text)
    for case, content in BROKEN.items():
        yield f"{key}: {case}", _in_data("ours.hdf5", key, content)


META = {"info.json": "meta/info.json", "sidestick.json": "meta/sidestick.json",
        "stats.json": "meta/stats.json"}  # fmt: skip
TABLES = {
    "tasks": "meta/tasks.parquet",
    "episodes": "meta/episodes/chunk-000/file-000.parquet",
    "data": "data/chunk-000/file-000.parquet",
}
TEMPLATES = (
    "../../../home/photo.jpg", "/etc/passwd", "{chunk_index:01000000000d}", "{chunk_index!r}",
    "{chunk_index.__class__}", "{nope}", "{", "data", "\x00", "x" * 5000, "meta/info.json",
    "{file_index:>9999999999}",
)  # fmt: skip


def lerobot_makers(base: Place, name: str) -> Iterator[tuple[str, Maker]]:
    """Makers that spoil one of the LeRobot folders."""
    yield from _documents_of(base, name)
    yield from _tables_of(name)
    for kind in KINDS:
        yield f"info.json is a {kind}", _entry(kind, f"{name}/meta/info.json")
    if name == "video":
        for case, content in VIDEOS.items():
            yield f"video: {case}", _videos(name, content)
        yield "video: 4096 x 4096", _large_video(name)


def _documents_of(base: Place, name: str) -> Iterator[tuple[str, Maker]]:
    """Odd JSON in meta/."""
    root = base.folder / GIVEN / name
    for short, path in META.items():
        sample = json.loads((root / path).read_text())
        if short == "sidestick.json":
            sample["episodes"] = sample["episodes"][:2]
        if short == "stats.json":
            sample = {"action": sample["action"]}
        each = 2 if short == "sidestick.json" else 1
        for case, make in json_makers(lambda p, path=path: p.folder / GIVEN / name / path, sample,
                                      each):  # fmt: skip
            yield f"{short}: {case}", make
    info = json.loads((root / META["info.json"]).read_text())
    for key in ("data_path", "video_path"):
        for template in TEMPLATES:
            yield f"{key} = {template[:30]!r}", _text(name, {**info, key: template})


def _tables_of(name: str) -> Iterator[tuple[str, Maker]]:
    """Odd tables."""
    for short, path in TABLES.items():
        for case, change in PARQUET.items():
            yield f"{short}: {case}", _table(name, path, change)
        for kind in KINDS:
            yield f"{short} is a {kind}", _entry(kind, f"{name}/{path}")


def _text(name: str, info: Any) -> Maker:
    path = META["info.json"]
    return lambda p: (p.folder / GIVEN / name / path).write_text(json.dumps(info))


def _entry(kind: str, path: str) -> Maker:
    return lambda place: put(kind, place.folder / GIVEN / path, place)


def _column(value: Any, *keys: str) -> Callable[[pa.Table], pa.Table]:
    """A change of the columns whose names hold one of the keys, to one value in every row."""

    def change(table: pa.Table) -> pa.Table:
        for place, key in enumerate(table.column_names):
            if any(part in key for part in keys):
                table = table.set_column(place, key, pa.array([value] * len(table)))
        return table

    return change


PARQUET: dict[str, Callable[[pa.Table], pa.Table | bytes]] = {
    "empty": lambda table: b"",
    "text": lambda table: b"PAR1" + b"x" * 99 + b"PAR1",
    "footer of 2^31": lambda table: b"PAR1" + b"\xff" * 20 + b"\xff\xff\xff\x7f" + b"PAR1",
    "no rows": lambda table: table.slice(0, 0),
    "no columns": lambda table: table.select([]),
    "one column": lambda table: table.select([table.column_names[0]]),
    "text for numbers": _column("\x1b[2J[/x]", "index", "timestamp", "length"),
    "null for numbers": _column(None, "index", "timestamp", "length"),
    "infinity": _column(float("inf"), "timestamp", "length"),
    "1e300": _column(1e300, "timestamp"),
    "negative": _column(-5, "index", "length"),
    "2^62": _column(2**62, "index", "length"),
    "lists for all": _column([1, 2], "index", "timestamp", "action", "tasks"),
    "deep lists": _column([[[[1]]]], "action", "observation", "tasks"),
    "tasks of odd letters": _column(["\x1b[2J[/x]", "a\u202e"], "tasks"),
    "tasks of null": _column([None], "tasks"),
    "actions of NaN": _column([float("nan")] * 7, "action"),
    "actions of text": _column("x", "action"),
    "actions of 3": _column([0.5] * 3, "action"),
    "many rows": lambda table: pa.concat_tables([table] * 3000) if len(table) else table,
    "duplicate columns": lambda table: table.append_column(
        table.column_names[0], table.column(0)),
}  # fmt: skip


def _table(name: str, path: str, change: Callable[[pa.Table], pa.Table | bytes]) -> Maker:
    def make(place: Place) -> None:
        file = place.folder / GIVEN / name / path
        made = change(pq.read_table(file))
        if isinstance(made, bytes):
            file.write_bytes(made)
        else:
            pq.write_table(made, file, compression="zstd")

    return make


PLAYLIST = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
VIDEOS: dict[str, bytes] = {
    "empty": b"",
    "text": b"x" * 999,
    "a playlist": PLAYLIST,
    "ffconcat": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "a GIF of 65535": b"GIF89a\xff\xff\xff\xff\x80\x00\x00"
    + bytes(6)
    + b",\0\0\0\0\xff\xff\xff\xff",
}


def _videos(name: str, content: bytes) -> Maker:
    def make(place: Place) -> None:
        for path in (place.folder / GIVEN / name).rglob("*.mp4"):
            path.write_bytes(content)

    return make


def _large_video(name: str) -> Maker:
    """Videos whose pictures are far larger than the dataset says."""

    def make(place: Place) -> None:
        import av

        for path in (place.folder / GIVEN / name).rglob("*.mp4"):
            with av.open(str(path), "w") as container:
                stream = container.add_stream("mpeg4", rate=20)
                stream.width = stream.height = 4096
                frame = av.VideoFrame.from_ndarray(np.zeros((4096, 4096, 3), np.uint8))
                for packet in (*stream.encode(frame), *stream.encode(None)):
                    container.mux(packet)

    return make
