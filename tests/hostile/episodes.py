"""Makers of episode files: sound HDF5 whose sizes, links, filters or numbers lie."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.hostile.place import Place

DEMO = "data/demo_0"
Spoiler = Callable[[h5py.Group, Path, Place], object]


def replaced(key: str, values: Any, **options: Any) -> Spoiler:
    """Another dataset in place of a column."""

    def spoil(demo: h5py.Group, path: Path, place: Place) -> None:
        del demo[key]
        demo.create_dataset(key, data=values, **options)

    return spoil


def claimed(key: str, shape: tuple[int, ...], dtype: str = "f4", **options: Any) -> Spoiler:
    """A dataset that claims a shape and holds nothing."""

    def spoil(demo: h5py.Group, path: Path, place: Place) -> None:
        del demo[key]
        demo.create_dataset(key, shape, dtype, **options)

    return spoil


def linked(key: str, link: Callable[[Path, Place], Any]) -> Spoiler:
    """A link in place of a column."""

    def spoil(demo: h5py.Group, path: Path, place: Place) -> None:
        del demo[key]
        demo[key] = link(path, place)

    return spoil


def attribute(key: str, value: Any) -> Spoiler:
    """Another attribute of the episode."""

    def spoil(demo: h5py.Group, path: Path, place: Place) -> None:
        demo.attrs[key] = value

    return spoil


def chunk_bomb(demo: h5py.Group, path: Path, place: Place) -> None:
    """A column of some numbers in one compressed chunk of a gibibyte."""
    del demo["rewards"]
    made = demo.create_dataset(
        "rewards", (7,), "f4", chunks=(2**28,), maxshape=(None,), compression="gzip"
    )
    made.id.write_direct_chunk((0,), _zeros(2**30))


def _zeros(size: int) -> bytes:
    import zlib

    packer = zlib.compressobj(9)
    block = bytes(2**20)
    return b"".join(packer.compress(block) for _ in range(size // len(block))) + packer.flush()


def many_attributes(demo: h5py.Group, path: Path, place: Place) -> None:
    """Thirty thousand attributes."""
    demo.attrs.update({f"a{number}": number for number in range(30_000)})


def many_links(demo: h5py.Group, path: Path, place: Place) -> None:
    """Forty thousand links to one group."""
    group = demo.create_group("obs/many")
    for number in range(40_000):
        group[f"l{number}"] = h5py.SoftLink("/data")


def deep_groups(demo: h5py.Group, path: Path, place: Place) -> None:
    """Groups in groups."""
    group = demo.create_group("deep")
    for _ in range(2000):
        group = group.create_group("g")


def loop(demo: h5py.Group, path: Path, place: Place) -> None:
    """A group that holds itself."""
    demo["obs/again"] = demo
    demo["abandoned"] = demo


def virtual(demo: h5py.Group, path: Path, place: Place) -> None:
    """A column that is made of another file's."""
    layout = h5py.VirtualLayout((7,), "f4")
    layout[:] = h5py.VirtualSource(str(place.outside / "photo.jpg"), "x", (7,))
    del demo["rewards"]
    demo.create_virtual_dataset("rewards", layout)


def elsewhere(demo: h5py.Group, path: Path, place: Place) -> None:
    """A column whose bytes lie in somebody's file."""
    steps = len(demo["rewards"])
    del demo["rewards"]
    secret = (str(place.outside / "photo.jpg"), 0, 4 * steps)
    demo.create_dataset("rewards", (steps,), "<f4", external=[secret])


def all_external(demo: h5py.Group, path: Path, place: Place) -> None:
    """The whole episode is a link to another workspace's file."""
    file = demo.file
    other = sorted(path.parent.glob("[!.]*.hdf5"))[-1]
    hidden = place.outside / "other.hdf5"
    hidden.write_bytes(other.read_bytes())
    del file[DEMO]
    file[DEMO] = h5py.ExternalLink(str(hidden), DEMO)


