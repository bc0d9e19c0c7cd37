"""This benchmark compares reading training windows with bare numpy indexing on the same arrays.

    python -m benchmarks.reading [--steps 4000] [--mapped]

Two 96x96 cameras, 2 observations, 16 actions, batches of 64: samples a second of `Windows.batch`
and of the same rows taken directly from two uint8 arrays and the actions, in turns within one run.
`--mapped` puts the frames into a memory-mapped file first. It prints JSON.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sidestick.datasets.frames import Frames
from sidestick.datasets.windows import Windows
from tests.synthetic import made_up_episode

HISTORY, CHUNK, BATCH = 2, 16, 64
EPISODE_STEPS = 200
ROUNDS, BATCHES = 7, 40


def filled(steps: int, cache: Path | None) -> Frames:
    """Frames of made-up episodes; one is generated, the others are copies of it."""
    episode = made_up_episode([0] * EPISODE_STEPS)
    count = max(1, steps // EPISODE_STEPS)
    limit = 0 if cache else None
    return Frames([episode] * count, cache=cache, expected=steps, memory_limit=limit)


def samples_a_second(read: Callable[[np.ndarray], object], picks: list[np.ndarray]) -> float:
    """Samples per second over one pass through all batches."""
    start = time.perf_counter()
    for indices in picks:
        read(indices)
    return sum(map(len, picks)) / (time.perf_counter() - start)


def main() -> int:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--mapped", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        frames = filled(asked.steps, Path(folder) if asked.mapped else None)
        windows = Windows(frames, chunk=CHUNK, history=HISTORY)
        front, wrist = frames.images.values()
        actions = frames.actions
        chance = np.random.default_rng(0)

        def bare(indices: np.ndarray) -> object:
            steps = windows.starts[indices]
            seen = np.maximum(steps[:, None] + np.arange(1 - HISTORY, 1), 0)
            ahead = np.minimum(steps[:, None] + np.arange(CHUNK), len(actions) - 1)
            return front[seen], wrist[seen], actions[ahead]

        ours, theirs = [], []
        for _ in range(ROUNDS):
            picks = [chance.integers(0, len(windows), BATCH) for _ in range(BATCHES)]
            ours.append(samples_a_second(windows.batch, picks))
            theirs.append(samples_a_second(bare, picks))
    ratios = np.divide(ours, theirs)
    report = {
        "windows": len(windows),
        "windows_samples_a_second": round(float(np.median(ours))),
        "numpy_samples_a_second": round(float(np.median(theirs))),
        "ratio_median": round(float(np.median(ratios)), 2),
        "ratio_worst": round(float(ratios.min()), 2),
        "wanted": 0.6,
    }
    print(json.dumps(report, indent=1))
    return int(report["ratio_median"] < report["wanted"])


if __name__ == "__main__":
    sys.exit(main())
