"""These tests let pandas and other tools at our LeRobot export: no NaN, columns of one length."""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.lerobot.whole_columns import BLOCK
from sidestick.datasets.formats.registry import WRITERS, export, import_into
from sidestick.datasets.formats.transfer import ExportOptions
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs import make_task_env
from tests.synthetic import made_up_episode

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

SIZE = 16
PNG = ExportOptions(images="png")
DATA, INFO = "data/chunk-000/file-000.parquet", "meta/info.json"
STATE_SIZE = "sidestick.state_size"
STATES = (515, 580, 112)
"""Lengths of the simulator's state, as garments of other kinds make them."""
MODES = ([-1] * 6, [0] * 4 + [1] * 3, [0] * 5)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A demonstration, a correction and a failure, each with a state of another length."""
    made = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=SIZE))
    for number, (modes, width) in enumerate(zip(MODES, STATES, strict=True)):
        stem = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode(modes, number, number < 2, SIZE, episode_id=stem)
        rng = np.random.default_rng(number)
        novelty = episode.novelty if number == 0 else np.full(len(modes), 0.5, np.float32)
        episode = replace(
            episode,
            states=rng.normal(size=(len(modes), width)),
            final_state=rng.normal(size=width),
            novelty=novelty,
        )
        episode.write(made.episodes_dir / f"{stem}.hdf5")
    return made


def numbers(table: Any) -> dict[str, Any]:
    """The columns of numbers of a table, as pandas sees them: NaN and null are not finite."""
    kept = [name for name in table.column_names if not name.startswith("observation.images")]
    return {name: np.array(table[name].to_pylist(), float) for name in kept}


def test_nothing_is_nan_or_null(workspace: Workspace, tmp_path: Path) -> None:
    """Zeros, a flag that says where there was none, and statistics that are those of the file."""
    report = export(workspace, "lerobot", tmp_path / "set", PNG)
    assert (report.episodes, report.skipped) == (3, ())
    found = numbers(pq.read_table(tmp_path / "set" / DATA))
    assert all(np.isfinite(rows).all() for rows in found.values())
    driven = [1] * 6 + [0] * 4 + [1] * 3 + [0] * 5
    assert found["sidestick.has_human_action"].tolist() == driven
    assert found["sidestick.has_policy_action"].tolist() == [0] * 6 + [1] * 12
    assert found["sidestick.has_novelty"].tolist() == [0] * 6 + [1] * 12
    stats = json.loads((tmp_path / "set/meta/stats.json").read_text())
    assert stats["sidestick.novelty"]["mean"] == pytest.approx([0.5 * 12 / 18])
    assert all(entry["count"][0] > 0 for entry in stats.values())


def test_states_of_any_length_come_back(workspace: Workspace, tmp_path: Path) -> None:
    """Padded to one length in the dataset; each episode has its own again, bit for bit."""
    export(workspace, "lerobot", tmp_path / "set", PNG)
    features = json.loads((tmp_path / "set" / INFO).read_text())["features"]
    assert features["sidestick.states"]["shape"] == [600]
    import_into("lerobot", tmp_path / "set", tmp_path / "back")
    came = Workspace.open(tmp_path / "back").episodes()
    for one, other in zip(workspace.episodes(), came, strict=True):
        ours, theirs = Episode.read(one), Episode.read(other)
        for key, rows in ours.columns.items():
            np.testing.assert_array_equal(rows, theirs.columns[key], err_msg=key)


@pytest.mark.parametrize("items", [1, 2, 3])
def test_every_dataset_of_a_variant_has_one_length(items: int) -> None:
    """Whatever garments its episodes happen to have: else LeRobot would not merge them."""
    with closing(make_task_env("SortClothes", image_size=SIZE, num_items=items)) as env:
        lengths = set()
        env.task.settle_steps = 0  # type: ignore[misc]  # they need not come to rest
        for seed in range(8):
            env.build(seed)
            lengths.add(len(env.state()))
    assert len(lengths) == 4
    assert len({-(-length // BLOCK) for length in lengths}) == 1


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_takes_states_of_any_length(
    workspace: Workspace, tmp_path: Path, name: str
) -> None:
    """As SortClothes has them."""
    report = export(workspace, name, tmp_path / "set", PNG)
    assert (report.episodes, report.steps, report.skipped) == (3, 18, ())


def test_the_dataset_says_how_its_videos_were_encoded(workspace: Workspace, tmp_path: Path) -> None:
    """LeRobot's tools encode again with these, and with a far coarser default without them."""
    export(workspace, "lerobot", tmp_path / "set")
    features = json.loads((tmp_path / "set" / INFO).read_text())["features"]
    said = features["observation.images.front"]["info"]
    asked = {name: said[f"video.{name}"] for name in ("codec", "crf", "g", "preset")}
    assert asked == {"codec": "h264", "crf": 18, "g": 2, "preset": "fast"}


@pytest.mark.parametrize("length", [0, -1, 601, 10**12])
def test_a_length_that_the_states_have_not_is_refused(
    workspace: Workspace, tmp_path: Path, length: int
) -> None:
    """In one episode: the others come in, and it is said why."""
    export(workspace, "lerobot", tmp_path / "set", PNG)
    table = pq.read_table(tmp_path / "set" / DATA)
    lengths = [length if row == 580 else row for row in table[STATE_SIZE].to_pylist()]
    at = table.schema.get_field_index(STATE_SIZE)
    pq.write_table(table.set_column(at, STATE_SIZE, pa.array(lengths)), tmp_path / "set" / DATA)
    report = import_into("lerobot", tmp_path / "set", tmp_path / "back")
    assert report.episodes == 2
    assert "state_size: expected one of 1 to 600" in report.skipped[0].reason
