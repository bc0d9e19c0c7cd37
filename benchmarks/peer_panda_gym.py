"""This program steps panda-gym's pick-and-place; benchmarks.peers_stepping runs it by its Python.

It reads numbers of steps from standard input, and answers each with the CPU and wall seconds that
so many steps with a 96 x 96 `render()` each took, as JSON. It imports nothing of Sidestick.
"""

import json
import os
import sys
import time
from importlib.metadata import version

import gymnasium
import numpy as np
import panda_gym  # type: ignore[import-not-found]  # noqa: F401 (registers its environments)

SIZE = 96
EPISODE = 50


def main() -> None:
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")  # PyBullet prints its greetings on standard output
    os.dup2(2, 1)
    env = gymnasium.make(
        "PandaPickAndPlace-v3", render_mode="rgb_array", render_width=SIZE, render_height=SIZE
    )
    env.reset(seed=0)
    env.render()
    print(json.dumps({"version": version("panda-gym")}), file=answers, flush=True)
    for line in sys.stdin:
        cpu, wall = time.process_time(), time.perf_counter()
        for i in range(int(line)):
            env.step(env.action_space.sample())
            if np.asarray(env.render()).shape[:2] != (SIZE, SIZE):
                raise SystemExit("the rendered image has another size than requested")
            if i % EPISODE == EPISODE - 1:
                env.reset()
        spent = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
        print(json.dumps(spent), file=answers, flush=True)
    env.close()


if __name__ == "__main__":
    main()
