"""This benchmark compares the speed of training with robomimic 0.3's, network beside network.

    python -m benchmarks.against_robomimic WS --python P

P is an interpreter that has robomimic; `make test-peers` makes one in ~/.cache/sidestick/peers.
Both train image behaviour cloning through two ResNet-18 on the same demonstrations of WS, exported
in robomimic's layout: float32, batches of 100, one thread, one machine, in turns of CPU seconds.
Measured are samples (one window each: two 96 x 96 images) a CPU-second; parameters stand beside
them. Success is not compared: robomimic's default schedule is 20 million samples, which the report
extrapolates to hours on this CPU, and a peer is compared at a schedule at which it works, or not at
all. Ours on keypoints is not beside it either: those come from perception that was pretrained, and
the report says for how long. It prints one JSON document.
"""

import json
import subprocess
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import tyro

from benchmarks.rows import circumstances
from sidestick.datasets.formats.registry import export
from sidestick.datasets.formats.transfer import ExportOptions
from sidestick.datasets.frames import Frames
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.torch_setup import choose_precision
from sidestick.policies.network import PolicyNetwork
from sidestick.policies.perception.network import Perception
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.from_episodes import config_of, training_data
from sidestick.policies.training.loop import TrainingLoop
from sidestick.policies.training.new_parts import new_head, new_vision
from sidestick.policies.training.train import loop_config
from sidestick.sim_envs.tasks import TASKS
from sidestick.teleop.learning.workspace_training import succeeded

PEER = Path(__file__).with_name("peer_robomimic.py")
PEERS = Path.home() / ".cache/sidestick/peers/bin/python"
BATCH = 100
"""robomimic's default batch."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    workspace: Annotated[Path, tyro.conf.Positional]
    python: Path = PEERS
    """Interpreter that has robomimic."""
    demonstrations: int = 10
    """Number of demonstrations that both are trained on."""
    block_s: float = 40.0
    """CPU seconds of each training in one turn."""
    rounds: int = 3
    """Turns of each training."""


@dataclass
class Peer:
    """robomimic in its own process."""

    python: Path
    dataset: Path
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._process = subprocess.Popen(
            [str(self.python), str(PEER), str(self.dataset)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.facts = self._answer()

    def train(self, seconds: float) -> dict[str, float]:
        """Train it for so many further CPU seconds."""
        assert self._process.stdin is not None
        print(json.dumps({"train_s": seconds}), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):  # robomimic prints other lines while it is imported
                answer: dict[str, Any] = json.loads(line)
                return answer
        raise SystemExit(f"{PEER.name} ended; does {self.python} have robomimic? See --help.")

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


class Ours:
    """Our training through ResNet-18, at robomimic's batch and number format."""

    def __init__(self, frames: Frames) -> None:
        config = TrainConfig.recommended(vision="end-to-end")
        config = replace(config, encoder="resnet18", batch=BATCH)
        vision = new_vision(config, config_of(frames))
        data = training_data(frames, vision, config.chunk)
        vision.fit(data.window_inputs())
        network = PolicyNetwork(vision, new_head(config, vision.size))
        self.parameters = sum(p.numel() for p in network.parameters())
        self._loop = TrainingLoop(
            network,
            data,
            np.ones(len(data)),
            loop_config(config, len(data)),
            choose_precision("fp32"),
        )

    def train(self, seconds: float) -> dict[str, float]:
        """Train for so many further CPU seconds."""
        cpu, wall, made = time.process_time(), time.perf_counter(), 0
        while time.process_time() - cpu < seconds:
            self._loop.step %= self._loop.recipe.steps
            self._loop.update()
            made += 1
        spent = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
        return {"samples": made * self._loop.batch, **spent}


def exported(workspace: Workspace, paths: list[Path], folder: Path) -> Path:
    """A file in robomimic's layout with the chosen episodes alone."""
    few = Workspace.create(folder / "few", workspace.config)
    for path in paths:
        (few.episodes_dir / path.name).symlink_to(path.resolve())
    export(few, "robomimic", folder / "few.hdf5", ExportOptions())
    return folder / "few.hdf5"


def measure(options: Options, peer: Peer, own: Ours) -> dict[str, Any]:
    """Samples a CPU-second of both in every turn, and their ratio, as JSON."""
    turns = []
    for _ in range(options.rounds):
        rates = {}
        for name, train in (("robomimic", peer.train), ("ours", own.train)):
            spent = train(options.block_s)
            rates[name] = round(spent["samples"] / spent["cpu_s"], 2)
        turns.append({**rates, "ratio": round(rates["ours"] / rates["robomimic"], 2)})
    slowest = min(turn["robomimic"] for turn in turns)
    return {
        "turns": turns,
        "parameters": {"robomimic": peer.facts["parameters"], "ours": own.parameters},
        "robomimic": peer.facts,
        "robomimic_default_schedule_hours_extrapolated": round(
            peer.facts["default_samples"] / slowest / 3600, 1
        ),
        "pretraining_of_keypoints_s": _pretraining_s(),
        "threads": torch.get_num_threads(),
        "precision": "fp32",
        "demonstrations": options.demonstrations,
        **circumstances(),
    }


def _pretraining_s() -> dict[str, float]:
    """Seconds that the training of the shipped perception took, by task; rendering not counted."""
    return {task: float(Perception.load_shipped(task).metrics["seconds"]) for task in TASKS}


def main() -> None:
    """Measure and print JSON."""
    options = tyro.cli(Options, description=__doc__)
    torch.set_num_threads(1)
    workspace = Workspace.open(options.workspace)
    found = [s.path for s in workspace.summaries() if succeeded(s) and s.path is not None]
    paths = found[: options.demonstrations]
    with tempfile.TemporaryDirectory() as folder:
        peer = Peer(options.python, exported(workspace, paths, Path(folder)))
        try:
            print(json.dumps(measure(options, peer, Ours(Frames.read(paths))), indent=1))
        finally:
            peer.close()


if __name__ == "__main__":
    main()
