"""This module compares an open episode file with the schema before any large dataset is read."""

from collections.abc import Iterable, Iterator

import h5py
import numpy as np

from ..sim_envs.free_memory import free_memory
from .attributes import read_attributes
from .cache import SHARE
from .recorded_spec import AXES, READINGS, RecordedSpec, spec_of
from .schema import FINAL_STATE, IMAGE_SUFFIX, OBS, Sizes, columns, final_dtype, is_image
from .storage_check import link_problems, storage_problems

ABANDONED = "abandoned"
MAX_STEPS = 200_000
"""Largest plausible number of steps, nearly three hours at 20 Hz; more means damage."""
MAX_RATIO = 1100
"""Largest plausible compression: deflate reaches at most 1032 to 1; more means damage."""


def cameras_of(demo: h5py.Group) -> tuple[str, ...]:
    """The cameras whose images a file holds."""
    names = demo[OBS.rstrip("/")].keys()
    return tuple(name.removesuffix(IMAGE_SUFFIX) for name in names if name.endswith(IMAGE_SUFFIX))


def spec_in(demo: h5py.Group) -> RecordedSpec:
    """What a file's actions and readings mean; ValueError where it says nonsense."""
    names = [name for name in (AXES, READINGS) if name in demo.attrs]
    return spec_of(read_attributes(demo, names))


def layout_problems(demo: h5py.Group, steps: int, version: int) -> Iterator[str]:
    """Yield each deviation from the schema: what was expected, what was found."""
    if not 0 < steps <= MAX_STEPS:
        yield f"num_samples: expected 1 to {MAX_STEPS}, got {steps}"
        return
    if elsewhere := next(link_problems(demo), None):
        yield elsewhere
        return
    sizes = _sizes(demo)
    yield from _column_problems(demo, steps, sizes, version)
    if FINAL_STATE in demo:
        layout = final_dtype(sizes)
        for key in layout.names or ():
            base, shape = layout[key].base, layout[key].shape
            yield from _dataset_problems(demo, key, base, shape)
    branches = list(demo.get(ABANDONED, {}).values())
    if len({h5py.h5o.get_info(branch.id).addr for branch in branches}) < len(branches):
        yield f"{ABANDONED}: a branch that is linked twice"
        return
    for branch in branches:
        rows = int(np.shape(branch["actions"])[0])
        yield from _column_problems(branch, rows, sizes, version)


def claim_problems(demo: h5py.Group, keys: Iterable[str]) -> Iterator[str]:
    """Yield a problem when reading these columns would take more than half of the free memory."""
    groups = [demo, *demo.get(ABANDONED, {}).values()]
    claimed = sum(group[key].nbytes for group in groups for key in keys if key in group)
    room = int(SHARE * free_memory())
    if claimed > room:
        yield f"claims {claimed} bytes, more than half of the {2 * room} bytes of free memory"


def keys_in(demo: h5py.Group, images: bool = True) -> list[str]:
    """The schema's columns that a file holds, and those that its branches may."""
    table = columns(cameras_of(demo), spec_in(demo).readings)
    keys = [column.key for column in table if column.key in demo or column.optional]
    return [key for key in keys if images or not is_image(key)]


def final_keys(demo: h5py.Group) -> tuple[str, ...]:
    """The datasets that hold the end of an episode."""
    return final_dtype(_sizes(demo)).names or ()


def _column_problems(group: h5py.Group, steps: int, sizes: Sizes, version: int) -> Iterator[str]:
    """Yield the problems of the columns of the main line or one branch."""
    for column in columns(sizes.cameras, sizes.readings):
        if column.since <= version and not (column.optional and column.key not in group):
            shape = (steps, *sizes.shape(column.shape))
            yield from _dataset_problems(group, column.key, np.dtype(column.dtype), shape)


def _dataset_problems(
    group: h5py.Group, key: str, dtype: np.dtype[np.generic], shape: tuple[int, ...]
) -> Iterator[str]:
    """Yield what is wrong with one dataset."""
    dataset = group.get(key)
    if not isinstance(dataset, h5py.Dataset):
        yield f"{key}: missing"
    elif dataset.dtype != dtype or dataset.shape != shape:
        yield f"{key}: expected {dtype}{list(shape)}, got {dataset.dtype}{list(dataset.shape)}"
    elif dataset.external or dataset.file.id.name != group.file.id.name:
        yield f"{key}: lies in another file"
    elif dataset.nbytes > MAX_RATIO * dataset.id.get_storage_size():
        yield f"{key}: claims {dataset.nbytes} bytes, more than the file can hold"
    else:
        yield from storage_problems(dataset, key)


def _sizes(demo: h5py.Group) -> Sizes:
    """The task-dependent sizes in a file; 0 where it has no such dataset."""
    cameras = cameras_of(demo)
    image = _width(demo, f"{OBS}{cameras[0]}{IMAGE_SUFFIX}") if cameras else 0
    goals, states, spec = _width(demo, f"{OBS}goal"), _width(demo, "states"), spec_in(demo)
    return Sizes(cameras, image, goals, states, spec.action.size, spec.readings)


def _width(demo: h5py.Group, key: str) -> int:
    """Length of a dataset's second axis; 0 without one."""
    shape: tuple[int, ...] = np.shape(demo[key]) if key in demo else ()
    return int(shape[1]) if len(shape) > 1 else 0
