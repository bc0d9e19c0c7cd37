"""These tests import files of other tools: what comes in is sound, or it is refused in words."""

import json
import os
import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.registry import import_into
from sidestick.datasets.formats.transfer import Transfer
from sidestick.datasets.tables import tables
from sidestick.datasets.tables.listing import listing
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import FormatError
from tests.foreign import POSE, SIZE, foreign_demo, write_foreign_file


def bring(folder: Path, name: str = "strange") -> Transfer:
    """Import name.hdf5 into a workspace beside it."""
    return import_into("robomimic", folder / f"{name}.hdf5", folder / name)


def came(folder: Path, name: str = "strange") -> list[Episode]:
    """The imported episodes."""
    return [Episode.read(path) for path in Workspace.open(folder / name).episodes()]


def changed(seed: int = 0, **columns: Any) -> dict[str, Any]:
    """A demo with other columns; `_image` stands for its camera."""
    names = {"image": "obs/agentview_image", "eef_pos": "obs/robot0_eef_pos"}
    return foreign_demo(seed) | {names.get(key, key): rows for key, rows in columns.items()}


PICTURES = foreign_demo()["obs/agentview_image"]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_float_pictures_are_the_pictures_that_they_were(tmp_path: Path, kind: type) -> None:
    """In [0, 1] they are scaled, which is said; in [0, 255] they are taken as they are."""
    write_foreign_file(
        tmp_path / "strange.hdf5",
        [changed(0, image=(PICTURES / 255).astype(kind)), changed(1, image=PICTURES.astype(kind))],
    )
    report = bring(tmp_path)
    assert any("agentview_image: floats in [0, 1]" in line for line in report.filled_in)
    for episode in came(tmp_path):
        np.testing.assert_array_equal(episode.observations["agentview_image"], PICTURES)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"image": PICTURES / 127.5 - 1}, "what is black"),
        ({"image": PICTURES.astype(np.int32) + 10}, "from 10 to 265"),
        ({"image": PICTURES / 254.5 * 100}, "what is black"),
        ({"image": PICTURES > 9}, "bool"),
        ({"image": np.where(PICTURES > 250, np.nan, PICTURES)}, "not all finite"),
        ({"dones": np.full(30, np.nan)}, "dones: expected whole numbers"),
        ({"dones": np.full(30, 0.5)}, r"dones: expected whole numbers, got 0\.5"),
        ({"dones": np.full(30, 1e300)}, "dones: expected -"),
        ({"action_modes": np.repeat([-1, -10, 1], 10)}, r"got \[-10\]"),
        ({"rewards": np.full(30, 1e300)}, "larger than float32"),
        ({"eef_pos": np.full((30, 3), np.nan)}, "ee_pos: holds values that are not finite"),
        ({"rewards": np.full(30, np.nan)}, "rewards: holds values that are not finite"),
        ({"wall_time": np.linspace(-9, -2, 30)}, "since 1970"),
        ({"image": np.zeros((30, SIZE, SIZE, 3), np.uint8)}, "one colour all over"),
        ({"image": PICTURES[:, :16, :16]}, "pictures of"),
    ],
)
def test_a_demo_that_cannot_be_used_costs_itself_alone(
    tmp_path: Path, columns: dict[str, Any], reason: str
) -> None:
    """It is named with the reason; the others are sound. Alone in a file, the file is refused."""
    write_foreign_file(tmp_path / "strange.hdf5", [foreign_demo(1), changed(0, **columns)])
    report = bring(tmp_path)
    assert report.episodes == 1
    assert [problem.file for problem in report.skipped] == ["demo_1"]
    assert re.search(reason, report.skipped[0].reason)
    assert check(Workspace.open(tmp_path / "strange")).ok
    if "pictures of" not in reason:
        write_foreign_file(tmp_path / "alone.hdf5", [changed(0, **columns)])
        with pytest.raises(FormatError, match=reason):
            bring(tmp_path, "alone")
        assert not (tmp_path / "alone").exists()


def test_a_bad_first_demo_does_not_cost_the_others(tmp_path: Path) -> None:
    """The workspace is that of the first demo that can be used."""
    bad = changed(0, actions=np.full((30, 7), np.nan))
    write_foreign_file(tmp_path / "strange.hdf5", [bad, foreign_demo(1), foreign_demo(2)])
    report = bring(tmp_path)
    assert (report.episodes, report.skipped[0].file) == (2, "demo_0")


