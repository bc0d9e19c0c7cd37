"""This benchmark measures the time of images by both renderers.

    python -m benchmarks.rendering [--steps N]

Both draw the same moving world in turns: every step the two recorded cameras at 96 x 96, and every
fourth step the front camera at 640 x 480. It prints JSON.
"""

import argparse
import json
from typing import Any

import numpy as np

from benchmarks.timing import Stopwatch, renderers_here
from sidestick.sim_envs import make_task_env
from sidestick.sim_envs.environment import VIEW_SIZE, ArmEnv
from sidestick.sim_envs.renderers import RENDERERS, Renderer, make_renderer
from sidestick.sim_envs.spaces import CAMERAS, IMAGE_SIZE
from sidestick.sim_envs.tasks import TASKS

SEED = 3
VIEW_EVERY = 4
Watches = dict[str, dict[str, Stopwatch]]


def _draw(env: ArmEnv, renderer: Renderer, watches: dict[str, Stopwatch], large: bool) -> None:
    views = {name: camera.view(env.arm) for name, camera in env.task.cameras.items()}
    with watches["recorded"]:
        for name in CAMERAS:
            renderer.picture(env.world, views[name], IMAGE_SIZE, IMAGE_SIZE)
    if large:
        with watches["view"]:
            renderer.picture(env.world, views["front"], *VIEW_SIZE)


def measure(task: str, steps: int) -> dict[str, Any]:
    """Milliseconds per pair of recorded images and per view, and their ratios."""
    env = make_task_env(task)
    env.images_due = False
    env.reset(seed=SEED)
    rng = np.random.default_rng(SEED)
    renderers = {name: make_renderer(name) for name in RENDERERS}
    watches: Watches = {}
    for renderer in renderers.values():  # warm up
        _draw(env, renderer, {"recorded": Stopwatch(), "view": Stopwatch()}, large=True)
    for step in range(steps):
        env.images_due = False
        env.step(rng.uniform(-1, 1, 7).astype(np.float32))
        for name in sorted(renderers, reverse=step % 2 == 1):
            kept = watches.setdefault(name, {"recorded": Stopwatch(), "view": Stopwatch()})
            _draw(env, renderers[name], kept, large=step % VIEW_EVERY == 0)
    for renderer in renderers.values():
        renderer.close()
    env.close()
    return _report(watches)


def _report(watches: Watches) -> dict[str, Any]:
    report: dict[str, Any] = {}
    for kind in ("recorded", "view"):
        report[kind] = {
            name: {"cpu_ms": round(kept[kind].cpu_ms, 2), "wall_ms": round(kept[kind].wall_ms, 2)}
            for name, kept in watches.items()
        }
        report[kind]["tiny_over_gl"] = round(
            watches["tiny"][kind].cpu_ms / watches["gl"][kind].cpu_ms, 2
        )
    return report


def main() -> None:
    """Measure every task and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=80, help="control steps per task")
    steps = parser.parse_args().steps
    if renderers_here() != sorted(RENDERERS):
        raise SystemExit("nothing to compare: only TinyRenderer starts on this machine")
    print(json.dumps({task: measure(task, steps) for task in TASKS}, indent=1))


if __name__ == "__main__":
    main()
