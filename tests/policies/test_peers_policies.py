"""Policies of LeRobot and robomimic drive here, and openpi's client drives with ours.

`make test-peers` runs these: each policy runs in its own tool's environment, by docs/servers/.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.registry import export
from sidestick.datasets.formats.transfer import ExportOptions
from sidestick.datasets.workspace import Workspace
from sidestick.policies.heads import build_head
from sidestick.policies.network import PolicyNetwork
from sidestick.policies.novelty import Novelty
from sidestick.policies.policy import LearnedPolicy
from sidestick.policies.policy_config import PolicyConfig
from sidestick.policies.remote.consent import allow_servers
from sidestick.policies.remote.settings import RemoteSettings
from sidestick.policies.remote_policy import RemotePolicy
from sidestick.policies.vision.end_to_end import EndToEnd, EndToEndConfig
from tests.peer_rig import output_of, serving
from tests.policy_servers import served
from tests.synthetic import GOALS, made_up_episode, made_up_observation

pytestmark = [pytest.mark.peers, pytest.mark.timeout(3000)]

SIDE = 32
CONFIG = PolicyConfig("ShelfPick", "tiny", tuple(GOALS), image_size=SIDE, execute=1)
OPENPI = """
import json, sys
import numpy as np
from openpi_client.websocket_client_policy import WebsocketClientPolicy
seen = dict(np.load(sys.argv[2]))
client = WebsocketClientPolicy("127.0.0.1", int(sys.argv[1]))
about = client.get_server_metadata()
answer = client.infer(seen)
print(json.dumps([about["sidestick"]["execute"], answer["actions"].tolist()]))
"""


def test_openpis_client_drives_with_our_policy(tmp_path: Path) -> None:
    """Its own class, unchanged, gets the plan that the policy makes here."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        vision = EndToEnd(EndToEndConfig(num_goals=len(GOALS), image_size=SIDE))
        network = PolicyNetwork(vision, build_head("bc", vision.size, {}))
    policy = LearnedPolicy(CONFIG, network, Novelty.fit(np.linspace(0, 1, 9), "held-out"))
    seen = dict(made_up_observation(np.random.default_rng(0), SIDE))
    np.savez(tmp_path / "seen.npz", **seen)
    with served(policy) as place:
        port = place.rpartition(":")[2]
        execute, actions = output_of("openpi", OPENPI, port, tmp_path / "seen.npz")
    assert execute == policy.execute
    np.testing.assert_allclose(actions, policy.plan(seen).actions, atol=1e-6)


@pytest.fixture
def recorded(tmp_path: Path) -> Workspace:
    """Two episodes of made-up numbers."""
    made = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=SIDE))
    for number in range(2):
        stem = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode([-1] * 20, number, True, SIDE, episode_id=stem)
        episode.write(made.episodes_dir / f"{stem}.hdf5")
    return made


LEROBOT = """
import json, sys, torch
from lerobot.configs.types import FeatureType
from lerobot.datasets.lerobot_dataset import LeRobotDataset
from lerobot.utils.feature_utils import dataset_to_policy_features
from lerobot.policies.factory import get_policy_class, make_policy_config, make_pre_post_processors
root, target, kind = sys.argv[1:4]
dataset = LeRobotDataset("made/up", root=root)
features = dataset_to_policy_features(dataset.meta.features)
wanted = ("observation.images", "observation.state", "observation.environment_state")
given = {k: f for k, f in features.items() if k.startswith(wanted)}
small = {"act": dict(chunk_size=8, n_action_steps=8, dim_model=32, n_heads=2, dim_feedforward=32,
                     n_encoder_layers=1, n_vae_encoder_layers=1, pretrained_backbone_weights=None),
         "diffusion": dict(horizon=8, n_action_steps=4, down_dims=(16, 32), num_inference_steps=2,
                           pretrained_backbone_weights=None, use_group_norm=True,
                           num_train_timesteps=4)}
config = make_policy_config(kind, device="cpu", push_to_hub=False, **small[kind])
config.input_features = given
config.output_features = {"action": features["action"]}
policy = get_policy_class(kind)(config)
policy.eval()
policy.save_pretrained(target)
before, after = make_pre_post_processors(config, dataset_stats=dataset.meta.stats)
before.save_pretrained(target)
after.save_pretrained(target)
print(json.dumps(sorted(given)))
"""


@pytest.mark.parametrize("kind", ["act", "diffusion"])
def test_a_policy_of_lerobot_drives_by_its_server(
    recorded: Workspace, tmp_path: Path, kind: str
) -> None:
    """Its checkpoint of safetensors, its own normalisation, our names of the entries."""
    export(recorded, "lerobot", tmp_path / "set", ExportOptions(images="png"))
    names = output_of("lerobot", LEROBOT, tmp_path / "set", tmp_path / "policy", kind)
    assert "observation.state" in names
    entries = {
        "observation.images.front": "front_image",
        "observation.images.wrist": "wrist_image",
        "observation.state": ["joint_pos", "ee_pos", "ee_quat", "gripper_qpos"],
        "observation.environment_state": "goal",
    }
    drives("lerobot", "lerobot_server.py", tmp_path / "policy", recorded, observation=entries)


ROBOMIMIC = """
import json, sys, torch
import robomimic.utils.file_utils as files, robomimic.utils.obs_utils as obs
import robomimic.utils.train_utils as training
from robomimic.algo import algo_factory
from robomimic.config import config_factory
path, target = sys.argv[1:3]
config = config_factory("bc")
with config.values_unlocked():
    config.train.data = path
    config.observation.modalities.obs.low_dim = ["ee_pos", "ee_quat", "gripper_qpos", "goal"]
    config.observation.modalities.obs.rgb = []
obs.initialize_obs_utils_with_config(config)
shapes = files.get_shape_metadata_from_dataset(path, config.all_obs_keys, verbose=False)
model = algo_factory("bc", config, shapes["all_shapes"], shapes["ac_dim"], torch.device("cpu"))
env = files.get_env_metadata_from_dataset(path)
training.save_model(model, config, env, shapes, target)
print(json.dumps(True))
"""


def test_a_policy_of_robomimic_drives_by_its_server(recorded: Workspace, tmp_path: Path) -> None:
    """Its checkpoint is read without running pickled code."""
    export(recorded, "robomimic", tmp_path / "set.hdf5")
    assert output_of("robomimic", ROBOMIMIC, tmp_path / "set.hdf5", tmp_path / "bc.pth")
    entries = {name: name for name in ("ee_pos", "ee_quat", "gripper_qpos", "goal")}
    server = ("robomimic", "robomimic_server.py", tmp_path / "bc.pth")
    drives(*server, recorded, observation=entries)


def drives(tool: str, script: str, checkpoint: Path, recorded: Workspace, **options: Any) -> None:
    """The server answers each recorded observation with one action of ours, and a reset."""
    episode = Episode.read(recorded.episodes()[0])
    with serving(tool, script, checkpoint) as url:
        allow_servers([url])
        policy = RemotePolicy(CONFIG, RemoteSettings(url, timeout_s=60, **options))
        policy.check()
        for step in range(4):
            plan = policy.plan(episode.observation(step))
            assert plan.actions.shape == (1, 7)
            assert np.isfinite(plan.actions).all()
        policy.reset()
        policy.plan(episode.observation(0))
        policy.close()
    assert json.dumps(options)  # they are what workspace users write as JSON