def test_demos_that_no_training_reads_together_are_left_out(tmp_path: Path) -> None:
    """Other sizes, another camera, one camera less, another goal; also at a later import."""
    front = foreign_demo(1)
    front["obs/front_image"] = front.pop("obs/agentview_image")
    both = foreign_demo(2) | {"obs/front_image": PICTURES}
    goal = foreign_demo(3) | {"obs/goal": np.ones((30, 4))}
    strangers = [foreign_demo(4, side=48), front, both, goal]
    write_foreign_file(tmp_path / "strange.hdf5", [foreign_demo(0), *strangers])
    report = bring(tmp_path)
    assert (report.episodes, len(report.skipped)) == (1, 4)
    words = ("pictures of [48, 48, 3]", "cameras: ['front']", "['agentview', 'front']", "goal: 4")
    for problem, word in zip(report.skipped, words, strict=True):
        assert word in problem.reason
    write_foreign_file(tmp_path / "later.hdf5", [goal])
    later = import_into("robomimic", tmp_path / "later.hdf5", tmp_path / "strange")
    assert "goal: 4" in later.skipped[0].reason


def test_an_id_hangs_on_content_alone(tmp_path: Path) -> None:
    """Another date, place, name or order of the demos: nothing is taken twice."""
    demos = [foreign_demo(0), foreign_demo(1)]
    path = write_foreign_file(tmp_path / "strange.hdf5", demos)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert bring(tmp_path).episodes == 2
    other = write_foreign_file(tmp_path / "other.hdf5", demos[::-1])
    os.utime(other, (-86_400, -86_400))
    again = import_into("robomimic", other, tmp_path / "strange")
    assert (again.episodes, len(again.skipped)) == (0, 2)
    assert all("already" in problem.reason for problem in again.skipped)


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ({"input_max": 0.05, "input_min": -0.05}, "input_max"),
        ({"input_min": 0}, "input_min"),
        ({"output_min": [-0.03] * 6}, "output_min"),
        ({"input_ref_frame": "world"}, "frame 'world'"),
        ({"output_max": "far"}, "one or six numbers"),
        ({"input_type": "absolute"}, "absolute"),
    ],
)
def test_all_that_says_what_an_action_does_is_read(
    tmp_path: Path, setting: dict[str, Any], reason: str
) -> None:
    """An action that would mean something else in a task of ours is refused, not scaled."""
    write_foreign_file(tmp_path / "strange.hdf5", [foreign_demo()], POSE | setting)
    with pytest.raises(FormatError, match=reason):
        import_into("robomimic", tmp_path / "strange.hdf5", tmp_path / "strange", "ShelfPick")


@pytest.mark.parametrize("column", ["action_modes", "intv_labels"])
def test_who_acted_is_kept(tmp_path: Path, column: str) -> None:
    """Two interventions of Sirius: two takeovers, the person's actions, the policy's steps."""
    modes = np.repeat([0, 1, 0, 1, 0], 6)
    labels = modes.copy()
    if column == "intv_labels":
        labels[3:6] = -10
    write_foreign_file(tmp_path / "strange.hdf5", [foreign_demo() | {column: labels}])
    report = bring(tmp_path)
    assert any(column in line for line in report.filled_in)
    (episode,) = came(tmp_path)
    np.testing.assert_array_equal(episode.action_modes, modes)
    assert (episode.summary.takeovers, episode.summary.human_steps) == (2, 12)
    human = np.isfinite(episode.human_actions).all(axis=1)
    np.testing.assert_array_equal(human, modes == 1)
    np.testing.assert_array_equal(np.isfinite(episode.policy_actions).all(axis=1), modes == 0)
    assert set(episode.intv_labels[:6]) == {-10}
    assert episode.summary.header.level == 3


@pytest.mark.parametrize(
    ("rewards", "known", "success"),
    [
        (np.eye(30)[29], True, True),
        (np.zeros(30), True, False),
        (np.full(30, 0.21), False, False),
        (np.linspace(0, 1, 30), False, False),
        (np.eye(30)[20], False, False),
        (None, False, False),
    ],
)
def test_success_is_not_guessed(tmp_path: Path, rewards: Any, known: bool, success: bool) -> None:
    """Shaped rewards, one in the middle and none leave it open; the report says so."""
    demo = foreign_demo() | {"rewards": rewards}
    write_foreign_file(
        tmp_path / "strange.hdf5", [{k: v for k, v in demo.items() if v is not None}]
    )
    report = bring(tmp_path)
    (episode,) = came(tmp_path)
    assert (episode.summary.success_known, episode.summary.success) == (known, success)
    assert any("success: unknown" in line for line in report.filled_in) == (not known)
    workspace = Workspace.open(tmp_path / "strange")
    shown = (listing(workspace).rows[0].success, tables.episodes(workspace)[0]["success"])
    assert shown == ((success,) * 2 if known else (None, None))


def test_what_has_no_place_is_listed(tmp_path: Path) -> None:
    """Filters, further datasets and attributes; the sentence of each demo is its instruction."""
    path = write_foreign_file(
        tmp_path / "strange.hdf5", [foreign_demo() | {"actions_abs": np.zeros((30, 7))}]
    )
    with h5py.File(path, "a") as file:
        file["mask/bad"] = np.array([b"demo_0"])
        file["data/demo_0"].attrs["model_file"] = "<mujoco/>"
        file["data/demo_0"].attrs["ep_meta"] = json.dumps({"lang": "lift the cube", "layout": 3})
    report = bring(tmp_path)
    for name in ("mask/bad", "actions_abs", "attribute model_file", "attribute ep_meta"):
        assert any(line.startswith(name) for line in report.lost), name
    (episode,) = came(tmp_path)
    assert episode.summary.header.instruction == "lift the cube"


