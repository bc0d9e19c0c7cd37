"""A `Place` is a folder with a sound workspace, datasets of other tools, and somebody's own files.

Makers spoil it, verbs run in it, and what lies outside of the workspace must stay as it was.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sidestick.datasets.database import Database, EffortEntry, EvaluationEntry, EventEntry
from sidestick.datasets.formats.registry import ExportOptions, export
from sidestick.datasets.judgements.judgements import Judge
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from tests.active_policy_rig import earn
from tests.foreign import foreign_demo, write_foreign_file
from tests.learning_rig import add_correction, learner, tiny_workspace

PRECIOUS = b"precious\n" * 9
NAMES = ("photo.jpg", "x.journal", ".x.hdf5.tmp", ".x.hdf5.1a2b.tmp", ".x.journal.1a2b.tmp")
"""Of somebody's files; all but the first are names that a workspace clears away."""
RESULTS = ("page.html", "out.hdf5", "lerobot", "minari", "merged", "imported", "new", "film.mp4")
"""What verbs are asked to write beside the workspace."""
DEPTH = ("a", "b", "c")
"""Folders around a place: what climbs out by ../ still lands where it is seen."""


@dataclass(frozen=True)
class Place:
    """Where one hostile input is tried."""

    root: Path

    @property
    def folder(self) -> Path:
        """Where verbs run; `ws` lies in it."""
        return self.root.joinpath(*DEPTH)

    @property
    def ws(self) -> Path:
        """The workspace."""
        return self.folder / "ws"

    @property
    def outside(self) -> Path:
        """Somebody's folder."""
        return self.root / "home"

    @property
    def episode(self) -> Path:
        """The first episode's file."""
        return min((self.ws / "episodes").glob("[!.]*.hdf5"))

    @property
    def policy(self) -> Path:
        """The folder of the policy that drives."""
        return self.ws / "policies" / "0001"

    def outsiders(self, near: bool = False) -> dict[str, object]:
        """Everything outside of the workspace and of what verbs are asked to write.

        With `near`, everything outside of the folder around the workspace.
        """
        own = {self.ws, *(self.folder / name for name in RESULTS)}
        own |= {self.folder} if near else set()
        found: dict[str, object] = {}
        for folder, folders, files in os.walk(self.root):
            here = Path(folder)
            folders[:] = [n for n in folders if here / n not in own]
            for name in (*folders, *files):
                path = here / name
                if path not in own:
                    found[str(path.relative_to(self.root))] = _content(path)
        return found


def _content(path: Path) -> object:
    found = path.lstat()
    if stat.S_ISREG(found.st_mode):
        return path.read_bytes() if found.st_size < 2**20 else (found.st_size, found.st_mtime_ns)
    return os.readlink(path) if stat.S_ISLNK(found.st_mode) else stat.S_IFMT(found.st_mode)


def make_base(root: Path) -> Place:
    """A place in which everything is sound."""
    place = Place(root)
    place.folder.mkdir(parents=True)
    workspace = tiny_workspace(place.ws)
    learner(workspace).step()
    earn(workspace, "0001", Level.SHADOW)
    add_correction(workspace, 7)
    database = Database(workspace.db_path)
    database.add_effort(EffortEntry(0, "demonstration", 9.0, 9.0, 0, 6, {"successes": 6}))
    seeds = [{"seed": 9, "success": True, "length": 5, "stage": "carry"}]
    database.add_evaluation(EvaluationEntry("0001", "ShelfPick", 9, 1, 1, "evaluation",
                                            {"per_episode": seeds}))  # fmt: skip
    database.add_event(EventEntry("merge", {"origin": "x", "episodes": []}))
    Judge(workspace, "ada").say(place.episode.stem, "verdict", verdict="success")
    workspace.rebuild_index()
    place.outside.mkdir()
    for name in NAMES:
        (place.outside / name).write_bytes(PRECIOUS)
    _add_datasets(place, workspace)
    return place


def _add_datasets(place: Place, workspace: Workspace) -> None:
    """Datasets of other tools beside the workspace: our exports, and one of robosuite."""
    given = place.folder / "given"
    given.mkdir()
    export(workspace, "robomimic", given / "ours.hdf5")
    export(workspace, "lerobot", given / "png", ExportOptions(images="png"))
    export(workspace, "lerobot", given / "video", ExportOptions(images="video"))
    export(workspace, "minari", given / "minari")
    write_foreign_file(given / "theirs.hdf5", [foreign_demo(0), foreign_demo(1)])


@contextlib.contextmanager
def copy_of(base: Place, root: Path) -> Iterator[Place]:
    """A place of the same content, removed afterwards."""
    shutil.copytree(base.root, root, symlinks=True)
    try:
        yield Place(root)
    finally:
        for path in root.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        shutil.rmtree(root)


Maker = Callable[[Place], object]
