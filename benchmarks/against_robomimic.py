"""This benchmark compares training with that of robomimic 0.3, in speed and in success.

    python -m benchmarks.against_robomimic WS --python P

P is an interpreter that has robomimic; `make test-peers` makes one in ~/.cache/sidestick/peers.
Both are trained on the same first demonstrations of WS, exported in robomimic's layout, with one
thread on one machine, in turns. Measured: samples (one window each: two 96 x 96 images) a second
of every kind of training; the whole time of ours, from recorded episodes to a policy; and, with
--peer-times 1 10, the success of that policy, and of robomimic's after once and ten times the
seconds that ours by keypoints took. It prints one JSON document.
"""

import base64
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import tyro

from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.registry import export
from sidestick.datasets.formats.transfer import ExportOptions
from sidestick.datasets.frames import Frames
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.plan import Plan
from sidestick.policies.base.torch_setup import choose_precision
from sidestick.policies.network import PolicyNetwork
from sidestick.policies.policy import Policy, load_policy
from sidestick.policies.statistics.rates import Rate
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.from_episodes import config_of, training_data
from sidestick.policies.training.loop import TrainingLoop
from sidestick.policies.training.train import loop_config, new_head, new_vision, train
from sidestick.sim_envs.errors import UnknownName
from sidestick.sim_envs.spaces import Observation
from sidestick.teleop.evaluation.seeds import EVALUATION
from sidestick.teleop.learning.workspace_training import succeeded
from sidestick.teleop.session.environments import workspace_env
from sidestick.teleop.session.open_session import unattended_session
from sidestick.teleop.session.policy_runner import PolicyRunner

PEER = Path(__file__).with_name("peer_robomimic.py")
PEERS = Path.home() / ".cache/sidestick/peers/bin/python"
IMAGES = ("front_image", "wrist_image")
NUMBERS = ("ee_pos", "ee_quat", "gripper_qpos", "goal")
END_TO_END = {"vision": "end-to-end"}
KINDS: dict[str, dict[str, str]] = {
    "keypoints": {},
    "end to end, pointer: encoders": END_TO_END,
    "end to end, small": {**END_TO_END, "encoder": "small"},
    "end to end, resnet18": {**END_TO_END, "encoder": "resnet18"},
}
WHOLE = {"keypoints": {}, "end to end, pointer": END_TO_END}
"""Trainings that can be run from beginning to end."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    workspace: Annotated[Path, tyro.conf.Positional]
    python: Path = PEERS
    """Interpreter that has robomimic."""
    demonstrations: int = 50
    """Number of demonstrations that both are trained on."""
    block_s: float = 10.0
    """Seconds of each training in one turn."""
    rounds: int = 2
    """Turns of each training."""
    whole: tuple[str, ...] = ("keypoints", "end to end, pointer")
    """Which of ours to train from beginning to end."""
    peer_times: tuple[float, ...] = ()
    """Then train robomimic for these multiples of the CPU seconds of the first of `whole`, and
    evaluate it after each."""
    episodes: int = 20
    """Unseen seeds to evaluate on."""


@dataclass
class Spent:
    """Samples and the time that they took."""

    samples: float = 0.0
    cpu_s: float = 0.0
    wall_s: float = 0.0

    def add(self, answer: dict[str, float]) -> None:
        """Add one turn."""
        for name in ("samples", "cpu_s", "wall_s"):
            setattr(self, name, getattr(self, name) + answer[name])

    def figures(self) -> dict[str, float]:
        """Samples per second of CPU time and of wall time."""
        return {
            "samples_per_cpu_s": round(self.samples / self.cpu_s, 1),
            "samples_per_s": round(self.samples / self.wall_s, 1),
        }


@dataclass
class Peer:
    """robomimic in its own process, usable as a policy once it is trained."""

    python: Path
    dataset: Path
    chunk: int = 1
    execute: int = 1
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._process = subprocess.Popen(
            [str(self.python), str(PEER), str(self.dataset)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.facts = self._answer()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request."""
        assert self._process.stdin is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):  # robomimic prints other lines while it is imported
                answer: dict[str, Any] = json.loads(line)
                return answer
        raise SystemExit(f"{PEER.name} ended; does {self.python} have robomimic? See --help.")

    def train(self, seconds: float) -> dict[str, float]:
        """Train it for so many further seconds."""
        return self.ask({"train_s": seconds})

    def reset(self) -> None:
        """Do nothing: the policy has no memory."""

    def plan(self, observation: Observation) -> Plan:
        """One action, as robomimic's BC gives it."""
        kinds = {**dict.fromkeys(IMAGES, np.uint8), **dict.fromkeys(NUMBERS, np.float32)}
        encoded = {
            key: base64.b64encode(np.asarray(observation[key], kind).tobytes()).decode()
            for key, kind in kinds.items()
        }
        action = np.array([self.ask({"act": encoded})["action"]], np.float32).clip(-1, 1)
        return Plan(action, np.zeros_like(action), float("nan"))

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def ours(frames: Frames, config: TrainConfig) -> Callable[[float], dict[str, float]]:
    """Our training, as a function that runs it for so many seconds."""
    vision = new_vision(config, config_of(frames))
    marks = (
        config_of(frames).cameras
        if config.encoder == "pointer" and vision.name != "keypoints"
        else ()
    )
    data = training_data(frames, vision, config.chunk, marks=marks)
    vision.fit(data.window_inputs())
    network = PolicyNetwork(vision, new_head(config, vision.size))
    loop = TrainingLoop(
        network, data, np.ones(len(data)), loop_config(config, len(data)), choose_precision()
    )

    def run(seconds: float) -> dict[str, float]:
        cpu, wall, made = time.process_time(), time.perf_counter(), 0
        while time.process_time() - cpu < seconds:
            loop.step %= loop.recipe.steps
            loop.update()
            made += 1
        samples = made * loop.batch
        spent = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
        return {"samples": samples, **spent}

    return run


