"""These tests import data whose action is not the built-in arm's, with its spec, and train on it.

The layouts are robosuite's, robomimic's, MimicGen's, LIBERO's and LeRobot's; the files are made.
"""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.import_options import ImportOptions
from sidestick.datasets.formats.registry import export, import_into
from sidestick.datasets.formats.transfer import Transfer
from sidestick.datasets.recorded_spec import BUILT_IN
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import FormatError
from sidestick.sim_envs.worlds.spec import Axis
from tests.foreign import POSE, STEPS, foreign_demo, write_foreign_file
from tests.foreign_lerobot import JOINTS, so101_episode, write_so101

ROBOSUITE = POSE | {"output_max": [0.05] * 3 + [0.5] * 3, "output_min": [-0.05] * 3 + [-0.5] * 3}
"""robosuite's default: 5 cm and half a radian."""


def bring(folder: Path, **options: Any) -> Transfer:
    """Import strange.hdf5 into a workspace beside it."""
    given = ImportOptions(**options)
    return import_into("robomimic", folder / "strange.hdf5", folder / "ws", options=given)


def came(folder: Path) -> tuple[WorkspaceConfig, list[Episode]]:
    """The workspace's configuration and its episodes, which are sound."""
    workspace = Workspace.open(folder / "ws")
    assert check(workspace).ok
    return workspace.config, [Episode.read(path) for path in workspace.episodes()]


def test_robosuites_own_scale_is_kept_and_the_object_is_not_taken(tmp_path: Path) -> None:
    """The workspace's axes say 5 cm and half a radian; the policy never reads where the cube is."""
    demos = [foreign_demo(seed) | {"obs/object": np.zeros((STEPS, 10))} for seed in range(2)]
    write_foreign_file(tmp_path / "strange.hdf5", demos, ROBOSUITE)
    report = bring(tmp_path)
    config, episodes = came(tmp_path)
    assert [(axis.kind, axis.along, axis.per_unit) for axis in config.action_axes] == [
        *(("move", a, 0.05) for a in "xyz"), *(("turn", a, 0.5) for a in "xyz"), ("grip", "", 1.0),
    ]  # fmt: skip
    assert [reading.name for reading in config.readings] == [
        "ee_pos", "ee_quat", "gripper_qpos", "joint_pos",
    ]  # fmt: skip
    assert (config.cameras, config.control_hz, config.renderer) == (("agentview",), 20, "unknown")
    assert any(line.startswith("object: not what the robot feels") for line in report.lost)
    originals = {demo["actions"].astype(np.float32).tobytes() for demo in demos}
    assert {episode.actions.tobytes() for episode in episodes} == originals
    assert bring(tmp_path).episodes == 0  # the second time it is all there


def test_libero_comes_with_its_names_and_its_sentence(tmp_path: Path) -> None:
    """Pictures called _rgb, states without robot0_, the instruction at the file."""
    rng, moved = np.random.default_rng(0), foreign_demo()["actions"]
    demo = {
        "actions": moved, "dones": np.eye(STEPS, dtype=np.uint8)[-1], "rewards": np.eye(STEPS)[-1],
        "states": rng.normal(size=(STEPS, 45)), "robot_states": rng.normal(size=(STEPS, 9)),
        "obs/agentview_rgb": rng.integers(0, 256, (STEPS, 32, 32, 3), np.uint8),
        "obs/eye_in_hand_rgb": rng.integers(0, 256, (STEPS, 32, 32, 3), np.uint8),
        "obs/ee_states": rng.normal(size=(STEPS, 6)), "obs/joint_states": np.zeros((STEPS, 7)),
        "obs/gripper_states": rng.normal(size=(STEPS, 2)),
    }  # fmt: skip
    path = write_foreign_file(tmp_path / "strange.hdf5", [demo], ROBOSUITE)
    with h5py.File(path, "a") as file:
        said = {"language_instruction": "turn on the stove"}
        file["data"].attrs["problem_info"] = json.dumps(said)
    bring(tmp_path)
    config, (episode,) = came(tmp_path)
    assert config.cameras == ("agentview", "eye_in_hand")
    assert {r.name: r.size for r in config.readings} == {
        "ee_states": 6, "gripper_states": 2, "joint_states": 7,
    }  # fmt: skip
    assert episode.summary.header.instruction == "turn on the stove"
    assert episode.summary.success


