"""These tests let LeRobot load and edit our exports; `make test-peers` runs them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.registry import export, import_into
from sidestick.datasets.formats.transfer import ExportOptions
from sidestick.datasets.workspace import Workspace
from tests.peer_rig import output_of
from tests.simulated import simulated_workspace
from tests.synthetic import made_up_episode

pytestmark = [pytest.mark.peers, pytest.mark.timeout(3000)]

LOAD = """
import json, sys, numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset
found = LeRobotDataset("sidestick/test", root=sys.argv[1],
    delta_timestamps={"action": [0, 0.05, 0.1], "observation.images.front": [-0.05, 0]})
item = found[7]
from torch.utils.data import DataLoader
from lerobot.utils.feature_utils import dataset_to_policy_features
batch = next(iter(DataLoader(found, batch_size=8, shuffle=True)))
kinds = {k: v.type.value for k, v in dataset_to_policy_features(found.meta.features).items()}
print(json.dumps({"episodes": found.num_episodes, "frames": found.num_frames, "fps": found.fps,
    "task": item["task"], "image": list(item["observation.images.front"].shape),
    "pixel": float(item["observation.images.front"][1].mean()), "kinds": kinds,
    "action": item["action"][0].tolist(), "intervention": bool(found[16]["intervention"]),
    "batch": list(batch["observation.images.wrist"].shape),
    "q99": len(found.meta.stats["action"]["q99"]), "wall": float(item["sidestick.wall_time"])}))
"""

EDIT = """
import json, shutil, sys, traceback
from pathlib import Path
import torch
from lerobot.datasets.lerobot_dataset import LeRobotDataset
from lerobot.scripts.lerobot_edit_dataset import main
video, png, out = map(Path, sys.argv[1:4])
def edit(name, root, *words, new=True):
    target = out / name
    sys.argv = ["edit", "--repo_id=a/b", f"--root={root}", f"--operation.type={name}", *words]
    sys.argv += ["--new_repo_id=a/c", f"--new_root={target}"] if new else []
    main()
    return target
def merge():
    parts = [str(out / "split" / part) for part in ("train", "val")]
    target = out / "merge"
    sys.argv = ["edit", "--new_repo_id=a/d", f"--new_root={target}", "--operation.type=merge",
        "--operation.repo_ids=['a/x','a/y']", f"--operation.roots={parts}"]
    main()
    return target
def copied(name):
    return Path(shutil.copytree(video, out / name))
EDITS = {
    "delete_episodes": lambda: edit("delete_episodes", video, "--operation.episode_indices=[0]"),
    "split": lambda: edit("split", video, '--operation.splits={"train": [0, 1], "val": [2]}')
        / "train",
    "merge": merge,
    "modify_tasks": lambda: (edit("modify_tasks", copied("tasks"), "--operation.new_task=wipe it",
        new=False), out / "tasks")[1],
    "recompute_stats": lambda: edit("recompute_stats", video),
    "convert_image_to_video": lambda: edit("convert_image_to_video", png,
        "--operation.num_workers=1", f"--operation.output_dir={out / 'convert_image_to_video'}"),
    "remove_feature": lambda: edit("remove_feature", video,
        "--operation.feature_names=['observation.environment_state']"),
}
def strict(text):
    def no(word):
        raise ValueError(f"{word} in JSON")
    return json.loads(text, parse_constant=no)
results = {}
for name, work in EDITS.items():
    try:
        root = work()
        found = LeRobotDataset("a/b", root=root)
        frames = [found[i] for i in range(len(found))]
        numbers = [v for f in frames for v in f.values() if isinstance(v, torch.Tensor)]
        strict((Path(root) / "meta/stats.json").read_text())
        results[name] = {"root": str(root), "episodes": found.num_episodes, "frames": len(frames),
            "finite": all(bool(torch.isfinite(v.float()).all()) for v in numbers),
            "tasks": sorted({f["task"] for f in frames}), "features": sorted(found.meta.features)}
    except BaseException:
        results[name] = {"error": traceback.format_exc()[-3000:]}
