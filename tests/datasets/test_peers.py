"""These tests open our exports with the loaders of robomimic, LeRobot and Minari.

    make test-peers

makes their virtual environment once, in $SIDESTICK_PEERS or ~/.cache/sidestick/peers (4 GiB, most
of it torch).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.registry import export
from sidestick.datasets.formats.transfer import ExportOptions
from sidestick.datasets.workspace import Workspace
from tests.synthetic import made_up_episode

pytestmark = [pytest.mark.peers, pytest.mark.timeout(3000)]
HOME = Path(os.environ.get("SIDESTICK_PEERS", Path.home() / ".cache/sidestick/peers"))
OLDEST = (3, 12)
"""Required by LeRobot 0.6."""
TORCH = "torch==2.13.0"
OTHERS = """
    torchvision==0.28.0 minari[hdf5]==0.5.4 numpy<2.3 av>=15,<16 pandas<3 datasets>=4.8,<5
    huggingface-hub>=1.6,<2 draccus>=0.11.6,<0.12 jsonlines einops safetensors pyarrow requests
    opencv-python-headless termcolor psutil six tensorboard tensorboardX matplotlib imageio
    imageio-ffmpeg h5py tqdm
"""
ALONE = ["lerobot==0.6.1", "robomimic==0.3.0"]
"""Installed without dependencies, which include simulators and another torch. robomimic 0.3 is the
newest on PyPI; 0.5 has not been tried here."""

ROBOMIMIC = """
import json, sys, numpy as np
import robomimic.utils.obs_utils as obs
from robomimic.utils.dataset import SequenceDataset
import robomimic.utils.file_utils as files
low = ["ee_pos", "ee_quat", "gripper_qpos", "joint_pos", "goal"]
rgb = ["front_image", "wrist_image"]
obs.initialize_obs_utils_with_obs_specs({"obs": {"low_dim": low, "rgb": rgb}})
def load(keys, **more):
    return SequenceDataset(hdf5_path=sys.argv[1], obs_keys=low + rgb, dataset_keys=keys,
        frame_stack=2, seq_length=4, hdf5_cache_mode="low_dim", hdf5_use_swmr=True, **more)
whole = load(["actions", "rewards", "dones", "action_modes", "intv_labels"], load_next_obs=True)
item = whole[3]
good = load(["actions"], filter_by_attribute="success", load_next_obs=False)
env = files.get_env_metadata_from_dataset(dataset_path=sys.argv[1])
print(json.dumps({"sequences": len(whole), "demos": whole.n_demos, "successful": good.n_demos,
    "env": env["env_name"], "image": list(item["obs"]["front_image"].shape),
    "next": list(item["next_obs"]["wrist_image"].shape),
    "actions": np.asarray(item["actions"])[1].tolist(),
    "labels": np.asarray(whole[10]["intv_labels"]).ravel().tolist(),
    "mean": float(np.asarray(item["obs"]["front_image"], float).mean())}))
"""

LEROBOT = """
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

MINARI = """
import json, minari, numpy as np
found = minari.load_dataset("sidestick/ShelfPick/human-v0")
first = found[0]
found.observation_space, found.action_space
inside = found.observation_space["front_image"].contains(first.observations["front_image"][0])
print(json.dumps({"episodes": int(found.total_episodes), "steps": int(found.total_steps),
    "inside": bool(inside), "listed": list(minari.list_local_datasets()),
    "pixels": int(first.observations["front_image"].astype(int).sum()),
    "action": first.actions[3].tolist(), "terminated": bool(first.terminations[-1]),
    "labels": found[1].infos["intv_labels"].tolist(),
    "sampled": len(found.sample_episodes(2))}))
"""


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of the peers' environment; make it, or skip with the reason."""
    found, done = HOME / "bin/python", HOME / ".installed"
    wanted = "\n".join([TORCH, *OTHERS.split(), *ALONE])
    if done.exists() and done.read_text() == wanted:
        return found
    base = interpreter()
    if base is None:
        pytest.skip(f"LeRobot needs Python {OLDEST[0]}.{OLDEST[1]}, and there is none")
    commands = [[base, "-m", "venv", str(HOME)]]
    commands += [
        [str(found), "-m", "pip", "install", "-q", *some] for some in ([TORCH], OTHERS.split())
    ]
    commands += [[str(found), "-m", "pip", "install", "-q", "--no-deps", *ALONE]]
    for command in commands:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode:
            pytest.skip(f"cannot be installed: {answer.stderr.strip().splitlines()[-1]}")
    done.write_text(wanted)
    return found