def test_mimicgen_at_84_pixels_and_another_rate(tmp_path: Path) -> None:
    """Its extra groups and datasets cost nothing; pictures keep their size unless it is asked."""
    demo = foreign_demo(side=84) | {
        "datagen_info/eef_pose": np.zeros((STEPS, 4, 4)), "src_demo_inds": np.zeros(3, np.int64),
    }  # fmt: skip
    kwargs = {"controller_configs": ROBOSUITE, "control_freq": 10}
    write_foreign_file(tmp_path / "strange.hdf5", [demo], env_kwargs=kwargs)
    bring(tmp_path, image_size=42)
    config, (episode,) = came(tmp_path)
    assert (config.image_size, config.control_hz) == (42, 10)
    pictures = episode.observations["agentview_image"]
    halved = demo["obs/agentview_image"].reshape(STEPS, 42, 2, 42, 2, 3).mean((2, 4))
    assert np.abs(pictures.astype(float) - halved).max() <= 1


@pytest.mark.parametrize(
    ("controller", "size", "expected"),
    [
        ({**ROBOSUITE, "type": "OSC_POSITION", "output_max": 0.05, "output_min": -0.05}, 4,
         ["dx move 0.05", "dy move 0.05", "dz move 0.05", "grip grip 1"]),
        ({"type": "JOINT_POSITION", "output_max": 0.1, "output_min": -0.1}, 8,
         [*(f"joint{n} joint 0.1" for n in range(7)), "grip grip 1"]),
        (None, 5, [f"a{n} other 1" for n in range(5)]),
        ({"body": {"right": {**ROBOSUITE, "input_ref_frame": "world"}}}, 7,
         ["dx move 0.05", "dy move 0.05", "dz move 0.05",
          "drx turn 0.5", "dry turn 0.5", "drz turn 0.5", "grip grip 1"]),
    ],
)  # fmt: skip
def test_the_controller_says_what_an_action_does(
    tmp_path: Path, controller: Any, size: int, expected: list[str]
) -> None:
    """Position alone, joints, nothing known, and another frame, whose axes have no direction."""
    demo = foreign_demo() | {"actions": np.tile(foreign_demo()["actions"], 2)[:, :size]}
    write_foreign_file(tmp_path / "strange.hdf5", [demo], controller)
    report = bring(tmp_path)
    config, (episode,) = came(tmp_path)
    found = [f"{axis.name} {axis.kind} {axis.per_unit:g}" for axis in config.action_axes]
    assert found == expected
    assert episode.actions.shape == (STEPS, size)
    framed = any("frame 'world'" in line for line in report.filled_in)
    assert framed == (size == 7)
    assert (not any(axis.along for axis in config.action_axes)) == (size != 4)


def test_absolute_poses_get_the_range_that_they_have(tmp_path: Path) -> None:
    """Metres and radians are spread over [-1, 1]; the workspace says how, and so do exports."""
    demos = [foreign_demo(seed) for seed in range(2)]
    for demo in demos:
        demo["actions"] = demo["actions"] * [0.3, 0.3, 0.2, 3, 3, 3, 1] + [0.5, 0, 1, 0, 0, 0, 0]
    write_foreign_file(tmp_path / "strange.hdf5", demos, ROBOSUITE | {"control_delta": False})
    report = bring(tmp_path)
    config, episodes = came(tmp_path)
    assert all(axis.absolute for axis in config.action_axes[:6])
    assert any(line.startswith("action dx: ") for line in report.filled_in)
    low, high = config.spec.action.native_range
    for episode in episodes:
        native = low + (episode.actions + 1) / 2 * (high - low)
        assert any(np.allclose(native, demo["actions"], atol=1e-5) for demo in demos)
    other = foreign_demo(9) | {"actions": demos[0]["actions"] * 1.2}
    write_foreign_file(tmp_path / "strange.hdf5", [other], ROBOSUITE | {"control_delta": False})
    assert "leave [-1, 1]" in bring(tmp_path).skipped[0].reason  # the workspace's ranges hold


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ({"output_min": [-0.03] * 6}, "never rests"),
        ({"input_min": 0}, "never rests"),
        ({"output_max": "far"}, "one or 6 numbers"),
        ({"input_max": 0.05, "input_min": -0.05}, "leave"),
    ],
)
def test_what_no_spec_can_say_is_refused(
    tmp_path: Path, setting: dict[str, Any], reason: str
) -> None:
    """An arm that moves at an action of 0, no numbers, more than the controller takes."""
    write_foreign_file(tmp_path / "strange.hdf5", [foreign_demo()], ROBOSUITE | setting)
    with pytest.raises(FormatError, match=reason):
        bring(tmp_path)
    assert not (tmp_path / "ws").exists()


