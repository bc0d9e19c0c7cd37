"""`own_episode` makes an episode of our own export again, with its header and every column."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ....sim_envs.errors import FormatError
from ...attributes import MAX_BYTES, MOST
from ...config import OUR_RENDERER
from ...episode import Episode
from ...files.decoding import decoded, parsed_json
from ...recorded_spec import spec_of
from ...schema import FINAL_OBS, IMAGE_SUFFIX, OBS, columns, is_image, whole
from ...schema import FINAL_STATE as FINAL_STATE_KEY
from ...summary import ENV_ARGS, NO_SEED, from_attributes, summarise
from ..foreign_hdf5 import group_of
from ..imported_episode import image_size
from ..value_types import narrowed
from .layout import FINAL_STATE, OBSERVATIONS, PREFIX

OWN = (f"{PREFIX}id", f"{PREFIX}version", f"{PREFIX}sidestick_version")
"""Attributes by which an episode of ours is known, wherever it was copied to."""
CUT = "the last action of episodes that ended without an observation after it"
FINAL_LOST = "the observation after the last action of episodes whose last state is not recorded"


def is_own(group: h5py.Group) -> bool:
    """Whether an episode is one of ours."""
    return all(name in group.attrs for name in OWN)


def own_episode(
    group: h5py.Group,
    given: Mapping[str, NDArray[Any]],
    seen: Mapping[str, NDArray[Any]],
    path: Path,
    lost: list[str],
) -> Episode:
    """The episode with these columns [T, ...] and observations [T + 1, ...] by our names.

    FormatError where its attributes make no sense. What it has not is added to `lost` once.
    """
    steps = len(given["actions"])
    rows = {OBS + name: values[:-1] for name, values in seen.items()}
    rows |= whole({"dones": np.eye(steps, dtype=np.int64)[-1], **given})
    cameras = [name.removesuffix(IMAGE_SUFFIX) for name in seen if is_image(name)]
    attributes = own_attributes(group)
    try:
        readings = spec_of(attributes).readings
    except ValueError as error:
        raise FormatError(f"its attributes are not an episode's: {error}") from error
    types = {column.key: column.dtype for column in columns(cameras, readings)}
    if missing := sorted(types.keys() - rows.keys()):
        raise FormatError(f"infos/{missing[0]}: missing")
    rows = {key: narrowed(key, rows[key], kind) for key, kind in types.items()}
    rows["dones"][-1] = 1
    try:
        recorded = int(attributes.get("num_samples", steps))
        seed = int(group.attrs["seed"]) if "seed" in group.attrs else NO_SEED
        summary = from_attributes({**attributes, "num_samples": steps, "seed": seed}, path)
    except (KeyError, ValueError, TypeError) as error:
        raise FormatError(f"its attributes are not an episode's: {error}") from error
    counted = summarise(summary.id, summary.header, summary.outcome, rows)
    summary = replace(counted, version=summary.version)
    if recorded != steps:
        _note(lost, CUT)
        return Episode.of_columns(summary, rows)
    final = _final(group, seen, types, rows["states"].shape[1])
    if final is None:
        _note(lost, FINAL_LOST)
    return Episode.of_columns(summary, rows, final)


def own_attributes(group: h5py.Group) -> dict[str, Any]:
    """Our attributes of an episode by our names; FormatError for more or larger than ours."""
    if len(group.attrs) > MOST:
        raise FormatError(f"{len(group.attrs)} attributes, more than {MOST}")
    names = [name for name in group.attrs if name.startswith(PREFIX) and name != FINAL_STATE]
    return {name.removeprefix(PREFIX): _attribute(group, name) for name in names}


def own_config(group: h5py.Group) -> dict[str, Any]:
    """The workspace of an episode of an export that does not state it, as its settings."""
    own = own_attributes(group)
    stated = decoded(parsed_json(str(own.get(ENV_ARGS, "{}")), ENV_ARGS), dict[str, Any], ENV_ARGS)
    kwargs = decoded(stated.get("env_kwargs", {}), dict[str, Any], "env_kwargs")
    kwargs.pop("image_size", None)
    seen = group_of(group, OBSERVATIONS)
    shapes = {key: getattr(seen.get(key), "shape", ()) for key in seen if is_image(key)}
    return {
        "task": own.get("task"),
        "renderer": kwargs.pop("renderer", OUR_RENDERER),
        "image_size": image_size(shapes),
        "cameras": [name.removesuffix(IMAGE_SUFFIX) for name in shapes],
        "env_kwargs": kwargs,
    }


def _attribute(group: h5py.Group, name: str) -> Any:
    """One attribute; FormatError unless it is one number or text of at most our length."""
    stored = group.attrs.get_id(name)
    if stored.shape != () or stored.get_storage_size() > MAX_BYTES:
        raise FormatError(f"attribute {name}: expected one number or text")
    value = group.attrs[name]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str) and len(value) > MAX_BYTES:
        raise FormatError(f"attribute {name}: longer than {MAX_BYTES}")
    return value


def _final(
    group: h5py.Group, seen: Mapping[str, NDArray[Any]], types: Mapping[str, str], size: int
) -> dict[str, NDArray[Any]] | None:
    """State [size] and observation after the last action by the schema's names; None without."""
    if FINAL_STATE not in group.attrs:
        return None
    if group.attrs.get_id(FINAL_STATE).shape != (size,):
        raise FormatError(f"attribute {FINAL_STATE}: expected {size} numbers")
    state = narrowed(FINAL_STATE, np.asarray(group.attrs[FINAL_STATE]), "<f8")
    last = {
        FINAL_OBS + name: narrowed(OBS + name, rows[-1:], types[OBS + name])[0]
        for name, rows in seen.items()
    }
    return {**last, FINAL_STATE_KEY: state}


def _note(lost: list[str], line: str) -> None:
    lost += [line] if line not in lost else []