def test_a_link_that_cannot_be_followed_costs_one_demo(tmp_path: Path) -> None:
    """Linked files beside the index are read; a missing one and one elsewhere are named."""
    (tmp_path / "in").mkdir()
    write_foreign_file(tmp_path / "in/one.hdf5", [foreign_demo(1)])
    write_foreign_file(tmp_path / "outside.hdf5", [foreign_demo(2)])
    path = write_foreign_file(tmp_path / "in/strange.hdf5", [foreign_demo(0)])
    with h5py.File(path, "a") as file:
        for number, link in enumerate(("one.hdf5", "gone.hdf5", "../outside.hdf5"), 1):
            file[f"data/demo_{number}"] = h5py.ExternalLink(link, "/data/demo_0")
        file["data/demo_4"] = h5py.SoftLink("/nowhere")
        file["data/demo_5/obs"] = h5py.ExternalLink("../outside.hdf5", "/data/demo_0/obs")
        file["data/demo_5/actions"] = foreign_demo(5)["actions"]
    report = bring(tmp_path / "in")
    assert report.episodes == 2
    assert [p.file for p in report.skipped] == ["demo_2", "demo_3", "demo_4", "demo_5"]
    words = ("there is no file", "outside of its folder", "leads nowhere", "outside of its folder")
    for problem, word in zip(report.skipped, words, strict=True):
        assert word in problem.reason


def test_what_robosuite_records_is_refused_in_words(tmp_path: Path) -> None:
    """States and actions without observations: the message says what makes them."""
    raw = {k: v for k, v in foreign_demo().items() if not k.startswith("obs/")}
    path = write_foreign_file(tmp_path / "strange.hdf5", [raw])
    with h5py.File(path, "a") as file:
        del file["data"].attrs["env_args"]
    with pytest.raises(FormatError, match=r"no observations.*dataset_states_to_obs"):
        bring(tmp_path)


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"env_kwargs": [1]}, "env_kwargs: expected an object"),
        ({"env_kwargs": {"controller_configs": POSE, "control_freq": "fast"}}, "control_freq"),
        ({"env_kwargs": {"controller_configs": POSE, "control_freq": 0.5}}, "control_freq"),
        ({"lang": "x" * 61_000}, "cannot hold it"),
    ],
)
def test_odd_descriptions_are_refused_in_words(
    tmp_path: Path, args: dict[str, Any], reason: str
) -> None:
    """Of another type, out of range, or larger than an attribute of HDF5."""
    write_foreign_file(tmp_path / "strange.hdf5", [foreign_demo()], **args)
    with pytest.raises(FormatError, match=reason):
        bring(tmp_path)
    assert not (tmp_path / "strange").exists()


def test_our_task_keeps_its_names(tmp_path: Path) -> None:
    """A file of our environment: goals and stages by name, variants of the task, no -v0."""
    demo = foreign_demo() | {"obs/goal": np.eye(6)[np.full(30, 2)]}
    kwargs = {"renderer": "tiny", "image_size": 32, "num_items": 2}
    write_foreign_file(
        tmp_path / "strange.hdf5", [demo], env_name="sidestick/ShelfPick-v0", env_kwargs=kwargs
    )
    bring(tmp_path)
    config = Workspace.open(tmp_path / "strange").config
    assert (config.task, config.renderer) == ("ShelfPick", "tiny")
    assert config.env_kwargs == {"num_items": 2}
    header = came(tmp_path)[0].summary.header
    assert header.goal == header.goal_names[2] != "2"
    assert header.stages[0] == "reach"


def test_an_import_that_is_killed_leaves_no_episode_that_seems_recorded_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each came from is noted before it is written; done again, nothing is noted twice."""
    write_foreign_file(tmp_path / "strange.hdf5", [foreign_demo(seed) for seed in range(3)])
    written: list[Path] = []

    def killed_at_the_third(path: Path, content: bytes) -> None:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path)
        path.write_bytes(content)

    monkeypatch.setattr("sidestick.datasets.formats.importing.replace_file", killed_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        bring(tmp_path)
    monkeypatch.undo()
    here = [str(tmp_path / "strange.hdf5")] * 3
    assert [row.origin for row in listing(Workspace.open(tmp_path / "strange")).rows] == here[:2]
    assert bring(tmp_path).episodes == 1
    workspace = Workspace.open(tmp_path / "strange")
    assert [row.origin for row in listing(workspace).rows] == here
    assert len(Database(workspace.db_path).events(EventKind.IMPORT)) == 3
    assert check(workspace).ok
