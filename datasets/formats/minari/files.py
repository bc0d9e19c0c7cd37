"""This module finds the files of a Minari dataset and reads its metadata."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ....sim_envs.errors import BadValue, FormatError
from ...files.decoding import decoded, parsed_json
from ..lerobot.files import below, read_json
from .layout import MAIN_FILE, METADATA_FILE, WORKSPACE

DATA = "data"
DEPTHS = ("", "*", "*/*", "*/*/*", "*/*/*/*")
"""Where a dataset may lie below the folder that is given: ids have namespaces."""
STEP_LIMIT = "max_episode_steps"


class EnvironmentSpec(msgspec.Struct):
    """Gymnasium's description of an environment, as far as it is read."""

    id: str
    kwargs: dict[str, Any] = {}
    additional_wrappers: list[dict[str, Any]] = []
    max_episode_steps: int | None = None


class Metadata(msgspec.Struct):
    """Of a dataset, as far as it is read."""

    data_format: str = "hdf5"
    jpeg_encoding: bool = False
    env_spec: str | dict[str, Any] | None = None
    action_space: str | dict[str, Any] | None = None
    algorithm_name: str = ""
    workspace: dict[str, Any] | None = msgspec.field(default=None, name=WORKSPACE)
    """The workspace's configuration, where it is our export."""


def dataset_folder(path: Path) -> Path:
    """The folder with a dataset's files; FormatError where there is none, or several.

    `path` may be that folder, the dataset's, one of the folders of its namespace, that of all
    datasets, or the main file itself.
    """
    if path.name == MAIN_FILE and path.is_file():
        return path.parent
    found = {
        place.parent for depth in DEPTHS for place in path.glob(f"{depth}/{MAIN_FILE}".lstrip("/"))
    }
    if not found:
        raise FormatError(
            f"{path}: no dataset of Minari (no {DATA}/{MAIN_FILE}); expected its folder, or "
            "the one that MINARI_DATASETS_PATH names"
        )
    if len(found) > 1:
        names = ", ".join(sorted(folder.parent.relative_to(path).as_posix() for folder in found))
        raise FormatError(f"{path}: holds several datasets, {names}; give the folder of one")
    return found.pop()


def read_metadata(folder: Path) -> Metadata:
    """A dataset's metadata; FormatError where they are none, or of another storage."""
    path = folder / METADATA_FILE
    try:
        found = decoded(read_json(folder, METADATA_FILE), Metadata, METADATA_FILE)
    except BadValue as error:
        raise FormatError(f"{path}: {error}") from error
    if found.data_format != "hdf5":
        raise FormatError(f"{path}: stored as {found.data_format}; this Sidestick reads hdf5")
    return found


def environment_of(metadata: Metadata) -> EnvironmentSpec | None:
    """The environment of a dataset; None where it states none, FormatError for nonsense."""
    spec: object = metadata.env_spec
    try:
        if isinstance(spec, str):
            spec = parsed_json(spec, "env_spec")
        return None if spec is None else decoded(spec, EnvironmentSpec, "env_spec")
    except BadValue as error:
        raise FormatError(str(error)) from error


def main_file(folder: Path) -> Path:
    """The dataset's main file; FormatError where it lies elsewhere or is no plain file."""
    return below(folder, MAIN_FILE)


def wrapper_names(spec: EnvironmentSpec) -> list[str]:
    """What an environment is wrapped in."""
    return [str(_name(wrapper)) for wrapper in spec.additional_wrappers]


def _name(wrapper: Mapping[str, Any]) -> object:
    return wrapper.get("name", "an unnamed one")