def whole(workspace: Workspace, paths: list[Path], name: str, episodes: int) -> dict[str, Any]:
    """Seconds from recorded episodes to a policy, without caches, and its success."""
    config = TrainConfig.recommended(**WHOLE[name])
    cpu, wall = time.process_time(), time.perf_counter()
    frames = Frames.read(paths, images=config.needs_images)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "p"
        train(frames, replace(config, tensorboard=False), made, progress=False)
        spent = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
        policy = load_policy(made, workspace.config.task, workspace.config.renderer)
        driving = driven(workspace, policy, episodes) if episodes else {}
    return {**{name: round(value, 1) for name, value in spent.items()}, **driving}


def exported(workspace: Workspace, paths: list[Path], folder: Path) -> Path:
    """A file in robomimic's layout with the chosen episodes alone."""
    few = Workspace.create(folder / "few", workspace.config)
    for path in paths:
        (few.episodes_dir / path.name).symlink_to(path.resolve())
    export(few, "robomimic", folder / "few.hdf5", ExportOptions())
    return folder / "few.hdf5"


def driven(workspace: Workspace, policy: Policy, episodes: int) -> dict[str, Any]:
    """A policy's success on unseen seeds."""
    env = workspace_env(workspace.config)
    session = unattended_session(env, PolicyRunner(policy))
    seeds = EVALUATION.seeds(episodes)
    won = [session.run_episode(seed).success for seed in seeds]
    env.close()
    return {
        "successes": sum(won),
        "episodes": episodes,
        "interval95": Rate(sum(won), episodes).interval95,
    }


def trained_on(
    workspace: Workspace, peer: Peer, spent: Spent, seconds: dict[float, float], episodes: int
) -> dict[str, Any]:
    """robomimic's success after CPU seconds in all, by their multiple of our time."""
    found = {}
    for times, until in sorted(seconds.items()):
        if until > spent.cpu_s:
            spent.add(peer.train(until - spent.cpu_s))
        driving = driven(workspace, peer, episodes)
        found[f"{times:g} times"] = {
            "cpu_s": round(spent.cpu_s),
            "samples": spent.samples,
            **driving,
        }
    return found


def measure(
    options: Options, workspace: Workspace, paths: list[Path], peer: Peer
) -> dict[str, Any]:
    """All metrics, as JSON."""
    frames = Frames.read(paths)
    turns: dict[str, Callable[[float], dict[str, float]]] = {"robomimic": peer.train}
    for name, settings in KINDS.items():
        turns[name] = ours(frames, TrainConfig.recommended(**settings))
    spent = {name: Spent() for name in turns}
    for _ in range(options.rounds):
        for name, run in turns.items():
            spent[name].add(run(options.block_s))
    rates = {name: one.figures() for name, one in spent.items()}
    episodes = options.episodes if options.peer_times else 0
    policies = {name: whole(workspace, paths, name, episodes) for name in options.whole}
    seconds = peer.facts["default_samples"] / rates["robomimic"]["samples_per_s"]
    report = {
        "demonstrations": len(paths),
        "steps": sum(Episode.read(path, images=False).summary.steps for path in paths),
        "robomimic": peer.facts,
        "rates": rates,
        "whole_training": policies,
        "robomimic_default_schedule_hours_extrapolated": round(seconds / 3600, 1),
        "threads": torch.get_num_threads(),
        "precision": str(choose_precision()),
    }
    if options.peer_times:
        first = policies[options.whole[0]]["cpu_s"]
        budgets = {times: times * first for times in options.peer_times}
        report["robomimic_after"] = trained_on(
            workspace, peer, spent["robomimic"], budgets, episodes
        )
    return report


def main() -> None:
    """Measure and print JSON."""
    options = tyro.cli(Options, description=__doc__)
    if unknown := [name for name in options.whole if name not in WHOLE]:
        raise SystemExit(str(UnknownName("training", unknown[0], WHOLE)))
    if options.peer_times and not options.whole:
        raise SystemExit("--peer-times are multiples of a training of ours: name one by --whole")
    torch.set_num_threads(1)
    workspace = Workspace.open(options.workspace)
    found = [s.path for s in workspace.summaries() if succeeded(s) and s.path is not None]
    paths = found[: options.demonstrations]
    with tempfile.TemporaryDirectory() as folder:
        peer = Peer(options.python, exported(workspace, paths, Path(folder)))
        try:
            print(json.dumps(measure(options, workspace, paths, peer), indent=1))
        finally:
            peer.close()


if __name__ == "__main__":
    main()
