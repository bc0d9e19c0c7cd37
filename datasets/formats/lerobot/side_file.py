"""`SideFile` is what our LeRobot export adds in meta/sidestick.json: workspace and attributes.

Episodes are found in it by what they hold. Other programs remove, merge and reorder episodes, and
by position each one would get its neighbour's attributes.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....sim_envs.errors import FormatError
from ...summary import Attributes
from .files import read_json
from .layout import OURS

CONTENT = "content"
"""Key of an episode's digest beside its attributes."""
DIGESTED = ("action", "observation.state")
"""Columns that every program keeps as they are."""


class SideFile:
    """The side file of a dataset; empty where there is none."""

    def __init__(self, root: Path, episodes: int) -> None:
        found = read_json(root, OURS) if (root / OURS).exists() else {}
        listed, workspace = found.get("episodes", []), found.get("workspace")
        if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
            raise FormatError(f"{root / OURS}: episodes: expected a list of objects")
        if workspace is not None and not isinstance(workspace, dict):
            raise FormatError(f"{root / OURS}: workspace: expected an object")
        self.workspace: dict[str, Any] | None = workspace
        self._by_place = listed if len(listed) == episodes else []
        self._by_content: dict[str, list[Attributes]] = defaultdict(list)
        for attributes in listed:
            if isinstance(digest := attributes.get(CONTENT), str):
                self._by_content[digest].append(attributes)

    def attributes(self, number: int, frames: Mapping[str, NDArray[Any]]) -> Attributes | None:
        """The attributes of the episode with these columns [T, ...]; None where it is not in it.

        Each counts once. A file of an earlier version holds no digests: there the place counts, as
        long as no episode was added or removed and the length is the same.
        """
        same = self._by_content.get(content_digest(frames), [])
        if same:
            return same.pop(0)
        if number < len(self._by_place) and CONTENT not in self._by_place[number]:
            attributes: Attributes = self._by_place[number]
            if attributes.get("num_samples") == len(frames["action"]):
                return attributes
        return None


def content_digest(frames: Mapping[str, NDArray[Any]]) -> str:
    """A digest of an episode's columns [T, ...] by LeRobot's names."""
    digest = hashlib.blake2b(digest_size=16)
    for key in DIGESTED:
        digest.update(np.ascontiguousarray(frames[key], "<f4").tobytes())
    return digest.hexdigest()
