"""These tests export to other tools' formats and import again; losses are listed or refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats import optional
from sidestick.datasets.formats.lerobot import stats as lerobot_stats
from sidestick.datasets.formats.registry import SOURCES, WRITERS, export, import_into
from sidestick.datasets.formats.robomimic_write import held_out_episodes
from sidestick.datasets.formats.safe_hdf5 import hdf5_file
from sidestick.datasets.formats.transfer import ExportOptions
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import (
    BadValue,
    DamagedFile,
    FormatError,
    UnknownName,
    WorkspaceError,
)
from sidestick.sim_envs.spaces import METRES_PER_UNIT, RADIANS_PER_UNIT
from tests.synthetic import made_up_episode

SIZE = 32
MODES = ([-1] * 6, [0] * 8 + [1] * 4 + [0] * 2, [0] * 5)
PNG = ExportOptions(images="png")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with a demonstration, a correction and a failure that broke off."""
    made = Workspace.create(tmp_path / "wörk späce", WorkspaceConfig("ShelfPick", image_size=SIZE))
    for number, modes in enumerate(MODES):
        stem = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode(modes, number, number < 2, SIZE, episode_id=stem)
        if number == 2:
            episode = replace(episode, final_observation=None, final_state=None)
        if number == 1:
            episode.round_trip_ms[8:12] = (20.5, 31, 18, 44)
        episode.write(made.episodes_dir / f"{stem}.hdf5")
    made.rebuild_index()
    return made


def same(one: Episode, other: Episode, final: bool, pixels: int = 0) -> None:
    """Compare two episodes; images may differ by a mean of `pixels`."""
    assert replace(one.summary, path=None) == replace(other.summary, path=None)
    for key, rows in one.columns.items():
        assert other.columns[key].dtype == rows.dtype, key
        if pixels and key.endswith("_image"):
            apart = np.abs(rows.astype(int) - other.columns[key].astype(int)).mean()
            assert apart < pixels
        else:
            np.testing.assert_array_equal(rows, other.columns[key], err_msg=key)
    assert (other.final is not None) == (final and one.final is not None)
    for key, value in (other.final or {}).items():
        np.testing.assert_array_equal(value, (one.final or {})[key])


@pytest.mark.parametrize(
    ("name", "options", "final", "pixels"),
    [
        ("robomimic", ExportOptions(), True, 0),
        ("robomimic", ExportOptions(next_obs=True), True, 0),
        ("lerobot", PNG, False, 0),
        ("lerobot", ExportOptions(), False, 25),
    ],
)
def test_a_round_trip_loses_only_what_is_listed(
    workspace: Workspace,
    tmp_path: Path,
    name: str,
    options: ExportOptions,
    final: bool,
    pixels: int,
) -> None:
    """Every column, attribute, id and label comes back; the report names what does not."""
    if name == "lerobot":
        pytest.importorskip("pyarrow")
    report = export(workspace, name, tmp_path / "öut", options)
    assert (report.episodes, report.steps, report.skipped) == (3, 25, ())
    lost = " ".join(report.lost)
    assert ("after the last action" in lost) == (not final)
    assert ("pixels" in lost) == bool(pixels)
    back = import_into(name, tmp_path / "öut", tmp_path / "back")
    assert (back.episodes, back.filled_in, back.skipped) == (3, (), ())
    came = Workspace.open(tmp_path / "back")
    assert came.config == workspace.config
    for one, other in zip(workspace.episodes(), came.episodes(), strict=True):
        same(Episode.read(one), Episode.read(other), final, pixels)
    again = import_into(name, tmp_path / "öut", tmp_path / "back")
    assert (again.episodes, len(again.skipped)) == (0, 3)