REFERENCES = np.array([(1, b"x")], [("a", "i4"), ("b", "S9")])
SPOILERS: dict[str, Spoiler] = {
    "rewards of a tebibyte": claimed("rewards", (2**38,), chunks=(2**16,)),
    "rewards of 2^60": claimed("rewards", (2**58,), chunks=(2**16,)),
    "no rewards": claimed("rewards", (0,)),
    "scalar rewards": replaced("rewards", 1.0),
    "empty dataspace": replaced("rewards", h5py.Empty("f4")),
    "text as rewards": replaced("rewards", np.array([b"x"] * 20)),
    "compound rewards": replaced("rewards", REFERENCES),
    "complex rewards": replaced("rewards", np.zeros(20, complex)),
    "rewards of float16": replaced("rewards", np.zeros(20, np.float16)),
    "big-endian rewards": replaced("rewards", np.zeros(20, ">f4")),
    "opaque rewards": replaced("rewards", np.zeros(20, "V8")),
    "rewards of 32 axes": replaced("rewards", np.zeros((1,) * 32)),
    "actions of 10^6 columns": claimed("actions", (20, 10**6), chunks=(1, 1000)),
    "actions of NaN": replaced("actions", np.full((20, 7), np.nan, "f4")),
    "actions of 1e38": replaced("actions", np.full((20, 7), 1e38, "f4")),
    "times of infinity": replaced("wall_time", np.full(20, np.inf)),
    "times of -1e300": replaced("wall_time", np.full(20, -1e300)),
    "times of 1e300": replaced("wall_time", np.linspace(0, 1e300, 20)),
    "late for ever": replaced("late_ms", np.full(20, np.inf, "f4")),
    "states of infinity": replaced("states", np.full((20, 112), np.inf)),
    "states of another length": replaced("states", np.zeros((20, 5))),
    "states of no column": replaced("states", np.zeros((20, 0))),
    "stages of 32767": replaced("stage", np.full(20, 32767, "i2")),
    "takeovers of 10^9": replaced("takeover_id", np.arange(20, dtype="i4") * 10**8),
    "drivers of 255": replaced("driver", np.full(20, 255, "u1")),
    "goals of none": replaced("obs/goal", np.zeros((20, 0), "f4")),
    "goals of 10^6": claimed("obs/goal", (20, 10**6), chunks=(20, 100)),
    "pictures of 1 pixel": replaced("obs/front_image", np.zeros((20, 1, 1, 3), "u1")),
    "pictures of no pixel": replaced("obs/front_image", np.zeros((20, 0, 0, 3), "u1")),
    "pictures of 10^5": claimed("obs/front_image", (20, 10**5, 10**5, 3), "u1",
                                chunks=(1, 1000, 1000, 3)),
    "grey pictures": replaced("obs/front_image", np.zeros((20, 96, 96), "u1")),
    "another camera": replaced("obs/wrist_image", np.zeros((20, 96, 96, 3), "u1")),
    "a camera of odd name": lambda demo, path, place: demo.create_dataset(
        "obs/\x1b[2J_image", data=np.zeros((20, 96, 96, 3), "u1")),
    "soft link to nothing": linked("rewards", lambda *_: h5py.SoftLink("/nothing")),
    "soft link to itself": linked("rewards", lambda *_: h5py.SoftLink(f"/{DEMO}/rewards")),
    "soft link to the root": linked("rewards", lambda *_: h5py.SoftLink("/")),
    "external link to a device": linked("rewards", lambda *_: h5py.ExternalLink("/dev/zero", "x")),
    "external link out": linked(
        "rewards", lambda path, place: h5py.ExternalLink(str(place.outside / "photo.jpg"), "x")),
    "external link to itself": linked(
        "rewards", lambda path, place: h5py.ExternalLink(path.name, f"{DEMO}/rewards")),
    "chunk bomb": chunk_bomb,
    "many attributes": many_attributes,
    "many links": many_links,
    "deep groups": deep_groups,
    "loop": loop,
    "virtual": virtual,
    "external storage": elsewhere,
    "all of it elsewhere": all_external,
    "id that climbs": attribute("id", "../../../x"),
    "absolute id": attribute("id", "/tmp/x"),
    "id of odd letters": attribute("id", "\x1b[2J"),
    "a list as id": attribute("id", [1, 2]),
    "no number of steps": attribute("num_samples", "x"),
    "huge number of steps": attribute("num_samples", 2**62),
    "steps that are NaN": attribute("num_samples", np.nan),
    "ESC in operator": attribute("operator", "\x1b]0;x\x07[/x]\u202e"),
    "markup in instruction": attribute("instruction", "[/x] <script>alert(1)</script> [red]"),
    "operator of 60 kB": attribute("operator", "x" * 60_000),
    "task of another": attribute("task", "Nothing"),
    "task of odd letters": attribute("task", "\x1b[2J[/x]"),
    "bytes that are no text": attribute("operator", np.bytes_(b"\xff\xfe")),
    "a list as operator": attribute("operator", ["a", "b"]),
    "an array as seed": attribute("seed", np.arange(9)),
    "an empty attribute": attribute("seed", h5py.Empty("i8")),
    "seed of 2^64": attribute("seed", np.uint64(2**64 - 1)),
    "stages that are deep": attribute("stages", "[" * 60_000),
    "stages of numbers": attribute("stages", "[1, null, {}]"),
    "stages of 9000": attribute("stages", str(["s"] * 9000).replace("'", '"')),
    "env_args that are deep": attribute("env_args", "{\"a\":" * 9000),
    "env_args that are a list": attribute("env_args", "[]"),
    **{f"env_kwargs {odd}": attribute("env_args", f'{{"env_kwargs": {odd}}}') for odd in (
        "[]", '{"image_size": 1000000}', '{"nothing": 1}', '{"num_items": 1000000000}', '"x"',
        '{"task": "Nothing"}', '{"renderer": "\\u001b[2J"}', '{"num_items": null}', "null",
        '{"variation": [1]}', '{"image_size": "x"}', '{"num_items": -1}', '{"max_steps": 1e300}',
    )},
    "started in 10^300": attribute("started", 1e300),
    "ended before it began": attribute("ended", 0.0),
    "level 99": attribute("level", 99),
    "version of 2^40": attribute("version", 2**40),
    "policy that climbs": attribute("policy_id", "../../../home"),
    "goal of odd letters": attribute("goal", "\x1b[2J[/x]"),
    "success that is text": attribute("success", "yes"),
    "takeovers of 10^18": attribute("takeovers", 10**18),
}  # fmt: skip


