"""`read_info` reads meta/info.json of a LeRobot dataset; what is read of it has its type."""

from pathlib import Path
from typing import Annotated, Any

import msgspec

from ....sim_envs.errors import BadValue, FormatError
from ...files.decoding import decoded
from .files import read_json
from .layout import INFO, VERSION

Side = Annotated[int, msgspec.Meta(ge=0, le=2**31)]


class FeatureInfo(msgspec.Struct):
    """One column."""

    dtype: str
    shape: Annotated[list[Side], msgspec.Meta(max_length=8)]
    names: list[Any] | dict[str, Any] | None = None


class DatasetInfo(msgspec.Struct):
    """What is read of a dataset's description."""

    features: dict[str, FeatureInfo]
    fps: float
    """The templates of its paths are checked by `files.path_in`."""


def read_info(root: Path) -> dict[str, Any]:
    """The description of a dataset; FormatError for another version, or one that makes no sense."""
    found = read_json(root, INFO)
    if (version := found.get("codebase_version")) != VERSION:
        raise FormatError(f"{root}: LeRobot {version}; this Sidestick reads {VERSION}")
    try:
        decoded(found, DatasetInfo, INFO)
    except BadValue as error:
        raise FormatError(f"{root}: {error}") from error
    return found
