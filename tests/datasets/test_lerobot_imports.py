"""These tests import LeRobot datasets that went through other programs, or come from strangers."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.lerobot.files import path_in
from sidestick.datasets.formats.lerobot.pictures import png_pixels, read_frames
from sidestick.datasets.formats.lerobot.video import pngs
from sidestick.datasets.formats.registry import export, import_into
from sidestick.datasets.formats.transfer import ExportOptions, Transfer
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import DamagedFile, FormatError
from tests.synthetic import made_up_episode

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
av = pytest.importorskip("av")

SIZE = 32
PNG = ExportOptions(images="png")
SIDE_FILE, INFO = "meta/sidestick.json", "meta/info.json"
DATA, EPISODES = "data/chunk-000/file-000.parquet", "meta/episodes/chunk-000/file-000.parquet"
MODES = ([-1] * 6, [0] * 4 + [1] * 3, [0] * 5)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Our export of three episodes of 6, 7 and 5 steps: demonstrated, corrected, and a failure."""
    made = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=SIZE))
    for number, modes in enumerate(MODES):
        stem = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode(modes, number, number < 2, SIZE, episode_id=stem)
        episode.write(made.episodes_dir / f"{stem}.hdf5")
    export(made, "lerobot", tmp_path / "set", PNG)
    return tmp_path / "set"


def bring(dataset: Path, name: str = "back") -> Transfer:
    """Import it for ShelfPick into a workspace beside it."""
    return import_into("lerobot", dataset, dataset.parent / name, task="ShelfPick")


def came(dataset: Path, name: str = "back") -> list[Episode]:
    """The imported episodes."""
    workspace = Workspace.open(dataset.parent / name)
    assert check(workspace).ok
    return [Episode.read(path) for path in workspace.episodes()]


def edit_json(path: Path, **changes: Any) -> None:
    """Change entries of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def edit_table(path: Path, change: Callable[[Any], Any]) -> None:
    """Change a parquet file."""
    pq.write_table(change(pq.read_table(path)), path)


def replaced(table: Any, name: str, rows: Any) -> Any:
    """The table with another column."""
    return table.set_column(table.schema.get_field_index(name), name, rows)


def test_without_our_side_file_the_episodes_are_sound(dataset: Path) -> None:
    """As after LeRobot's own tools: stages and goals of the task, who acted, what is unknown."""
    (dataset / SIDE_FILE).unlink()
    report = bring(dataset)
    assert report.episodes == 3
    assert any(line.startswith("renderer: not recorded") for line in report.filled_in)
    episodes = {len(episode): episode for episode in came(dataset)}
    assert episodes[6].summary.header.stages[0] == "reach"
    assert episodes[7].summary.takeovers == 1
    assert episodes[6].summary.header.instruction == "put the can into the tote"
    config = Workspace.open(dataset.parent / "back").config
    assert (config.renderer, config.image_size) == ("tiny", SIZE)


def test_the_side_file_is_matched_by_content(dataset: Path) -> None:
    """The first episode is removed: the others keep their own attributes, and none is doubled."""

    def without_first(table: Any) -> Any:
        kept = table.filter(pa.compute.not_equal(table["episode_index"], 0))
        return replaced(
            kept, "episode_index", pa.array([i - 1 for i in kept["episode_index"].to_pylist()])
        )

    edit_table(dataset / EPISODES, without_first)
    edit_table(dataset / DATA, without_first)
    report = bring(dataset)
    assert (report.episodes, report.skipped) == (2, ())
    ids = [episode.summary.id for episode in came(dataset)]
    assert ids == ["20250101T000001-00000001", "20250101T000002-00000002"]


