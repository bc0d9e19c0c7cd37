"""Makers of Minari datasets that lie: our export beside the workspace, spoilt in one place."""

import json
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from tests.hostile.documents import json_makers
from tests.hostile.entries import KINDS, put
from tests.hostile.episodes import Spoiler, attribute, claimed, linked, replaced
from tests.hostile.place import Maker, Place

DATA = "given/minari/sidestick/ShelfPick/human-v0/data"
FILES = {"metadata": "metadata.json", "main file": "main_data.hdf5"}
OWN = (
    "id", "version", "level", "started", "stages", "goal_names", "env_args", "success", "operator",
    "num_samples", "final_state", "instruction",
)  # fmt: skip
ODD = (
    -5, 2**62, float("nan"), "\x1b[2J[/x]", "../../x", "[" * 9000, "", np.zeros(3), [[1, 2]],
    np.bytes_(b"\xff\xfe"), h5py.Empty("f4"),
)  # fmt: skip


def many(key: str) -> Spoiler:
    """A column of texts of any length of which one claims two gigabytes."""

    def spoil(group: h5py.Group, path: Path, place: Place) -> None:
        steps = len(group["actions"])
        del group[key]
        rows = group.create_dataset(
            key, data=["x"] * (steps + 1), dtype=h5py.string_dtype(), chunks=True
        )
        (_, raw), first = rows.id.read_direct_chunk((0,)), (2**31).to_bytes(4, "little")
        rows.id.write_direct_chunk((0,), first + raw[4:])

    return spoil


SPOILERS: dict[str, Spoiler] = {
    "actions of text": replaced("actions", ["x"] * 7),
    "actions of 10^12": claimed("actions", (10**6, 10**6), chunks=(1000, 1000)),
    "no actions": replaced("actions", np.zeros((0, 7))),
    "rewards of 2^60": claimed("rewards", (2**60,), chunks=(2**20,)),
    "NaN": replaced("rewards", np.full(9, np.nan)),
    "pictures of 10^9": claimed("observations/front_image", (9, 10**4, 10**4, 3), "u1",
                                chunks=(1, 100, 100, 3)),
    "pictures of text": many("observations/front_image"),
    "instruction of 2 GB": many("infos/driver"),
    "drivers of 300": replaced("infos/driver", np.full(9, 300)),
    "states that are gone": linked("infos/states", lambda path, place: h5py.SoftLink("/nowhere")),
    "actions elsewhere": linked(
        "actions", lambda path, place: h5py.ExternalLink(str(place.outside / "photo.jpg"), "/x")
    ),
    "observations elsewhere": linked(
        "observations", lambda path, place: h5py.ExternalLink("../../../../x.hdf5", "/x")
    ),
    "seed": attribute("seed", 2**63),
    "seeds": attribute("seed", np.zeros(5)),
    "ticks": attribute("options/reseats", np.full(10_000, -(2**40))),
    "ticks of text": attribute("options/reseats", "all"),
}  # fmt: skip


def makers(base: Place) -> Iterator[tuple[str, Maker]]:
    """Makers that spoil metadata, attributes, datasets and the files themselves."""
    sample = json.loads((base.folder / DATA / FILES["metadata"]).read_text())
    for key in ("observation_space", "action_space", "description"):  # which are not read
        sample[key] = ""
    yield from json_makers(lambda place: place.folder / DATA / FILES["metadata"], sample, 2)
    spec = json.loads(sample["env_spec"])
    for name, text in {"deep": "[" * 10**5, "none": "{}", "list": "[]"}.items():
        yield f"env_spec: {name}", _metadata({**sample, "env_spec": text})
    for key in ("id", "kwargs", "additional_wrappers", "max_episode_steps"):
        for value in (None, -1, "\x1b[/x]", [1], {"task": "../../x", "image_size": 10**9}):
            changed = json.dumps({**spec, key: value})
            told = {k: v for k, v in sample.items() if k != "sidestick.workspace"}
            yield f"env_spec: {key} = {value!r}"[:60], _metadata({**told, "env_spec": changed})
    for name, spoil in SPOILERS.items():
        yield name, _spoilt(spoil)
    for key in OWN:
        for value in ODD:
            yield f"{key} = {value!r}"[:60], _spoilt(attribute(f"sidestick.{key}", value))
    for short, file in FILES.items():
        for kind in KINDS:
            yield f"{short} is a {kind}", _entry(kind, file)


def _metadata(told: object) -> Maker:
    return lambda place: (place.folder / DATA / FILES["metadata"]).write_text(json.dumps(told))


def _entry(kind: str, file: str) -> Maker:
    return lambda place: put(kind, place.folder / DATA / file, place)


def _spoilt(spoil: Spoiler) -> Maker:
    def make(place: Place) -> None:
        path = place.folder / DATA / FILES["main file"]
        with h5py.File(path, "a") as file:
            spoil(file["episode_0"], path, place)

    return make
