"""This program trains robomimic's image BC; benchmarks.against_robomimic runs it by its Python.

    python peer_robomimic.py DATASET

It reads JSON requests from standard input, a line each, and answers with a line of JSON:
{"train_s": 20} trains for so many CPU seconds more.
Everything but the names of the observations, the data and the CPU is robomimic's default: two
ResNet-18 with spatial softmax, batches of 100, Adam at 1e-4, MLP of 2 x 1024. It imports nothing
of Sidestick.
"""

import json
import os
import sys
import time

import robomimic  # type: ignore[import-not-found]
import robomimic.utils.file_utils as file_utils  # type: ignore[import-not-found]
import robomimic.utils.obs_utils as obs_utils  # type: ignore[import-not-found]
import robomimic.utils.train_utils as train_utils  # type: ignore[import-not-found]
import torch
from robomimic.algo import algo_factory  # type: ignore[import-not-found]
from robomimic.config import config_factory  # type: ignore[import-not-found]
from torch.utils.data import DataLoader

IMAGES = ["front_image", "wrist_image"]
NUMBERS = ["ee_pos", "ee_quat", "gripper_qpos", "goal"]


class Peer:
    """robomimic's model, its data, and an endless loader."""

    def __init__(self, dataset: str) -> None:
        config = config_factory("bc")
        with config.values_unlocked():
            config.train.data = dataset
            config.train.cuda = False
            config.observation.modalities.obs.low_dim = NUMBERS
            config.observation.modalities.obs.rgb = IMAGES
        obs_utils.initialize_obs_utils_with_config(config)
        about = file_utils.get_shape_metadata_from_dataset(dataset, config.all_obs_keys)
        device, keys = torch.device("cpu"), about["all_shapes"]
        self.model = algo_factory("bc", config, keys, about["ac_dim"], device)
        data, _ = train_utils.load_data_for_training(config, obs_keys=about["all_obs_keys"])
        self.batch = config.train.batch_size
        self.loader = DataLoader(data, self.batch, shuffle=True, drop_last=True)
        self.batches = iter(self.loader)
        default = config.train.num_epochs * config.experiment.epoch_every_n_steps
        self.facts = {
            "version": robomimic.__version__,
            "windows": len(data),
            "default_samples": default * self.batch,
            "parameters": sum(p.numel() for p in self.model.nets.parameters()),
        }

    def train(self, seconds: float) -> dict[str, float]:
        """Train for so many seconds, data loading included."""
        self.model.set_train()
        cpu, wall, steps = time.process_time(), time.perf_counter(), 0
        while time.process_time() - cpu < seconds:
            loss = self._step()
            steps += 1
        spent = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
        return {"samples": steps * self.batch, "loss": loss, **spent}

    def _step(self) -> float:
        try:
            batch = next(self.batches)
        except StopIteration:
            self.batches = iter(self.loader)
            batch = next(self.batches)
        given = self.model.process_batch_for_training(batch)
        given = self.model.postprocess_batch_for_training(given, obs_normalization_stats=None)
        info = self.model.train_on_batch(given, epoch=1)
        return float(info["losses"]["action_loss"])


def main() -> None:
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # robomimic prints its own progress
    torch.set_num_threads(1)
    peer = Peer(sys.argv[1])
    print(json.dumps(peer.facts), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(peer.train(asked["train_s"])), file=answers, flush=True)


if __name__ == "__main__":
    main()