def test_an_episode_that_the_side_file_does_not_hold_is_said(dataset: Path) -> None:
    """Its header is lost, which the report names; a side file without digests counts by place."""
    side = json.loads((dataset / SIDE_FILE).read_text())
    for attributes in side["episodes"]:
        del attributes["content"]
    edit_json(dataset / SIDE_FILE, episodes=side["episodes"])
    assert bring(dataset, "old").episodes == 3
    assert came(dataset, "old")[0].summary.id == "20250101T000000-00000000"
    edit_json(dataset / SIDE_FILE, episodes=side["episodes"][1:])
    report = bring(dataset, "fewer")
    assert report.episodes == 3
    assert any("does not hold" in line for line in report.lost)
    assert {episode.summary.header.operator for episode in came(dataset, "fewer")} == {"imported"}


@pytest.mark.parametrize("flag", ["intervention", "complementary_info.is_intervention"])
@pytest.mark.parametrize("anywhere", [True, False])
def test_lerobots_flag_says_who_acted(dataset: Path, flag: str, anywhere: bool) -> None:
    """A person's steps are interventions; a dataset without any holds demonstrations."""
    (dataset / SIDE_FILE).unlink()
    features = json.loads((dataset / INFO).read_text())["features"]
    ours = [key for key in features if key.startswith("sidestick.") or key == "intervention"]
    kept = {key: value for key, value in features.items() if key not in ours}
    kept[flag] = {"dtype": "bool", "shape": [1], "names": None}
    edit_json(dataset / INFO, features=kept)
    marks = [False] * 18
    marks[10:13] = [anywhere] * 3
    edit_table(dataset / DATA, lambda table: table.drop(ours).append_column(flag, pa.array(marks)))
    report = bring(dataset)
    assert not any(line.startswith("action_modes: not recorded") for line in report.filled_in)
    modes = {len(episode): episode.action_modes.tolist() for episode in came(dataset)}
    assert modes[7] == ([0, 0, 0, 0, 1, 1, 1] if anywhere else [-1] * 7)
    assert modes[6] == [0 if anywhere else -1] * 6


def test_success_that_nobody_recorded_is_unknown(dataset: Path) -> None:
    """Neither reward nor success, as most of LeRobot's sets: not a failure, and named."""
    (dataset / SIDE_FILE).unlink()
    features = json.loads((dataset / INFO).read_text())["features"]
    gone = ["next.success", "next.reward"]
    edit_json(dataset / INFO, features={k: v for k, v in features.items() if k not in gone})
    report = bring(dataset)
    assert any("success: unknown, neither" in line for line in report.filled_in)
    assert not any(episode.summary.success_known for episode in came(dataset))


def test_a_picture_without_bytes_costs_one_episode(dataset: Path) -> None:
    """Only the file's name is recorded, or a PNG of another size: the others come in."""
    other = made_up_episode([-1], image_size=16).observations["front_image"]
    (small,) = pngs(other)

    def hurt(table: Any) -> Any:
        name = "observation.images.front"
        rows = table[name].to_pylist()
        rows[2] = {"bytes": None, "path": "images/frame-000002.png"}
        rows[8] = {"bytes": small, "path": None}
        return replaced(table, name, pa.array(rows, table.schema.field(name).type))

    edit_table(dataset / DATA, hurt)
    report = bring(dataset)
    assert report.episodes == 1
    assert "without content" in report.skipped[0].reason
    assert "16 x 16" in report.skipped[1].reason
    with pytest.raises(DamagedFile, match="no PNG"):
        png_pixels(b"GIF89a" * 10, (SIZE, SIZE))


