"""Policies that LeRobot and robomimic trained on our exports drive a world, by commands.

`make test-peers` runs these. Each learns for a few steps in its own tool, by its own classes, and
its checkpoint is served by docs/servers/; then it is what any policy of a workspace is.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import Run, command_line
from tests.own_packages import example
from tests.peer_rig import output_of, serving

pytestmark = [pytest.mark.peers, pytest.mark.timeout(3000)]

WORLD = "own_pack.plotter:make"
STEPS = 40
ONE = ("--workers", "1", "--json")
HEADLESS = ("--headless", "--driver", "simulated", "--json")
ACT = """
import json, sys, torch
from lerobot.datasets.lerobot_dataset import LeRobotDataset
from lerobot.policies.factory import get_policy_class, make_policy_config, make_pre_post_processors
from lerobot.utils.feature_utils import dataset_to_policy_features
root, target, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.manual_seed(0)
times = {"action": [step / 20 for step in range(8)]}
dataset = LeRobotDataset("own/plot", root=root, delta_timestamps=times)
features = dataset_to_policy_features(dataset.meta.features)
config = make_policy_config("act", device="cpu", push_to_hub=False, chunk_size=8, n_action_steps=4,
    dim_model=64, n_heads=2, dim_feedforward=128, n_encoder_layers=1, use_vae=False,
    pretrained_backbone_weights=None)
config.input_features = {k: features[k] for k in ("observation.images.above", "observation.state")}
config.output_features = {"action": features["action"]}
policy = get_policy_class("act")(config)
before, after = make_pre_post_processors(config, dataset_stats=dataset.meta.stats)
optimiser = torch.optim.AdamW(policy.parameters(), 3e-4)
loader = torch.utils.data.DataLoader(dataset, batch_size=8, shuffle=True)
losses = []
while len(losses) < steps:
    for batch in loader:
        loss, _ = policy.forward(before(batch))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
for part in (policy, before, after):
    part.save_pretrained(target)
print(json.dumps([sum(part) / len(part) for part in (losses[:5], losses[-5:])]))
"""
BC = """
import json, sys, torch
from torch.utils.data import DataLoader
from robomimic.algo import algo_factory
from robomimic.config import config_factory
import robomimic.utils.file_utils as files, robomimic.utils.obs_utils as obs
import robomimic.utils.train_utils as training
path, target, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.manual_seed(0)
config = config_factory("bc")
with config.values_unlocked():
    config.train.data, config.train.hdf5_cache_mode = path, "low_dim"
    config.train.hdf5_load_next_obs = False
    config.observation.modalities.obs.low_dim = ["ee_pos"]
    config.observation.modalities.obs.rgb = ["above_image"]
obs.initialize_obs_utils_with_config(config)
shapes = files.get_shape_metadata_from_dataset(path, config.all_obs_keys, verbose=False)
data, _ = training.load_data_for_training(config, obs_keys=shapes["all_obs_keys"])
cpu = torch.device("cpu")
model = algo_factory("bc", config, shapes["all_shapes"], shapes["ac_dim"], cpu)
model.set_train()
losses = []
while len(losses) < steps:
    for batch in DataLoader(data, batch_size=8, shuffle=True):
        ready = model.process_batch_for_training(batch)
        ready = model.postprocess_batch_for_training(ready, obs_normalization_stats=None)
        info = model.train_on_batch(ready, epoch=0, validate=False)
        losses.append(float(info["losses"]["action_loss"]))
env = files.get_env_metadata_from_dataset(path)
training.save_model(model, config, env, shapes, target)
print(json.dumps([sum(part) / len(part) for part in (losses[:5], losses[-5:])]))
"""


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Commands in a folder with a workspace of eight demonstrations and a policy of our own."""
    run = command_line(tmp_path, monkeypatch, capsys, plotter=example("own-robot.md"))
    run("drive", "plot", "--env", WORLD, "--episodes", "8", *HEADLESS)
    quick = ("--steps", "4", "--batch", "8", "--selection-episodes", "0", "--json")
    run("train", "plot", *quick)
    yield run
    sys.modules.pop("own_pack.plotter", None)
    sys.modules.pop("own_pack", None)


def test_an_act_that_lerobot_trained_drives(run: Run, tmp_path: Path) -> None:
    """On our export as LeRobot reads it, saved as LeRobot saves."""
    run("export", "plot", "lerobot", "set", "--images", "png", "--json")
    losses = output_of("lerobot", ACT, tmp_path / "set", tmp_path / "act", STEPS)
    assert losses[1] < losses[0]
    entries = {"observation.images.above": "above_image", "observation.state": ["ee_pos"]}
    drives(run, "lerobot", "lerobot_server.py", tmp_path / "act", entries)


def test_a_bc_that_robomimic_trained_drives(run: Run, tmp_path: Path) -> None:
    """Its checkpoint is read without running pickled code, and nothing of it is converted."""
    run("export", "plot", "robomimic", "set.hdf5", "--json")
    losses = output_of("robomimic", BC, tmp_path / "set.hdf5", tmp_path / "bc.pth", STEPS)
    assert losses[1] < losses[0]
    entries = {"above_image": "above_image", "ee_pos": "ee_pos"}
    drives(run, "robomimic", "robomimic_server.py", tmp_path / "bc.pth", entries)


def drives(run: Run, tool: str, script: str, checkpoint: Path, entries: dict[str, Any]) -> None:
    """It is evaluated, compared with our own, and taken over by the simulated supervisor."""
    with serving(tool, script, checkpoint) as url:
        options = json.dumps({"execute": 1, "timeout_s": 60, "observation": entries})
        added = run("policies", "plot", "--remote", url, "--remote-options", options, "--json")
        assert [one["kind"] for one in added["policies"]] == ["demonstrations", "elsewhere"]
        found = run("evaluate", "plot", "--policy", "0002", "--episodes", "2", *ONE)
        assert (found["episodes"], found["unanswered"]) == (2, 0)
        compared = run("compare", "plot", "0001", "0002", "--episodes", "8", *ONE)
        assert compared["pairs"] == 8
        helped = ("--level", "supervised", "--override", "--policy", "0002", "--first-seed", "50")
        driven = run("drive", "plot", "--episodes", "2", *helped, *HEADLESS)
        assert driven["policy_steps"] > 0
        assert driven["takeovers"] > 0
        assert run("check", "plot", "--json")["damaged"] == []
