"""These tests read which scenes generation tried, and offer those that it did not solve."""

from pathlib import Path

import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EventEntry, EventKind
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.cli.drive_seeds import seeds_to_drive
from sidestick.teleop.generation.scenes import open_scenes, read_scenes, regions
from sidestick.teleop.report.generation_map import write_generation
from sidestick.teleop.station.headless import drive_simulated

NEAR, FAR = [0.51, -0.02], [0.68, 0.21]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Four scenes: of two near ones one was solved, of two far ones none; and two odd events."""
    found = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=16))
    database = Database(found.db_path)
    for kind, seed, place in (
        (EventKind.GENERATED, 1, NEAR),
        (EventKind.NOT_GENERATED, 2, NEAR),
        (EventKind.NOT_GENERATED, 3, FAR),
        (EventKind.NOT_GENERATED, 4, FAR),
        (EventKind.NOT_GENERATED, 5, "here"),
        (EventKind.NOT_GENERATED, 6, [float("nan"), 0.0]),
    ):
        said = {"seed": seed, "place": place, "stage": "grasp", "sources": []}
        database.add_event(EventEntry(kind, said))
    return found


def test_regions_are_squares_of_the_table(workspace: Workspace) -> None:
    """Those of the least yield come first; an event that names no place is passed over."""
    scenes = read_scenes(Database(workspace.db_path))
    assert [scene.seed for scene in scenes] == [1, 2, 3, 4]
    found = [(region.cell, region.scenes, region.solved) for region in regions(scenes)]
    assert found == [((6, 2), 2, 0), ((5, -1), 2, 1)]


def test_unsolved_scenes_are_offered_until_somebody_solves_them(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """At demonstrate, the worst region first; not where seeds or fresh ones are asked for."""
    assert open_scenes(workspace) == (3, 4, 2)
    seeds = seeds_to_drive(workspace, Level.DEMONSTRATE, None, fresh=False)
    assert seeds.take(4) == [3, 4, 2, 0]
    assert seeds.label(3) == "seed 3: generation failed here"
    assert "3 so far unsolved" in " ".join(capsys.readouterr().err.split())
    assert seeds_to_drive(workspace, Level.DEMONSTRATE, None, fresh=True).take(1) == [0]
    assert seeds_to_drive(workspace, Level.DEMONSTRATE, 9, fresh=False).take(1) == [9]
    assert seeds_to_drive(workspace, Level.SHADOW, None, fresh=False).take(1) == [0]
    drive_simulated(workspace, Level.DEMONSTRATE, [3])
    assert open_scenes(workspace) == (4, 2)


def test_the_picture_shows_solved_and_failed(workspace: Workspace) -> None:
    """It is a PNG in the workspace, and another one where more was solved."""
    scenes = read_scenes(Database(workspace.db_path))
    path = write_generation(scenes, workspace.path)
    before = path.read_bytes()
    assert before.startswith(b"\x89PNG")
    write_generation([scene for scene in scenes if scene.solved], workspace.path)
    assert path.read_bytes() != before
