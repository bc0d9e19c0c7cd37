"""A `TriedScene` is one that generation tried: where it stood, and whether it was solved."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...datasets.database import Database, EventKind
from ...datasets.workspace import Workspace
from .attempts import Attempt

CELL_M = 0.1
"""Side of a region of the table."""


@dataclass(frozen=True)
class TriedScene:
    """A scene, as the workspace's database has it."""

    seed: int
    solved: bool
    stage: str
    """The last stage that was reached."""
    place: tuple[float, float]
    """Where the first object of the order stood, metres on the table."""

    @property
    def cell(self) -> tuple[int, int]:
        """Numbers of the region of its place, along x and y."""
        x, y = (math.floor(part / CELL_M) for part in self.place)
        return x, y


@dataclass(frozen=True)
class Region:
    """A square of the table, and how its scenes went."""

    cell: tuple[int, int]
    scenes: int
    solved: int

    @property
    def share(self) -> float:
        """Share of the scenes that were solved."""
        return self.solved / self.scenes


def payload(attempt: Attempt) -> dict[str, Any]:
    """What an event says of an attempt."""
    shared = {"seed": attempt.seed, "sources": list(attempt.sources), "tried": attempt.tried}
    return shared | {"stage": attempt.stage, "place": list(attempt.place)}


def read_scenes(database: Database) -> list[TriedScene]:
    """The scenes that were tried, in the order of their seeds; each once."""
    found: dict[int, TriedScene] = {}
    for kind in (EventKind.NOT_GENERATED, EventKind.GENERATED):
        for event in database.events(kind):
            scene = _scene(event.payload, kind is EventKind.GENERATED)
            if scene is not None:
                found[scene.seed] = scene
    return [found[seed] for seed in sorted(found)]


def _scene(said: Mapping[str, Any], solved: bool) -> TriedScene | None:
    """The scene of an event; None for one of another version that says less."""
    seed, stage, place = said.get("seed"), said.get("stage"), said.get("place")
    if not isinstance(seed, int) or not isinstance(stage, str) or not isinstance(place, list):
        return None
    if len(place) != 2 or not all(isinstance(part, int | float) for part in place):
        return None
    if not all(math.isfinite(part) for part in place):
        return None
    return TriedScene(seed, solved, stage, (float(place[0]), float(place[1])))


def regions(scenes: Iterable[TriedScene]) -> list[Region]:
    """The regions in which scenes stood, those of the least yield first."""
    cells: dict[tuple[int, int], list[bool]] = {}
    for scene in scenes:
        cells.setdefault(scene.cell, []).append(scene.solved)
    found = [Region(cell, len(won), sum(won)) for cell, won in cells.items()]
    return sorted(found, key=lambda region: (region.share, region.cell))


def open_scenes(workspace: Workspace) -> tuple[int, ...]:
    """Seeds of scenes that could not be generated and that no episode has solved since.

    Those of the regions of least yield come first: there a demonstration is worth most.
    """
    scenes = read_scenes(Database(workspace.db_path))
    if not any(not scene.solved for scene in scenes):
        return ()
    shown = {s.header.seed for s in workspace.summaries() if s.success and s.complete}
    rank = {region.cell: number for number, region in enumerate(regions(scenes))}
    left = [scene for scene in scenes if not scene.solved and scene.seed not in shown]
    return tuple(s.seed for s in sorted(left, key=lambda scene: (rank[scene.cell], scene.seed)))