print(json.dumps(results))
"""
EDITS = (
    "delete_episodes",
    "split",
    "merge",
    "modify_tasks",
    "recompute_stats",
    "convert_image_to_video",
    "remove_feature",
)
KEPT = {"delete_episodes": (1, 2), "split": (0, 1)}
"""Which of the episodes are left by an edit; all three by the others."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with a demonstration and a correction."""
    made = Workspace.create(tmp_path_factory.mktemp("ws"), WorkspaceConfig("ShelfPick"))
    for number, modes in enumerate(([-1] * 8, [0] * 6 + [1] * 4)):
        stem = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode(modes, number, number == 0, 96, episode_id=stem)
        episode.write(made.episodes_dir / f"{stem}.hdf5")
    return made


@pytest.mark.parametrize("images", ["video", "png"])
def test_lerobot_loads_batches(workspace: Workspace, tmp_path: Path, images: Any) -> None:
    """Its dataset class reads chunks of actions, frames of the videos, tasks and statistics."""
    export(workspace, "lerobot", tmp_path / "set", ExportOptions(images=images))
    found = output_of("lerobot", LOAD, tmp_path / "set", HF_LEROBOT_HOME=str(tmp_path / "home"))
    first = Episode.read(workspace.episodes()[0])
    assert (found["episodes"], found["frames"], found["fps"], found["q99"]) == (2, 18, 20, 7)
    assert found["task"] == first.summary.header.instruction
    assert (found["image"], found["batch"]) == ([2, 3, 96, 96], [8, 3, 96, 96])
    shown = first.observations["front_image"][7].mean() / 255
    assert found["pixel"] == pytest.approx(shown, abs=0.01 if images == "video" else 1e-6)
    assert found["action"] == pytest.approx(first.actions[7].tolist())
    assert found["intervention"]
    assert {key for key, kind in found["kinds"].items() if kind == "ACTION"} == {"action"}
    assert found["wall"] == pytest.approx(first.wall_time[7])  # its tensors are float32


@dataclass(frozen=True)
class Edited:
    """A workspace, and what LeRobot's tools made of its export, by the name of the tool."""

    workspace: Workspace
    results: dict[str, Any]


@pytest.fixture(scope="module", params=["ShelfPick", "SortClothes"])
def edited(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Edited:
    """Three episodes, whose states have three lengths in SortClothes, edited by each tool."""
    folder = tmp_path_factory.mktemp("edited")
    made = simulated_workspace(folder / "ws", request.param, (3, 4, 5), 12, (7,), 64)
    export(made, "lerobot", folder / "video")
    export(made, "lerobot", folder / "png", ExportOptions(images="png"))
    home = str(folder / "home")
    places = (folder / "video", folder / "png", folder / "out")
    return Edited(made, output_of("lerobot", EDIT, *places, HF_LEROBOT_HOME=home))


@pytest.mark.parametrize("name", EDITS)
def test_what_lerobot_edited_is_sound(edited: Edited, name: str, tmp_path: Path) -> None:
    """LeRobot reads every frame of it, without NaN; all of it that was recorded comes back here."""
    found = edited.results[name]
    assert "error" not in found, found.get("error")
    originals = [Episode.read(path) for path in edited.workspace.episodes()]
    kept = [originals[number] for number in KEPT.get(name, (0, 1, 2))]
    assert (found["episodes"], found["frames"]) == (len(kept), sum(map(len, kept)))
    assert found["finite"]
    assert (found["tasks"] == ["wipe it"]) == (name == "modify_tasks")
    assert "sidestick.has_human_action" in found["features"]
    task = originals[0].summary.header.task
    report = import_into("lerobot", found["root"], tmp_path / "back", task=task)
    assert (report.episodes, report.skipped) == (len(kept), ())
    came = Workspace.open(tmp_path / "back")
    assert check(came).ok
    returned = {e.states.tobytes(): e for e in map(Episode.read, came.episodes())}
    for episode in kept:
        other = returned[episode.states.tobytes()]
        for key in ("actions", "human_actions", "policy_actions", "novelty", "reseat"):
            np.testing.assert_array_equal(getattr(other, key), getattr(episode, key), err_msg=key)
        seen = other.observations["front_image"].astype(float)
        apart = np.abs(seen - episode.observations["front_image"]).mean()
        assert apart < (6 if name != "convert_image_to_video" else 12), apart


def test_lerobot_encodes_again_as_we_did(edited: Edited) -> None:
    """Its tools take quality and key frames from info.json."""
    root = Path(edited.results["delete_episodes"]["root"])
    info = json.loads((root / "meta/info.json").read_text())
    said = info["features"]["observation.images.front"]["info"]
    assert (said["video.crf"], said["video.g"], said["video.preset"]) == (18, 2, "fast")
