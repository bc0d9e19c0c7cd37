"""This benchmark measures the time of one plan, for every policy head and vision, on one core.

    python -m benchmarks.inference

A tick has 50 ms; a plan must fit into 10 beside the simulation. The policies are as large as
`sidestick train` makes them but untrained: time does not depend on the weights. They plan in turn,
so that other processes disturb them alike. It prints one JSON document.
"""

import json
import time
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch
import tyro

from sidestick.policies.base.threads import limit_threads
from sidestick.policies.heads import HEADS
from sidestick.policies.network import PolicyNetwork
from sidestick.policies.novelty import MOST_POINTS, Neighbours, Novelty, disagreement
from sidestick.policies.perception.network import Perception
from sidestick.policies.policy import LearnedPolicy
from sidestick.policies.policy_config import PolicyConfig
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.new_parts import new_head, new_vision
from sidestick.sim_envs import make_task_env

BUDGET_MS = 10.0
VISIONS = {
    "keypoints": {"vision": "keypoints"},
    "end-to-end pointer": {"vision": "end-to-end"},
    "end-to-end small": {"vision": "end-to-end", "encoder": "small"},
    "end-to-end resnet18": {"vision": "end-to-end", "encoder": "resnet18"},
}


@dataclass(frozen=True)
class Options:
    """What to measure."""

    plans: int = 200
    """Plans of each policy."""
    task: str = "ShelfPick"


def untrained(config: TrainConfig, about: PolicyConfig) -> LearnedPolicy:
    """An untrained policy of full size, its novelty calibrated on noise."""
    vision = new_vision(config, about)
    given = torch.randn(MOST_POINTS, vision.size, generator=torch.Generator().manual_seed(0))
    body = np.random.default_rng(0).normal(size=(50, vision.size)).astype(np.float32)
    vision.fit({"features": body, "body": body[:, :10]})
    network = PolicyNetwork(vision, new_head(config, vision.size))
    with torch.inference_mode():
        spread = network.eval().head.predict(given[:100]).spread.numpy()
    neighbours = Neighbours.fit(given, np.arange(len(given)))
    scores, apart = disagreement(spread, config.execute), neighbours(given[:100])
    return LearnedPolicy(about, network, Novelty.fit(scores, "none", apart, neighbours))


def main() -> None:
    """Measure and print JSON."""
    options = tyro.cli(Options, description=__doc__)
    limit_threads()
    env = make_task_env(options.task)
    observation, _ = env.reset(seed=0)
    goals = Perception.load_shipped(options.task).config.goal_names
    about = PolicyConfig(options.task, env.renderer.name, goals)
    env.close()
    policies = {
        (vision, head): untrained(TrainConfig(head=head, **settings), about)
        for vision, settings in VISIONS.items()
        for head in sorted(HEADS)
    }
    wall: dict[tuple[str, str], list[float]] = {key: [] for key in policies}
    cpu: dict[tuple[str, str], list[float]] = {key: [] for key in policies}
    for _ in range(options.plans):
        for key, policy in policies.items():
            started = time.perf_counter(), time.process_time()
            policy.plan(observation)
            wall[key].append(1e3 * (time.perf_counter() - started[0]))
            cpu[key].append(1e3 * (time.process_time() - started[1]))
    rows = [
        {
            "vision": key[0],
            "policy": key[1],
            "p50_ms": round(median(wall[key]), 2),
            "p95_ms": round(float(np.percentile(wall[key], 95)), 2),
            "cpu_p50_ms": round(median(cpu[key]), 2),
            "cpu_p95_ms": round(float(np.percentile(cpu[key], 95)), 2),
            "within_budget": bool(np.percentile(cpu[key], 95) <= BUDGET_MS),
        }
        for key in policies
    ]
    print(json.dumps({"plans": options.plans, "budget_ms": BUDGET_MS, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
