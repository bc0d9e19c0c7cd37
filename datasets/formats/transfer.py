"""This module holds what exports and imports share: options, report, protocols, atomic targets."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from ...sim_envs.errors import WorkspaceError
from ..checking.check import Problem
from ..config import WorkspaceConfig
from ..episode import Episode
from ..files.durable import TEMPORARY, sync_folder
from ..files.plain_file import remove

Tick: TypeAlias = Callable[[str], None]
"""Called once per episode, with its name."""


def ignore(_: str) -> None:
    """Do nothing: the default `tick`."""


@dataclass(frozen=True)
class ExportOptions:
    """Options of an export; each format uses those that apply to it."""

    next_obs: bool = False
    """robomimic: also write `next_obs`, which doubles the size."""
    images: Literal["video", "png"] = "video"
    """LeRobot: video is small and loses a little, png loses nothing."""
    dataset_id: str = "sidestick/{task}/human-v0"
    """Minari: the name under which the dataset is loaded."""
    successful: bool = False
    """Leave out the episodes that did not succeed."""


@dataclass(frozen=True)
class Transfer:
    """The report of an export or import."""

    format: str
    """The other format."""
    path: str
    """Where it was written."""
    episodes: int
    """Number of transferred episodes."""
    steps: int
    """Sum of their steps."""
    lost: tuple[str, ...]
    """What the target cannot hold."""
    filled_in: tuple[str, ...] = ()
    """What the source does not have and was assumed."""
    skipped: tuple[Problem, ...] = ()
    """Episodes that were not transferred, with the reason."""

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON-compatible dict."""
        return {**asdict(self), "skipped": [problem._asdict() for problem in self.skipped]}


class Writer(Protocol):
    """Writes episodes in another format."""

    def add(self, episode: Episode) -> int:
        """Add an episode; return the number of its steps that were written."""
        ...

    def close(self) -> None:
        """Complete what was written."""
        ...

    def lost(self) -> list[str]:
        """What the format cannot hold of the added episodes."""
        ...


class Source(Protocol):
    """A dataset of another tool, open for reading."""

    config: WorkspaceConfig
    """The workspace that it fits into."""
    lost: list[str]
    """What it holds and a workspace cannot."""
    filled_in: list[str]
    """What it does not have and is assumed."""

    def __len__(self) -> int:
        """Number of episodes."""
        ...

    def episodes(self) -> Iterator[tuple[str, Episode | Problem]]:
        """Yield each episode's name in the source, and itself or what is wrong with it."""
        ...


@contextmanager
def atomic_target(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside the target; rename it once everything is written."""
    if os.path.lexists(target) or not target.name:
        raise WorkspaceError(f"{target} is there already; choose another place, or remove it")
    temporary = target.with_name(f".{target.name}{TEMPORARY}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        remove(temporary)
        yield temporary
        _sync(temporary)
        temporary.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise WorkspaceError(f"{target}: cannot be written: {error}; nothing is left") from error
    finally:
        remove(temporary)


def _sync(path: Path) -> None:
    """Force a file, or a folder with all that is in it, to disk."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    for file in files:
        fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