def test_axes_and_entries_may_be_said(tmp_path: Path) -> None:
    """Where the file says nothing of its numbers, the user does; what is not there is named."""
    demo = foreign_demo() | {"actions": foreign_demo()["actions"][:, :2] * 200 + 256}
    write_foreign_file(tmp_path / "strange.hdf5", [demo], None)
    axes = tuple(Axis(a, "move", a, 0.1, True, 0.0, 512.0) for a in "xy")  # type: ignore[arg-type]
    entries = {"top_image": "agentview_image", "pen": "robot0_eef_pos"}
    with pytest.raises(FormatError, match=r"no entry robot1.*it has agentview_image"):
        bring(tmp_path, entries={"pen": "robot1"})
    with pytest.raises(FormatError, match="2 numbers; --axes"):
        bring(tmp_path, axes=axes[:1])
    bring(tmp_path, entries=entries, axes=axes)
    config, (episode,) = came(tmp_path)
    assert (config.action_axes, config.cameras) == (axes, ("top",))
    assert np.allclose(episode.actions, demo["actions"] / 256 - 1, atol=1e-6)
    assert [r.name for r in config.readings] == ["pen"]


def test_an_so101_comes_with_its_joints(tmp_path: Path) -> None:
    """Six targets in degrees, a camera that is not square, 30 Hz; refused without a word on fit."""
    dataset = write_so101(tmp_path / "set")
    with pytest.raises(FormatError, match=r"24 x 32.*--fit crop or --fit scale"):
        import_into("lerobot", dataset, tmp_path / "ws")
    assert not (tmp_path / "ws").exists()
    options = ImportOptions(fit="crop", image_size=16)
    report = import_into("lerobot", dataset, tmp_path / "ws", task="Cup", options=options)
    config, episodes = came(tmp_path)
    assert (config.task, config.control_hz, config.image_size) == ("Cup", 30, 16)
    assert tuple(axis.name for axis in config.action_axes) == JOINTS
    assert [axis.kind for axis in config.action_axes] == ["joint"] * 5 + ["grip"]
    assert all(axis.absolute for axis in config.action_axes)
    assert config.action_axes[5].low > config.action_axes[5].high  # it closes towards 0
    assert [(r.name, r.size) for r in config.readings] == [("state", 6)]
    assert any("environment_state" in line for line in report.lost)
    low, high = config.spec.action.native_range
    targets, state, _ = so101_episode(0)
    native = [low + (e.actions + 1) / 2 * (high - low) for e in episodes]
    (place,) = (i for i, found in enumerate(native) if np.allclose(found, targets, atol=1e-3))
    assert np.array_equal(episodes[place].observations["state"], state)
    assert episodes[place].summary.header.instruction == "put the cube into the cup"
    assert episodes[place].observations["top_image"].shape == (20, 16, 16, 3)
    assert import_into("lerobot", dataset, tmp_path / "ws", options=options).episodes == 0