def film(path: Path, rate: int, frames: int, size: int = SIZE) -> None:
    """A video in which every 1/20 s is brighter than the one before."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"g": "2", "crf": "1"})
        stream.height, stream.width, stream.pix_fmt = size, size, "yuv420p"
        for number in range(frames):
            shade = np.full((size, size, 3), 10 + 10 * (number * 20 // rate), np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(shade, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)


@pytest.mark.parametrize("rate", [10, 20, 30, 40])
def test_each_step_has_the_picture_of_its_time(tmp_path: Path, rate: int) -> None:
    """Whatever rate the video has; a time without a picture within half a step is refused."""
    film(tmp_path / "film.mp4", rate, rate)
    times = np.arange(4, 16, 1 if rate > 10 else 2) / 20
    frames = read_frames(tmp_path / "film.mp4", times, 1 / 20, (SIZE, SIZE))
    np.testing.assert_allclose(frames.mean((1, 2, 3)), 10 + 10 * 20 * times, atol=12)
    if rate == 20:
        np.testing.assert_allclose(frames.mean((1, 2, 3)), 10 + 10 * 20 * times, atol=3)
    for strange, reason in (([0.9, 1.2], "no picture"), ([1e300], "timestamps"), ([-1.0], "time")):
        with pytest.raises(DamagedFile, match=reason):
            read_frames(tmp_path / "film.mp4", np.array(strange), 1 / 20, (SIZE, SIZE))


def test_a_video_of_another_size_is_not_decoded(tmp_path: Path) -> None:
    """Its head says what it is, before a picture of gigabytes is made."""
    film(tmp_path / "film.mp4", 20, 4, size=64)
    with pytest.raises(DamagedFile, match="64 x 64, the dataset says 32 x 32"):
        read_frames(tmp_path / "film.mp4", np.zeros(1), 1 / 20, (SIZE, SIZE))


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("../private/file-{file_index:03d}.parquet", "outside"),
        ("/etc/passwd", "outside"),
        ("linked/file-{file_index:03d}.parquet", "outside"),
        ("{chunk_index:01000000000d}", "at most 9 digits"),
        ("{chunk_index.__class__}", "expected the fields"),
        ("{chunk_index!r}", "expected the fields"),
        ("{chunk_index:{file_index}}", "expected the fields"),
        ("{other}", "expected the fields"),
        ("{", "no template"),
        ("data", "no plain file"),
        ("a" * 1000, "expected a template"),
        (None, "expected a template"),
        (["data"], "expected a template"),
        ("x\0y", "null"),
    ],
)
def test_a_template_names_files_of_the_dataset_alone(
    dataset: Path, template: Any, reason: str
) -> None:
    """Others are refused at once; through data_path the import refuses them, too."""
    shutil.copytree(dataset / "data/chunk-000", dataset.parent / "private")
    (dataset / "linked").symlink_to(dataset.parent / "private")
    begun = time.monotonic()
    with pytest.raises(FormatError, match=reason):
        path_in(dataset, template, chunk_index=0, file_index=0)
    edit_json(dataset / INFO, data_path=template)
    with pytest.raises(FormatError, match=reason):
        bring(dataset)
    assert time.monotonic() - begun < 10


def test_what_has_no_place_is_listed_and_tasks_are_found(dataset: Path) -> None:
    """Further features, edited instructions; without tasks in meta/episodes by tasks.parquet."""
    features = json.loads((dataset / INFO).read_text())["features"]
    effort = {"observation.effort": {"dtype": "float32", "shape": [1], "names": None}}
    edit_json(dataset / INFO, features=features | effort)
    edit_table(
        dataset / DATA,
        lambda t: t.append_column("observation.effort", pa.array(np.zeros(18, np.float32))),
    )
    edit_table(dataset / EPISODES, lambda t: replaced(t, "tasks", pa.array([["wipe it"]] * 3)))
    report = bring(dataset)
    assert any(line.startswith("observation.effort") for line in report.lost)
    assert any("edited elsewhere" in line for line in report.lost)
    (dataset / SIDE_FILE).unlink()
    edit_table(dataset / EPISODES, lambda t: t.drop(["tasks"]))
    bring(dataset, "again")
    said = {episode.summary.header.instruction for episode in came(dataset, "again")}
    assert said == {"put the can into the tote"}


@pytest.mark.parametrize("fps", [0, 29.97, "20", 10**6])
def test_a_rate_that_is_none_is_refused(dataset: Path, fps: Any) -> None:
    """Control ticks are a whole number a second."""
    (dataset / SIDE_FILE).unlink()
    edit_json(dataset / INFO, fps=fps)
    with pytest.raises(FormatError, match="fps"):
        bring(dataset)