def interpreter() -> str | None:
    """A Python that is new enough for all of them."""
    names = [sys.executable, *(shutil.which(f"python3.{minor}") for minor in (12, 13))]
    names += sorted(map(str, Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python")))
    code = f"import sys; sys.exit(sys.version_info[:2] < {OLDEST})"
    for name in names:
        if name and not subprocess.run([name, "-c", code], capture_output=True).returncode:
            return name
    return None


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with a demonstration and a correction."""
    made = Workspace.create(tmp_path_factory.mktemp("ws"), WorkspaceConfig("ShelfPick"))
    for number, modes in enumerate(([-1] * 8, [0] * 6 + [1] * 4)):
        stem = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode(modes, number, number == 0, 96, episode_id=stem)
        episode.write(made.episodes_dir / f"{stem}.hdf5")
    return made


def output_of(python: Path, script: str, *arguments: object, **environment: str) -> dict[str, Any]:
    """Run a script in the peers' environment, outside this repository; return its JSON output."""
    answer = subprocess.run(
        [str(python), "-I", "-c", script, *map(str, arguments)],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", **environment},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    found: dict[str, Any] = json.loads(answer.stdout.strip().splitlines()[-1])
    return found


def test_robomimic_loads_sequences(python: Path, workspace: Workspace, tmp_path: Path) -> None:
    """Its dataset class reads observations, next observations, masks and the labels of Sirius."""
    export(workspace, "robomimic", tmp_path / "a.hdf5", ExportOptions(next_obs=True))
    found = output_of(python, ROBOMIMIC, tmp_path / "a.hdf5")
    first = Episode.read(workspace.episodes()[0])
    assert (found["sequences"], found["demos"], found["successful"]) == (18, 2, 1)
    assert found["image"] == found["next"] == [5, 96, 96, 3]
    assert found["actions"] == pytest.approx(first.actions[3].tolist())
    assert found["env"].endswith("ShelfPick-v0")
    assert set(found["labels"]) <= {-10.0, 0.0, 1.0}


def test_robomimic_opens_the_workspace_itself(python: Path, workspace: Workspace) -> None:
    """dataset.hdf5, a file of links, is a dataset as well."""
    workspace.rebuild_index()
    script = ROBOMIMIC.replace("load_next_obs=True", "load_next_obs=False")
    script = script.replace('"next_obs"', '"obs"').replace(', filter_by_attribute="success"', "")
    assert output_of(python, script, workspace.index_path)["demos"] == 2


@pytest.mark.parametrize("images", ["video", "png"])
def test_lerobot_loads_batches(
    python: Path, workspace: Workspace, tmp_path: Path, images: Any
) -> None:
    """Its dataset class reads chunks of actions, frames of the videos, tasks and statistics."""
    export(workspace, "lerobot", tmp_path / "set", ExportOptions(images=images))
    found = output_of(python, LEROBOT, tmp_path / "set", HF_LEROBOT_HOME=str(tmp_path / "home"))
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


def test_minari_loads_every_pixel(python: Path, workspace: Workspace, tmp_path: Path) -> None:
    """Its loader finds the dataset by name, and reads the recorded values."""
    export(workspace, "minari", tmp_path / "sets")
    found = output_of(python, MINARI, MINARI_DATASETS_PATH=str(tmp_path / "sets"))
    first = Episode.read(workspace.episodes()[0])
    assert (found["episodes"], found["steps"], found["sampled"]) == (2, 18, 2)
    assert found["listed"] == ["sidestick/ShelfPick/human-v0"]
    assert found["inside"]
    assert found["terminated"]
    last = np.asarray((first.final_observation or {})["front_image"]).astype(int).sum()
    assert found["pixels"] == first.observations["front_image"].astype(int).sum() + last
    assert found["action"] == first.actions[3].tolist()
    assert set(found["labels"]) == {-10, 1}