def test_a_scaled_picture_is_the_whole_one(tmp_path: Path) -> None:
    """Crop takes the middle, scale squeezes; a square one is left as it is."""
    demo = foreign_demo()
    wide = np.zeros((STEPS, 32, 64, 3), np.uint8)
    wide[:, :, :16], wide[:, :, 16:48] = 200, np.arange(STEPS, dtype=np.uint8)[:, None, None, None]
    demo["obs/agentview_image"] = wide + np.arange(3, dtype=np.uint8)
    write_foreign_file(tmp_path / "strange.hdf5", [demo])
    bring(tmp_path, fit="crop")
    config, (episode,) = came(tmp_path)
    assert config.spec == BUILT_IN  # whose action it is
    assert np.array_equal(episode.observations["agentview_image"], wide[:, :, 16:48] + np.arange(3))
    given = ImportOptions(fit="scale")
    import_into("robomimic", tmp_path / "strange.hdf5", tmp_path / "whole", options=given)
    (whole,) = Workspace.open(tmp_path / "whole").episodes()
    squeezed = Episode.read(whole).observations["agentview_image"]
    assert squeezed.shape[1:3] == (32, 32)
    assert (squeezed[:, :, :8, 0] == 200).all()


def test_a_workspace_of_the_built_in_arm_takes_no_other_action(tmp_path: Path) -> None:
    """The refusal says what is in there; nothing is written."""
    write_foreign_file(tmp_path / "strange.hdf5", [foreign_demo()])
    bring(tmp_path)
    write_foreign_file(tmp_path / "strange.hdf5", [foreign_demo(1)], ROBOSUITE)
    with pytest.raises(FormatError, match=r"0\.05 m and 0\.5 rad"):
        bring(tmp_path)
    with pytest.raises(FormatError, match="fixed"):
        bring(tmp_path, entries={"a_image": "agentview_image"})
    assert len(Workspace.open(tmp_path / "ws").episodes()) == 1


@pytest.mark.parametrize("form", ["robomimic", "lerobot", "minari"])
def test_what_came_goes_out_and_comes_back(tmp_path: Path, form: str) -> None:
    """Export and import again: the same spec, with its ranges, and the same numbers."""
    demos = [foreign_demo(seed) for seed in range(2)]
    write_foreign_file(
        tmp_path / "strange.hdf5", demos, ROBOSUITE | {"input_max": 2, "input_min": -2}
    )
    bring(tmp_path)
    config, episodes = came(tmp_path)
    assert config.action_axes[0].high == 2
    target = tmp_path / ("out.hdf5" if form == "robomimic" else "out")
    export(Workspace.open(tmp_path / "ws"), form, target)
    place = next(target.glob("*/*"), target) if form == "minari" else target
    import_into(form, place, tmp_path / "back")
    back = Workspace.open(tmp_path / "back")
    assert back.config == config
    found = {e.actions.tobytes() for e in map(Episode.read, back.episodes())}
    kept = STEPS - (form == "minari")  # it takes no step after which nothing was seen
    assert found == {episode.actions[:kept].tobytes() for episode in episodes}


def test_a_vector_of_one_number_is_what_lerobot_calls_a_number(tmp_path: Path) -> None:
    """It writes and reads shape [1] without a list; ours are vectors again after the import."""
    pq = pytest.importorskip("pyarrow.parquet")
    demo = foreign_demo()
    demo |= {"actions": demo["actions"][:, :1], "obs/robot0_joint_pos": demo["states"][:, :1]}
    demo = {key: rows for key, rows in demo.items() if "eef" not in key and "qpos" not in key}
    write_foreign_file(tmp_path / "strange.hdf5", [demo], None)
    bring(tmp_path, axes=(Axis("elbow", "joint"),))
    config, (before,) = came(tmp_path)
    export(Workspace.open(tmp_path / "ws"), "lerobot", tmp_path / "out")
    table = pq.read_table(tmp_path / "out/data/chunk-000/file-000.parquet")
    assert json.loads((tmp_path / "out/meta/info.json").read_text())["robot_type"] == "unknown"
    for key in ("action", "observation.state", "observation.environment_state"):
        assert str(table.schema.field(key).type) == "float", key
    import_into("lerobot", tmp_path / "out", tmp_path / "back")
    back = Workspace.open(tmp_path / "back")
    after = Episode.read(back.episodes()[0])
    assert back.config == config
    for key in ("actions", "human_actions", "obs/joint_pos", "obs/goal"):
        np.testing.assert_array_equal(after.columns[key], before.columns[key], err_msg=key)
