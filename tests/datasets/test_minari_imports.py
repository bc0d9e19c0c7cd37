"""These tests import Minari datasets: our exports, and what a collector recorded of our tasks."""

import json
import shutil
import struct
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.import_options import ImportOptions
from sidestick.datasets.formats.minari.layout import PREFIX, WORKSPACE
from sidestick.datasets.formats.registry import export, import_into
from sidestick.datasets.formats.transfer import Transfer
from sidestick.datasets.step import Level
from sidestick.datasets.tables.listing import listing
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import FormatError
from sidestick.sim_envs.worlds.spec import Axis
from tests.foreign import foreign_demo, write_foreign_file
from tests.synthetic import made_up_episode

SIZE, STEPS = 16, 12
SET = "sidestick/ShelfPick/human-v0"
SPEC = {
    "id": "sidestick/ShelfPick-v0",
    "entry_point": "sidestick.sim_envs.making:make_task_env",
    "max_episode_steps": 40,
    "kwargs": {"task": "ShelfPick", "num_items": 2, "image_size": SIZE},
    "additional_wrappers": [],
}
STAGES = ("reach", "grasp", "carry", "place")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A demonstration, a correction, and a success whose recording broke off."""
    config = WorkspaceConfig("ShelfPick", image_size=SIZE, env_kwargs={"num_items": 3})
    made = Workspace.create(tmp_path / "ws", config)
    for number, modes in enumerate(([-1] * 6, [0] * 8 + [1] * 4 + [0] * 2, [-1] * 5)):
        stem = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode(modes, number, True, SIZE, episode_id=stem)
        if number == 2:
            episode = replace(episode, final_observation=None, final_state=None)
        episode.write(made.episodes_dir / f"{stem}.hdf5")
    made.rebuild_index()
    return made


def test_our_own_export_comes_back_whole(workspace: Workspace, tmp_path: Path) -> None:
    """Every column, the header, the end with its state and the configuration; what is cut is told.

    An episode without a last observation is one action shorter, and truncated there.
    """
    report = export(workspace, "minari", tmp_path / "sets")
    assert "1 episodes without an observation" in report.lost[0]
    with h5py.File(tmp_path / "sets" / SET / "data/main_data.hdf5") as file:
        assert [bool(file[f"episode_{n}/truncations"][-1]) for n in range(3)] == [
            False,
            False,
            True,
        ]
        assert not file["episode_2/terminations"][-1]
    back = import_into("minari", tmp_path / "sets", tmp_path / "back")
    assert (back.episodes, back.skipped, back.filled_in) == (3, (), ())
    assert [line for line in back.lost if "last action" in line]
    made = Workspace.open(tmp_path / "back")
    assert made.config == workspace.config
    assert check(made).ok
    for here, there in zip(workspace.episodes(), made.episodes(), strict=True):
        one, other = Episode.read(here), Episode.read(there)
        kept = len(other)
        assert kept == len(one) - (one.final is None)
        for key, rows in one.columns.items():
            if key != "dones":
                np.testing.assert_array_equal(other.columns[key], rows[:kept], err_msg=key)
        assert other.summary.header == one.summary.header
        assert other.summary.outcome == one.summary.outcome
        if one.final is not None:
            assert replace(one.summary, path=None) == replace(other.summary, path=None)
            assert other.final is not None
            for key, value in one.final.items():
                np.testing.assert_array_equal(other.final[key], value, err_msg=key)
    again = import_into("minari", tmp_path / "sets" / SET, workspace.path)
    assert {problem.reason for problem in again.skipped} == {"is in the workspace already"}


def test_an_export_of_an_earlier_version_comes_back(workspace: Workspace, tmp_path: Path) -> None:
    """Without configuration, last state, number of steps and `dones`: the last observation goes."""
    export(workspace, "minari", tmp_path / "sets")
    data = tmp_path / "sets" / SET / "data"
    metadata = json.loads((data / "metadata.json").read_text())
    del metadata[WORKSPACE]
    (data / "metadata.json").write_text(json.dumps(metadata))
    with h5py.File(data / "main_data.hdf5", "a") as file:
        for group in file.values():
            del group["infos/dones"]
            del group.attrs[f"{PREFIX}num_samples"]
            if f"{PREFIX}final_state" in group.attrs:
                del group.attrs[f"{PREFIX}final_state"]
    back = import_into("minari", data, tmp_path / "back")
    assert back.episodes == 3
    assert any("the observation after the last action" in line for line in back.lost)
    assert check(Workspace.open(tmp_path / "back")).ok


def columns(seed: int = 0, steps: int = STEPS, solved: bool = True) -> dict[str, Any]:
    """The datasets of an episode as Minari's collector records our environment."""
    demo = foreign_demo(seed, steps + 1, SIZE)
    names = {"joint_pos": "joint_pos", "ee_pos": "eef_pos", "ee_quat": "eef_quat"}
    rows = {f"observations/{k}": demo[f"obs/robot0_{v}"] for k, v in names.items()}
    rows["observations/gripper_qpos"] = demo["obs/robot0_gripper_qpos"]
    rows["observations/goal"] = np.tile(np.eye(6, dtype=np.float32)[1], (steps + 1, 1))
    pictures = demo["obs/agentview_image"]
    last = np.arange(steps) == steps - 1
    stages = [STAGES[min(3, 4 * n // steps)] for n in range(steps + 1)]
    return rows | {
        "observations/front_image": pictures,
        "observations/wrist_image": pictures[::-1],
        "actions": demo["actions"][:steps].astype(np.float32),
        "rewards": last.astype(np.float64) * solved,
        "terminations": last & solved,
        "truncations": last & (not solved),
        "infos/success": np.append([False] * steps, solved),
        "infos/progress": np.linspace(0, 1, steps + 1),
        "infos/stage": stages,
        "infos/instruction": ["put the red can into the tote"] * (steps + 1),
    }


def collected(
    folder: Path, episodes: list[dict[str, Any]], spec: Any = SPEC, **metadata: Any
) -> Path:
    """Write a dataset as Minari 0.5 does: metadata.json and main_data.hdf5 below its id."""
    data = folder / "me/shelf-v0/data"
    data.mkdir(parents=True)
    told = {"data_format": "hdf5", "jpeg_encoding": False, "algorithm_name": "random", **metadata}
    told["env_spec"] = json.dumps(spec) if spec is not None else None
    (data / "metadata.json").write_text(json.dumps(told))
    with h5py.File(data / "main_data.hdf5", "w", track_order=True) as file:
        for number, rows in enumerate(episodes):
            group = file.create_group(f"episode_{number}")
            group.attrs.update({"id": number, "total_steps": STEPS, "seed": 100 + number})
            group.attrs["rewards_sum"] = 1.0
            for key, values in rows.items():
                text = isinstance(values[0], str)
                kind = h5py.string_dtype() if text else None
                pieces = isinstance(values[0], np.ndarray) and np.asarray(values[0]).ndim == 1
                if pieces and isinstance(values, list):
                    kind = h5py.vlen_dtype(np.uint8)
                group.create_dataset(key, data=values, dtype=kind, chunks=True)
    return folder


def bring(folder: Path) -> tuple[Transfer, list[Episode]]:
    """Import a dataset into a workspace beside it."""
    report = import_into("minari", folder, folder / "ws")
    workspace = Workspace.open(folder / "ws")
    assert check(workspace).ok
    return report, [Episode.read(path) for path in workspace.episodes()]


def test_what_a_collector_recorded_is_taken_with_seed_stages_and_end(tmp_path: Path) -> None:
    """Success is the environment's; what has no place and what was assumed is listed."""
    rows = [columns(0), columns(1, solved=False)]
    collected(tmp_path, rows)
    report, episodes = bring(tmp_path)
    config = Workspace.open(tmp_path / "ws").config
    assert (config.task, config.image_size, dict(config.env_kwargs)) == (
        "ShelfPick",
        SIZE,
        {"num_items": 2},
    )
    assert config.cameras == ("front", "wrist")
    solved = next(episode for episode in episodes if episode.summary.header.seed == 100)
    failed = next(episode for episode in episodes if episode.summary.header.seed == 101)
    assert (solved.summary.success, failed.summary.success) == (True, False)
    assert solved.summary.success_known
    header = solved.summary.header
    assert header.instruction == "put the red can into the tote"
    assert [header.stages[n] for n in solved.stage] == list(rows[0]["infos/stage"])[:STEPS]
    np.testing.assert_array_equal(solved.actions, rows[0]["actions"])
    np.testing.assert_array_equal(solved.succeeded, rows[0]["terminations"])
    pictures = rows[0]["observations/front_image"]
    np.testing.assert_array_equal(solved.observations["front_image"], pictures[:-1])
    assert solved.final_observation is not None
    np.testing.assert_array_equal(solved.final_observation["front_image"], pictures[-1])
    lost = " ".join(report.lost)
    assert all(word in lost for word in ("step limit of 40", "'random'", "infos/progress"))
    assumed = " ".join(report.filled_in)
    assert all(word in assumed for word in ("action_modes: not recorded", "states: not recorded"))
    assert [row.origin for row in listing(Workspace.open(tmp_path / "ws")).rows] == [
        str(tmp_path)
    ] * 2


def test_an_edited_export_says_who_acted(workspace: Workspace, tmp_path: Path) -> None:
    """Minari's split and combine drop our attributes: the infos tell what the attributes did."""
    export(workspace, "minari", tmp_path / "sets")
    data = tmp_path / "sets" / SET / "data"
    with h5py.File(data / "main_data.hdf5", "a") as file:
        for group in file.values():
            for name in [name for name in group.attrs if name.startswith(PREFIX)]:
                del group.attrs[name]
    import_into("minari", tmp_path / "sets", tmp_path / "back")
    back = [Episode.read(path) for path in Workspace.open(tmp_path / "back").episodes()]
    corrected = next(e for e in back if len(e) == 14)
    before = Episode.read(workspace.episodes()[1])
    np.testing.assert_array_equal(corrected.driver, before.driver)
    np.testing.assert_array_equal(corrected.human_actions, before.human_actions)
    assert corrected.summary.takeovers == before.summary.takeovers
    assert corrected.summary.header.level is Level.SUPERVISED


def jpeg(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture as a JPEG file."""
    codec = av.CodecContext.create("mjpeg", "w")
    codec.width = codec.height = len(picture)
    codec.pix_fmt, codec.time_base = "yuvj444p", Fraction(1, 20)
    codec.options = {"qmin": "1", "qmax": "1", "color_range": "pc"}
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    data = b"".join(bytes(packet) for part in (frame, None) for packet in codec.encode(part))
    return np.frombuffer(data, np.uint8)


def smooth(rows: dict[str, Any]) -> dict[str, Any]:
    """The rows with pictures that JPEG keeps nearly as they are."""
    ramp = np.linspace(0, 250, SIZE).astype(np.uint8)
    picture = np.stack(np.broadcast_arrays(ramp[:, None], ramp, ramp[::-1, None]), axis=-1)
    moved = [np.roll(picture, n, axis=0) for n in range(STEPS + 1)]
    return rows | {f"observations/{name}_image": np.array(moved) for name in ("front", "wrist")}


def encoded(rows: dict[str, Any]) -> dict[str, Any]:
    """The rows with their pictures as JPEG files."""
    keys = [key for key in rows if key.endswith("_image")]
    return rows | {key: [jpeg(picture) for picture in rows[key]] for key in keys}


def test_jpeg_pictures_are_decoded_and_that_is_listed(tmp_path: Path) -> None:
    """The collector encodes pictures so unless it is told not to."""
    rows = smooth(columns())
    collected(tmp_path, [encoded(rows)], jpeg_encoding=True)
    report, (episode,) = bring(tmp_path)
    assert "exact pixels: they came through JPEG" in report.lost
    apart = episode.observations["front_image"].astype(int) - rows["observations/front_image"][:-1]
    assert np.abs(apart).mean() < 6


def test_ticks_of_reseats_come_from_the_options_of_the_reset(tmp_path: Path) -> None:
    """So a replay of our export that somebody collected repeats."""
    collected(tmp_path, [columns()])
    with h5py.File(tmp_path / "me/shelf-v0/data/main_data.hdf5", "a") as file:
        file["episode_0"].attrs["options/reseats"] = np.array([2, 5])
        file["episode_0"].attrs["options/colour"] = "red"
    report, (episode,) = bring(tmp_path)
    assert np.flatnonzero(episode.reseat).tolist() == [2, 5]
    assert any("options/colour" in line for line in report.lost)


WRAPPED = {**SPEC, "additional_wrappers": [{"name": "RescaleAction", "entry_point": "x:y"}]}
ELSEWHERE = {**SPEC, "id": "Isaac-Lift-Cube-Franka-v0"}
NO_PICTURES = [np.zeros(4 + number, np.uint8) for number in range(13)]
HUGE = {**SPEC, "kwargs": {"image_size": 10**9}}


@pytest.mark.parametrize(
    ("rows", "spec", "metadata", "reason"),
    [
        ({}, WRAPPED, {}, "wrapped in RescaleAction"),
        (
            {},
            ELSEWHERE,
            {"action_space": '{"type": "Discrete", "n": 4}'},
            "its action is a Discrete",
        ),
        ({"actions": np.full((STEPS, 2), np.nan)}, None, {}, "no finite numbers"),
        (
            {"observations/a": [np.zeros(4 + n, np.uint8) for n in range(13)]},
            ELSEWHERE,
            {},
            "no JPEG",
        ),
        ({}, [1], {}, "env_spec: expected"),
        ({}, HUGE, {}, "image_size"),
        ({}, {**SPEC, "kwargs": {"task": [3]}}, {}, "task"),
        ({}, SPEC, {"data_format": "arrow"}, "stored as arrow"),
        ({}, SPEC, {"jpeg_encoding": "yes"}, "jpeg_encoding"),
        ({}, SPEC, {WORKSPACE: {"task": "../../x\n"}}, "task"),
        ({"actions": np.zeros((STEPS, 4), np.float32)}, SPEC, {}, "has the shape"),
        ({"actions": np.full((STEPS, 7), 3.0)}, SPEC, {}, "leave"),
        ({"observations/goal": np.ones((STEPS, 6))}, SPEC, {}, "expected 13, one before each"),
        ({"truncations": np.arange(STEPS) == 4}, SPEC, {}, "goes on after its end at step 4"),
        ({"rewards": np.zeros(3)}, SPEC, {}, "rewards: expected 12 numbers"),
        ({"observations/front_image": ["x"] * 13}, SPEC, {}, "no JPEG"),
        ({"rewards": np.full(STEPS, np.nan)}, SPEC, {}, "not finite"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_made(
    tmp_path: Path, rows: dict[str, Any], spec: Any, metadata: dict[str, Any], reason: str
) -> None:
    """With the reason; no workspace is left."""
    collected(tmp_path, [columns() | rows], spec, **metadata)
    with pytest.raises(FormatError, match=reason):
        bring(tmp_path)
    assert not (tmp_path / "ws").exists()


def _several(folder: Path) -> None:
    shutil.copytree(folder / "me/shelf-v0", folder / "me/other-v0")


def _elsewhere(folder: Path) -> None:
    data = folder / "me/shelf-v0/data"
    shutil.move(data / "main_data.hdf5", folder / "away.hdf5")
    (data / "main_data.hdf5").symlink_to(folder / "away.hdf5")


def _linked(folder: Path) -> None:
    data = folder / "me/shelf-v0/data"
    shutil.copy(data / "main_data.hdf5", folder / "away.hdf5")
    with h5py.File(data / "main_data.hdf5", "a") as file:
        del file["episode_0"]
        file["episode_0"] = h5py.ExternalLink("../../../away.hdf5", "/episode_0")


def _deep(folder: Path) -> None:
    (folder / "me/shelf-v0/data/metadata.json").write_text(
        '{"a":' + "[" * 10**5 + "]" * 10**5 + "}"
    )


def _lying(folder: Path) -> None:
    """The first row of the instructions claims 2 GB."""
    path = folder / "me/shelf-v0/data/main_data.hdf5"
    with h5py.File(path) as file:
        place = file["episode_0/infos/instruction"].id.get_chunk_info(0)
    with path.open("r+b") as raw:
        raw.seek(place.byte_offset)
        raw.write(struct.pack("<I", 2**31))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_several, "several datasets, me/other-v0, me/shelf-v0"),
        (_elsewhere, "outside of the dataset's folder"),
        (_linked, "outside of its folder"),
        (_deep, "cannot be read"),
        (_lying, "instruction: claims"),
        (shutil.rmtree, "no dataset of Minari"),
    ],
)
def test_hostile_datasets_are_refused_in_words(
    tmp_path: Path, change: Callable[[Path], None], reason: str
) -> None:
    """Links that lead out, sizes that lie, JSON that never ends; nothing is made."""
    collected(tmp_path / "sets", [columns()])
    change(tmp_path / "sets")
    with pytest.raises(FormatError, match=reason):
        import_into("minari", tmp_path / "sets", tmp_path / "ws")
    assert not (tmp_path / "ws").exists()


def test_a_task_of_another_tool_keeps_its_name_and_states_no_environment(tmp_path: Path) -> None:
    """None of ours could be made of it; it comes back as it was."""
    name = "Isaac-Lift-Cube-Franka-v0"
    write_foreign_file(tmp_path / "demos.hdf5", [foreign_demo()], env_name=name)
    import_into("robomimic", tmp_path / "demos.hdf5", tmp_path / "ws")
    workspace = Workspace.open(tmp_path / "ws")
    assert workspace.config.task == "Isaac-Lift-Cube-Franka"
    export(workspace, "minari", tmp_path / "sets")
    (metadata,) = (tmp_path / "sets").rglob("metadata.json")
    assert "env_spec" not in json.loads(metadata.read_text())
    back = import_into("minari", tmp_path / "sets", tmp_path / "back")
    assert back.episodes == 1
    assert Workspace.open(tmp_path / "back").config == workspace.config


BOX = {"type": "Box", "low": [0.0, 0.0], "high": [512.0, 512.0], "shape": [2], "dtype": "float32"}


def pushed(seed: int, steps: int = STEPS) -> dict[str, Any]:
    """The datasets of an episode of another environment: two targets, nested observations."""
    rng = np.random.default_rng(seed)
    pictures = rng.integers(0, 256, (steps + 1, 24, 32, 3), np.uint8)
    last = np.arange(steps) == steps - 1
    return {
        "observations/agent_pos": rng.uniform(0, 512, (steps + 1, 2)),
        "observations/pixels/top": pictures,
        "observations/environment_state": rng.uniform(0, 1, (steps + 1, 3)),
        "actions": rng.uniform(0, 512, (steps, 2)).astype(np.float32),
        "rewards": rng.uniform(0, 1, steps),
        "terminations": last,
        "truncations": np.zeros(steps, bool),
        "infos/is_success": np.append([False] * steps, seed == 0),
    }


PUSH = {**SPEC, "id": "gym_pusht/PushT-v0", "kwargs": {"obs_type": "pixels_agent_pos"}}


def test_another_environment_comes_with_its_spec(tmp_path: Path) -> None:
    """The range of its action is that of its space; what nobody said is listed."""
    rows = [pushed(0), pushed(1)]
    collected(tmp_path, rows, PUSH, action_space=json.dumps(BOX))
    report = import_into("minari", tmp_path, tmp_path / "ws", options=ImportOptions(fit="crop"))
    workspace = Workspace.open(tmp_path / "ws")
    assert check(workspace).ok
    config = workspace.config
    assert (config.task, config.image_size, config.cameras) == ("PushT", 24, ("pixels.top",))
    assert [(a.name, a.kind, a.low, a.high) for a in config.action_axes] == [
        ("a0", "other", 0.0, 512.0), ("a1", "other", 0.0, 512.0),
    ]  # fmt: skip
    assert [(r.name, r.size) for r in config.readings] == [("agent_pos", 2)]
    told = " ".join((*report.lost, *report.filled_in))
    assert all(word in told for word in ("environment_state", "--axes says it", "control_hz"))
    episodes = [Episode.read(path) for path in workspace.episodes()]
    solved = next(e for e in episodes if e.summary.header.seed == 100)
    assert (solved.summary.success, solved.summary.success_known) == (True, True)
    assert not next(e for e in episodes if e.summary.header.seed == 101).summary.success
    np.testing.assert_allclose(solved.actions, rows[0]["actions"] / 256 - 1, atol=1e-6)
    crop = rows[0]["observations/pixels/top"][:STEPS, :, 4:28]
    np.testing.assert_array_equal(solved.observations["pixels.top_image"], crop)
    export(workspace, "minari", tmp_path / "out")
    import_into("minari", tmp_path / "out", tmp_path / "back")
    assert Workspace.open(tmp_path / "back").config == config


def test_its_axes_may_be_said_and_its_pictures_may_be_jpeg(tmp_path: Path) -> None:
    """With `--axes` and `--entries` numbers have a meaning; without a space the data's range."""
    rows = pushed(0)
    square = np.random.default_rng(0).integers(0, 256, (STEPS + 1, 24, 24, 3), np.uint8)
    rows["observations/pixels/top"] = [jpeg(picture) for picture in square]
    rows["observations/mission"] = ["push"] * (STEPS + 1)
    collected(tmp_path, [rows], PUSH, jpeg_encoding=True)
    axes = (
        Axis("x", "move", "x", 0.02, absolute=True),
        Axis("y", "move", "y", 0.02, absolute=True),
    )
    given = ImportOptions(axes=axes, entries={"top_image": "pixels.top", "pos": "agent_pos"})
    report = import_into("minari", tmp_path, tmp_path / "ws", options=given)
    config = Workspace.open(tmp_path / "ws").config
    assert [(a.name, a.kind) for a in config.action_axes] == [("x", "move"), ("y", "move")]
    assert config.action_axes[0].high == pytest.approx(rows["actions"][:, 0].max())
    assert [reading.name for reading in config.readings] == ["pos"]
    assert "exact pixels: they came through JPEG" in report.lost
