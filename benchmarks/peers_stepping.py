"""This benchmark compares the stepping rate of Sidestick with that of panda-gym 3.0.7.

    python -m benchmarks.peers_stepping --python PYTHON

PYTHON is an interpreter that has panda-gym, which is never installed from here:

    python3.11 -m venv /tmp/peers
    /tmp/peers/bin/pip install panda-gym==3.0.7 pybullet numpy gymnasium

Both step with random actions in turns on one machine: Sidestick draws two 96 x 96 images a step,
panda-gym's pick-and-place one. The ratio is of steps a second for each image. It prints JSON.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.timing import Stopwatch, renderers_here
from sidestick.sim_envs import make_task_env
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.spaces import CAMERAS

PEER = Path(__file__).with_name("peer_panda_gym.py")
BLOCK = 25
TASK = "ShelfPick"


class Peer:
    """panda-gym in its own process, which takes as many steps as requested."""

    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen(
            [python, str(PEER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.version = self._answer()["version"]
        self.spent = Stopwatch()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{PEER.name} ended; does that Python have panda-gym? See --help.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def step(self, steps: int) -> None:
        """Take so many steps, each with one image."""
        assert self._process.stdin is not None
        print(steps, file=self._process.stdin, flush=True)
        answer = self._answer()
        self.spent.cpu_s.append(answer["cpu_s"] / steps)
        self.spent.wall_s.append(answer["wall_s"] / steps)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def _step(env: ArmEnv, watch: Stopwatch, steps: int) -> None:
    for _ in range(steps):
        env.images_due = True
        with watch:
            _, _, done, _, _ = env.step(env.action_space.sample())
        if done:
            env.reset()


def _figures(watch: Stopwatch, images: int) -> dict[str, float]:
    return {
        "cpu_ms_per_step": round(watch.cpu_ms, 2),
        "images_per_step": images,
        "image_steps_per_cpu_s": round(1e3 * images / watch.cpu_ms, 1),
    }


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default=sys.executable, help="interpreter that has panda-gym")
    parser.add_argument("--steps", type=int, default=200, help="steps of each")
    options = parser.parse_args()
    peer = Peer(options.python)
    envs = {name: make_task_env(TASK, renderer=name) for name in renderers_here()}
    watches = {name: Stopwatch() for name in envs}
    for env in envs.values():
        env.reset(seed=0)
    for _ in range(0, options.steps, BLOCK):
        for name, env in envs.items():
            _step(env, watches[name], BLOCK)
        peer.step(BLOCK)
    peer.close()
    images = len(CAMERAS)
    report: dict[str, Any] = {f"panda-gym {peer.version}": _figures(peer.spent, 1)}
    for name, watch in watches.items():
        envs[name].close()
        report[f"sidestick {name}"] = {
            **_figures(watch, images),
            "over_panda_gym": round(images * peer.spent.cpu_ms / watch.cpu_ms, 1),
            "over_panda_gym_wall": round(images * peer.spent.wall_ms / watch.wall_ms, 1),
        }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