def open_and(spoil: Spoiler) -> Callable[[Place], None]:
    """A maker that spoils the first episode."""

    def make(place: Place) -> None:
        path = place.episode
        with h5py.File(path, "a") as file:
            spoil(file[DEMO], path, place)

    return make


def raw(change: Callable[[bytes], bytes]) -> Callable[[Place], None]:
    """A maker that changes the bytes of the first episode's file."""
    return lambda place: place.episode.write_bytes(change(place.episode.read_bytes()))


def zeroed(content: bytes, start: float) -> bytes:
    """A block of the file is lost."""
    at = int(start * len(content)) // 512 * 512
    return content[:at] + bytes(min(4096, len(content) - at)) + content[at + 4096 :]


def noise(content: bytes, seed: int) -> bytes:
    """Some bytes of the file are others."""
    rng, flipped = np.random.default_rng(seed), bytearray(content)
    for at in rng.integers(0, len(content), 40):
        flipped[at] = rng.integers(256)
    return bytes(flipped)


MAKERS: dict[str, Callable[[Place], object]] = {
    **{name: open_and(spoil) for name, spoil in SPOILERS.items()},
    "empty file": raw(lambda content: b""),
    "half a file": raw(lambda content: content[: len(content) // 2]),
    "no superblock": raw(lambda content: bytes(4096) + content[4096:]),
    "text": raw(lambda content: b"not HDF5\n" * 99),
    "a database": lambda place: place.episode.write_bytes(
        (place.ws / "sidestick.db").read_bytes()),
    "another's id": lambda place: place.episode.write_bytes(
        max((place.ws / "episodes").glob("[!.]*.hdf5")).read_bytes()),
    "hard link out": lambda place: (
        place.episode.unlink(),
        os.link(place.outside / "photo.jpg", place.ws / "episodes/20250101T000000-00000000.hdf5"),
    ),
    **{f"noise {seed}": raw(lambda content, seed=seed: noise(content, seed)) for seed in range(8)},
    **{f"zeros at {n}/8": raw(lambda c, n=n: zeroed(c, n / 8)) for n in range(8)},
}  # fmt: skip
