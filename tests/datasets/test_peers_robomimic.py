"""These tests let robomimic load, split and learn from our exports; `make test-peers` runs them."""

from pathlib import Path

import pytest

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

LEARN = """
import json, sys, numpy as np, torch
from torch.utils.data import DataLoader
from robomimic.algo import algo_factory
from robomimic.config import config_factory
from robomimic.scripts.split_train_val import split_train_val_from_hdf5
import robomimic.utils.file_utils as files, robomimic.utils.obs_utils as obs
import robomimic.utils.train_utils as training
np.random.seed(0)
torch.manual_seed(0)
split_train_val_from_hdf5(sys.argv[1], val_ratio=0.34)
config = config_factory("bc")
with config.values_unlocked():
    config.train.data, config.train.hdf5_filter_key = sys.argv[1], "train"
    config.train.hdf5_validation_filter_key, config.experiment.validate = "valid", True
    config.train.hdf5_cache_mode, config.train.batch_size = "low_dim", 8
    config.observation.modalities.obs.low_dim = ["ee_pos", "ee_quat", "gripper_qpos", "goal"]
    config.observation.modalities.obs.rgb = ["front_image"]
obs.initialize_obs_utils_with_config(config)
shapes = files.get_shape_metadata_from_dataset(sys.argv[1],
    all_obs_keys=config.all_obs_keys, verbose=False)
train, valid = training.load_data_for_training(config, obs_keys=shapes["all_obs_keys"])
model = algo_factory("bc", config, shapes["all_shapes"], shapes["ac_dim"], torch.device("cpu"))
model.set_train()
losses = []
loader = DataLoader(train, batch_size=8, shuffle=True)
for epoch in range(4):
    for batch in loader:
        ready = model.process_batch_for_training(batch)
        ready = model.postprocess_batch_for_training(ready, obs_normalization_stats=None)
        info = model.train_on_batch(ready, epoch=epoch, validate=False)
        losses.append(float(info["losses"]["action_loss"]))
print(json.dumps({"train": train.n_demos, "valid": valid.n_demos, "losses": losses}))
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with a demonstration and a correction."""
    made = Workspace.create(tmp_path_factory.mktemp("ws"), WorkspaceConfig("ShelfPick"))
    for number, modes in enumerate(([-1] * 8, [0] * 6 + [1] * 4)):
        stem = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode(modes, number, number == 0, 96, episode_id=stem)
        episode.write(made.episodes_dir / f"{stem}.hdf5")
    return made


def test_robomimic_loads_sequences(workspace: Workspace, tmp_path: Path) -> None:
    """Its dataset class reads observations, next observations, masks and the labels of Sirius."""
    export(workspace, "robomimic", tmp_path / "a.hdf5", ExportOptions(next_obs=True))
    found = output_of("robomimic", LOAD, tmp_path / "a.hdf5")
    first = Episode.read(workspace.episodes()[0])
    assert (found["sequences"], found["demos"], found["successful"]) == (18, 2, 1)
    assert found["image"] == found["next"] == [5, 96, 96, 3]
    assert found["actions"] == pytest.approx(first.actions[3].tolist())
    assert found["env"].endswith("ShelfPick-v0")
    assert set(found["labels"]) <= {-10.0, 0.0, 1.0}


def test_robomimic_opens_the_workspace_itself(workspace: Workspace) -> None:
    """dataset.hdf5, a file of links, is a dataset as well."""
    workspace.rebuild_index()
    script = LOAD.replace("load_next_obs=True", "load_next_obs=False")
    script = script.replace('"next_obs"', '"obs"').replace(', filter_by_attribute="success"', "")
    assert output_of("robomimic", script, workspace.index_path)["demos"] == 2


@pytest.mark.parametrize("task", ["ShelfPick", "SortClothes", "SortRecycling"])
def test_robomimic_splits_and_learns(task: str, tmp_path: Path) -> None:
    """Its own masks, its loader and some steps of behaviour cloning; then it comes back whole."""
    made = simulated_workspace(tmp_path / "ws", task, (3, 4, 5), 12, (7,), 84)
    export(made, "robomimic", tmp_path / "a.hdf5")
    found = output_of("robomimic", LEARN, tmp_path / "a.hdf5")
    assert (found["train"], found["valid"]) == (2, 1)
    assert found["losses"][-1] < found["losses"][0]
    report = import_into("robomimic", tmp_path / "a.hdf5", tmp_path / "back")
    assert (report.episodes, report.skipped) == (3, ())
    for one, other in zip(
        made.episodes(), Workspace.open(tmp_path / "back").episodes(), strict=True
    ):
        assert Episode.read(one).states.tobytes() == Episode.read(other).states.tobytes()