def test_a_robomimic_file_is_one_that_its_reader_takes(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Names without gaps, counts, env_args with a type, masks, labels of Sirius, next_obs."""
    report = export(workspace, "robomimic", tmp_path / "a.hdf5", ExportOptions(next_obs=True))
    assert "broke off" in report.lost[0]
    with h5py.File(tmp_path / "a.hdf5", "r", swmr=True, libver="latest") as file:
        data = file["data"]
        assert sorted(data) == ["demo_0", "demo_1", "demo_2"]
        assert data.attrs["total"] == 25
        assert json.loads(data.attrs["env_args"])["type"] == 2
        masks = {name: [demo.decode() for demo in rows] for name, rows in file["mask"].items()}
        assert masks["success"] == ["demo_0", "demo_1"]
        assert masks["corrections"] == ["demo_1"]
        assert sorted(masks["train"] + masks["valid"]) == sorted(data)
        assert len(masks["valid"]) == 1
        demo = data["demo_1"]
        assert set(np.unique(demo["intv_labels"])) == {-10, 0, 1}
        obs, after = demo["obs/front_image"], demo["next_obs/front_image"]
        assert obs.chunks == after.chunks == (1, SIZE, SIZE, 3)  # its reader draws single frames
        np.testing.assert_array_equal(obs[1:], after[:-1])
        np.testing.assert_array_equal(after[-1], demo["final_obs/front_image"])
        assert demo["dones"][-1] == 1


def test_a_lerobot_dataset_has_the_files_and_columns_of_v3(
    workspace: Workspace, tmp_path: Path
) -> None:
    """info, stats with quantiles, tasks, episodes; one row group an episode; who drove."""
    parquet = pytest.importorskip("pyarrow.parquet")
    export(workspace, "lerobot", tmp_path / "set")
    info = json.loads((tmp_path / "set/meta/info.json").read_text())
    assert (info["codebase_version"], info["fps"], info["total_frames"]) == ("v3.0", 20, 25)
    stats = json.loads((tmp_path / "set/meta/stats.json").read_text())
    assert stats.keys() == info["features"].keys()
    assert np.shape(stats["observation.images.front"]["q99"]) == (3, 1, 1)
    assert stats["sidestick.novelty"]["count"] == [25]
    file = parquet.ParquetFile(tmp_path / "set/data/chunk-000/file-000.parquet")
    assert file.num_row_groups == 3
    frames = file.read()
    assert frames["intervention"].to_pylist()[14:18] == [True] * 4
    assert sum(frames["intervention"].to_pylist()) == 4
    assert frames.schema.field("action").type.list_size == 7
    episodes = parquet.read_table(tmp_path / "set/meta/episodes/chunk-000/file-000.parquet")
    assert episodes["dataset_from_index"].to_pylist() == [0, 6, 20]
    starts = episodes["videos/observation.images.wrist/from_timestamp"].to_pylist()
    assert starts == pytest.approx([0, 0.3, 1.0])
    assert parquet.read_table(tmp_path / "set/meta/tasks.parquet").num_rows == 1


def test_a_minari_dataset_keeps_every_pixel(workspace: Workspace, tmp_path: Path) -> None:
    """T+1 observations, raw images; an episode that broke off is truncated one action earlier."""
    report = export(workspace, "minari", tmp_path / "sets")
    assert report.steps == 24
    assert "the last action of 1 episodes without an observation after it" in report.lost[0]
    folder = tmp_path / "sets/sidestick/ShelfPick/human-v0/data"
    metadata = json.loads((folder / "metadata.json").read_text())
    assert (metadata["total_steps"], metadata["jpeg_encoding"]) == (24, False)
    episode = Episode.read(workspace.episodes()[0])
    assert episode.final_observation is not None
    with h5py.File(folder / "main_data.hdf5") as file:
        group = file["episode_0"]
        images = group["observations/wrist_image"][()]
        np.testing.assert_array_equal(images[:-1], episode.observations["wrist_image"])
        np.testing.assert_array_equal(images[-1], episode.final_observation["wrist_image"])
        assert group["terminations"][-1]
        assert file["episode_2/actions"].shape == (4, 7)
        assert file["episode_2/truncations"][-1]
        assert not file["episode_2/terminations"][-1]
    with pytest.raises(BadValue, match="dataset id"):
        export(workspace, "minari", tmp_path / "more", ExportOptions(dataset_id="no version"))


@pytest.mark.parametrize("name", WRITERS)
def test_an_export_is_whole_or_not_there(
    workspace: Workspace, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An existing target is not overwritten; a failed export leaves nothing."""
    if name == "lerobot":
        pytest.importorskip("pyarrow")
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(WorkspaceError, match="there already"):
        export(workspace, name, tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"
    calls = iter([OSError(28, "No space left on device")])

    def full(path: Path, images: bool = True) -> Episode:
        raise next(calls)

    monkeypatch.setattr("sidestick.datasets.episode.Episode.read", full)
    with pytest.raises(WorkspaceError, match="No space left"):
        export(workspace, name, tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["taken", "wörk späce"]


def test_a_damaged_episode_is_named_and_left_out(workspace: Workspace, tmp_path: Path) -> None:
    """The others are exported, without a gap in the numbers."""
    path = workspace.episodes()[1]
    with h5py.File(path) as file:
        at = file["data/demo_0/actions"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[at + 20] ^= 1
    path.write_bytes(content)
    report = export(workspace, "robomimic", tmp_path / "a.hdf5")
    assert [problem.file for problem in report.skipped] == [f"episodes/{path.name}"]
    with h5py.File(tmp_path / "a.hdf5") as file:
        assert sorted(file["data"]) == ["demo_0", "demo_1"]


def test_formats_and_workspaces_that_do_not_fit_are_refused(
    workspace: Workspace, tmp_path: Path
) -> None:
    """An unknown format, nothing to export, a workspace of another image size."""
    with pytest.raises(UnknownName, match="robomimic"):
        export(workspace, "rlds", tmp_path / "a")
    empty = Workspace.create(tmp_path / "empty", WorkspaceConfig("ShelfPick"))
    with pytest.raises(WorkspaceError, match="no episode"):
        export(empty, "robomimic", tmp_path / "a")
    export(workspace, "robomimic", tmp_path / "a")
    with pytest.raises(WorkspaceError, match="image_size"):
        import_into("robomimic", tmp_path / "a", tmp_path / "empty")
    only = export(workspace, "robomimic", tmp_path / "b", ExportOptions(successful=True))
    assert only.episodes == 2


CONTROLLER = {
    "type": "OSC_POSE",
    "control_delta": True,
    "output_max": [METRES_PER_UNIT] * 3 + [RADIANS_PER_UNIT] * 3,
}


def write_foreign(path: Path, controller: Any = CONTROLLER, **changes: Any) -> None:
    """Write a file in the layout of robosuite and robomimic."""
    rng = np.random.default_rng(0)
    kwargs = {"controller_configs": controller, "control_freq": 20}
    args = {"env_name": "Lift", "type": 1, "env_kwargs": kwargs}
    columns: dict[str, Any] = {
        "actions": rng.uniform(-1, 1, (5, 7)),
        "rewards": np.eye(5)[4],
        "dones": np.zeros(5, np.int64),
        "states": rng.normal(size=(5, 30)),
        "obs/agentview_image": rng.integers(0, 255, (5, SIZE, SIZE, 3), np.uint8),
        "obs/robot0_joint_pos": rng.normal(size=(5, 7)),
        "obs/robot0_eef_pos": rng.normal(size=(5, 3)),
        "obs/robot0_eef_quat": rng.normal(size=(5, 4)),
        "obs/robot0_gripper_qpos": rng.normal(size=(5, 2)),
        "obs/object": rng.normal(size=(5, 10)),
    }
    with h5py.File(path, "w") as file:
        file.create_group("data").attrs["env_args"] = json.dumps(args)
        for key, value in (columns | changes).items():
            if value is not None:
                file[f"data/demo_0/{key}"] = value
        file["data/demo_0"].attrs["num_samples"] = 5


def test_another_tools_robomimic_file_is_taken_when_its_action_is_ours(tmp_path: Path) -> None:
    """Observations get our names; assumptions and losses are listed."""
    write_foreign(tmp_path / "lift.hdf5")
    report = import_into("robomimic", tmp_path / "lift.hdf5", tmp_path / "ws")
    assert (report.episodes, report.steps) == (1, 5)
    assert any("object" in line for line in report.lost)
    assert any(line.startswith("driver") for line in report.filled_in)
    workspace = Workspace.open(tmp_path / "ws")
    assert workspace.config.cameras == ("agentview",)
    episode = Episode.read(workspace.episodes()[0])
    assert episode.summary.success
    assert episode.summary.header.task == "Lift"
    np.testing.assert_array_equal(np.diff(episode.wall_time).round(6), 0.05)


@pytest.mark.parametrize(
    ("controller", "changes", "reason"),
    [
        (CONTROLLER | {"output_max": [0.05] * 3 + [0.5] * 3}, {}, "0.05 m and 0.5 rad"),
        (CONTROLLER | {"control_delta": False}, {}, "absolute"),
        ({"type": "JOINT_POSITION"}, {}, "do not say"),
        (CONTROLLER, {"actions": np.zeros((5, 8))}, r"shape \[8\]"),
        (CONTROLLER, {"actions": np.full((5, 7), 2.0)}, "leave"),
        (CONTROLLER, {"actions": np.full((5, 7), np.nan)}, "leave"),
        (CONTROLLER, {"obs/robot0_eef_pos": None}, "no observation ee_pos"),
        (CONTROLLER, {"obs/agentview_image": None}, "no camera image"),
        ({"right": CONTROLLER}, {"obs/agentview_image": np.ones((5, 4, 6, 3))}, "4 x 6"),
    ],
)
def test_another_action_is_refused_with_the_reason(
    tmp_path: Path, controller: Any, changes: Any, reason: str
) -> None:
    """For a task of ours nothing is scaled or guessed, and no workspace is made."""
    write_foreign(tmp_path / "lift.hdf5", controller, **changes)
    with pytest.raises(FormatError, match=reason):
        import_into("robomimic", tmp_path / "lift.hdf5", tmp_path / "ws", "ShelfPick")
    assert not (tmp_path / "ws").exists()


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_no_dataset_is_refused(tmp_path: Path, name: str) -> None:
    """Missing, empty and unrelated files are named."""
    pytest.importorskip("pyarrow")
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    with h5py.File(tmp_path / "other", "w") as file:
        file["data/demo_0/actions"] = np.zeros((3, 7))
    for path in ("nothing", "empty", "folder", "other"):
        with pytest.raises((FormatError, DamagedFile), match=path):
            import_into(name, tmp_path / path, tmp_path / "ws")


def test_a_lerobot_dataset_of_another_arm_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    """Names of joints instead of our change of pose; another version; another tool's with ours."""
    pytest.importorskip("pyarrow")
    export(workspace, "lerobot", tmp_path / "set", PNG)
    (tmp_path / "set/meta/sidestick.json").unlink()
    report = import_into("lerobot", tmp_path / "set", tmp_path / "ws", task="ShelfPick")
    assert report.episodes == 3
    path = tmp_path / "set/meta/info.json"
    info = json.loads(path.read_text())
    info["features"]["action"]["names"] = ["shoulder", "elbow"]
    path.write_text(json.dumps(info))
    with pytest.raises(FormatError, match="shoulder"):
        import_into("lerobot", tmp_path / "set", tmp_path / "other", "ShelfPick")
    path.write_text(json.dumps(info | {"codebase_version": "v2.1"}))
    with pytest.raises(FormatError, match=r"v2\.1"):
        import_into("lerobot", tmp_path / "set", tmp_path / "other")


@pytest.mark.parametrize("name", SOURCES)
def test_damaged_datasets_never_crash_an_import(
    workspace: Workspace, tmp_path: Path, name: str
) -> None:
    """Whatever byte is changed, episodes are imported, skipped with a reason, or all refused."""
    pytest.importorskip("pyarrow")
    export(workspace, name, tmp_path / "set", PNG)
    files = [tmp_path / "set"]
    if files[0].is_dir():
        files = sorted(path for path in files[0].rglob("*") if path.is_file())
    chance = np.random.default_rng(0)
    for number in range(24):
        victim = files[number % len(files)]
        whole = victim.read_bytes()
        hurt = bytearray(whole)
        if number % 3 == 0:
            hurt = hurt[: int(chance.integers(len(hurt)))]
        for at in chance.integers(0, max(1, len(hurt)), 8 if hurt else 0):
            hurt[at] = int(chance.integers(256))
        victim.write_bytes(hurt)
        try:
            report = import_into(name, tmp_path / "set", tmp_path / f"ws {number}")
        except (FormatError, DamagedFile, WorkspaceError):
            pass
        else:
            assert report.episodes + len(report.skipped) <= 3
        victim.write_bytes(whole)


def test_a_missing_extra_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the pip command, not a traceback."""
    with pytest.raises(optional.MissingExtra, match=r"pip install .*\[lerobot\]"):
        optional.require("no_such_package.inner", "lerobot")


def test_a_full_disk_inside_hdf5_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    """The library's later writes are ignored; the error is raised at the end."""

    def fill() -> None:
        with hdf5_file(tmp_path / "a") as (file, check):
            file["x"] = np.zeros(1000)
            check()
            raw = check.__self__  # type: ignore[attr-defined]
            raw.error = OSError(28, "full")
            file["y"] = np.arange(10_000)
            file.flush()

    with pytest.raises(OSError, match="full"):
        fill()


def test_few_episodes_hold_one_out_and_more_hardly_change_the_choice() -> None:
    """The choice depends on the id, so an episode stays in train or valid."""
    ids = [f"2025-{number}" for number in range(40)]
    assert held_out_episodes(ids[:1]) == set()
    assert len(held_out_episodes(ids[:5])) == 1
    assert len(held_out_episodes(ids)) == 4
    assert held_out_episodes(ids) == held_out_episodes(ids[::-1])


def test_statistics_of_parts_are_those_of_the_whole() -> None:
    """Extremes, mean and deviation exactly; parts without a value do not count."""
    rows = np.random.default_rng(0).normal(size=(50, 3))
    parts = [{"x": lerobot_stats.column_stats(part)} for part in np.split(rows, [10, 30])]
    parts.append({"x": lerobot_stats.column_stats(np.full((5, 3), np.nan))})
    found, whole = lerobot_stats.merged(parts)["x"], lerobot_stats.column_stats(rows)
    for name in ("min", "max", "mean", "std", "count"):
        np.testing.assert_allclose(found[name], whole[name])


@pytest.mark.parametrize("copied", [False, True])
def test_our_episodes_are_known_in_an_index_and_in_copies(
    workspace: Workspace, tmp_path: Path, copied: bool
) -> None:
    """By their own attributes: dataset.hdf5, or what another tool copied without ours above."""
    path = workspace.index_path
    if copied:
        path = tmp_path / "copied.hdf5"
        export(workspace, "robomimic", path)
        with h5py.File(path, "a") as file:
            del file["data"].attrs["sidestick_workspace"]
            file.move("data/demo_2", "data/demo_7")
    report = import_into("robomimic", path, tmp_path / "back")
    assert (report.episodes, report.skipped, report.filled_in) == (3, (), ())
    came = Workspace.open(tmp_path / "back")
    assert (came.config.task, came.config.image_size) == ("ShelfPick", SIZE)
    for one, other in zip(workspace.episodes(), came.episodes(), strict=True):
        same(Episode.read(one), Episode.read(other), final=True)
