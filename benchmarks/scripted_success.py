"""This benchmark measures the success rate of a task's scripted expert, by the 7-d action alone.

`python -m benchmarks.scripted_success SortRecycling --episodes 100 --first-seed 5000 num_items=4`
"""

import argparse
import ast
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import numpy as np

from sidestick.sim_envs import make_task_env
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.errors import SidestickError
from sidestick.sim_envs.experts import Expert, make_expert
from sidestick.sim_envs.spaces import GRIP, Action

STICK_NOISE_SD = 0.15
STICK_NOISE_MEMORY = 0.9
PAUSE_CHANCE = 0.01
PAUSE_TICKS = (4, 20)


@dataclass(frozen=True)
class Outcome:
    """The outcome of one episode."""

    seed: int
    instruction: str
    success: bool
    steps: int
    stage: str
    """The task's stage at the end."""
    progress: float


class ShakyHand:
    """Imitates a person's control: autocorrelated stick noise, and pauses without motion."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 2])
        self._noise = np.zeros(GRIP)
        self._pauses = chain.from_iterable(self._spells())

    def _spells(self) -> Iterator[Iterator[bool]]:
        """Spells of resting and, between them, single ticks of driving."""
        while True:
            resting = bool(self._rng.random() < PAUSE_CHANCE)
            yield repeat(resting, int(self._rng.integers(*PAUSE_TICKS)) if resting else 1)

    def shake(self, action: Action) -> Action:
        """The intended action (7,) with noise or, in a pause, without motion, float32 (7,)."""
        fresh = self._rng.normal(0.0, STICK_NOISE_SD, GRIP)
        keep = STICK_NOISE_MEMORY
        self._noise = keep * self._noise + np.sqrt(1 - keep**2) * fresh
        moved = np.zeros(GRIP) if next(self._pauses) else action[:GRIP] + self._noise
        return np.asarray(np.clip([*moved, action[GRIP]], -1.0, 1.0), np.float32)


def run_episode(env: ArmEnv, expert: Expert, seed: int, noise: bool) -> Outcome:
    """Let the expert drive until it succeeds or reaches the step limit."""
    env.reset(seed=seed)
    env.images_due = False
    control_noise = ShakyHand(seed)
    while not env.status.success and env.elapsed < env.task.max_steps:
        action = expert.next(env).action(env.arm.tool())
        env.step(control_noise.shake(action) if noise else action)
    status = env.status
    return Outcome(
        seed, env.instruction, status.success, env.elapsed, status.stage, round(status.progress, 3)
    )


def summary(outcomes: list[Outcome]) -> dict[str, Any]:
    """The metrics as JSON; steps are those of the successes."""
    steps = [outcome.steps for outcome in outcomes if outcome.success]
    return {
        "episodes": len(outcomes),
        "successes": len(steps),
        "median_steps": float(np.median(steps)) if steps else None,
        "max_steps": max(steps, default=None),
        "failures": [
            {"seed": o.seed, "why": f"{o.stage} at progress {o.progress} after {o.steps} steps"}
            | {"instruction": o.instruction}
            for o in outcomes
            if not o.success
        ],
    }


def variant(words: list[str]) -> dict[str, Any]:
    """Task keywords from `keyword=value` words; values that are no Python literal are text."""
    pairs = [word.partition("=") for word in words]
    if bad := [key for key, equals, _ in pairs if not equals]:
        raise SystemExit(f"expected keyword=value, got {bad[0]!r}")
    return {key: _value(text) for key, _, text in pairs}


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def main() -> None:
    """Run the episodes in one process and print the metrics as JSON."""
    parser = argparse.ArgumentParser(description="Success of a task's scripted expert.")
    parser.add_argument("task", help="short name: ShelfPick, SortRecycling, SortClothes")
    parser.add_argument("variant", nargs="*", help="the task's keywords, such as num_items=4")
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=5000)
    parser.add_argument("--noise", action="store_true", help="a person's stick noise and pauses")
    args = parser.parse_intermixed_args()
    keywords = variant(args.variant)
    try:
        env = make_task_env(args.task, **keywords)
        expert = make_expert(args.task)
    except SidestickError as error:
        raise SystemExit(str(error)) from None
    outcomes = []
    for seed in range(args.first_seed, args.first_seed + args.episodes):
        outcomes.append(run_episode(env, expert, seed, args.noise))
        print(f"{outcomes[-1]}", file=sys.stderr)
    head = {"task": args.task, "variant": keywords, "noise": args.noise}
    print(json.dumps(head | {"first_seed": args.first_seed} | summary(outcomes), indent=1))


if __name__ == "__main__":
    main()
