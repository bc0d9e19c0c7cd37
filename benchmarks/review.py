"""This benchmark measures how fast a practised reviewer grades episodes in the real window.

The simulated reviewer watches every episode to its end at 8 times the speed, reacts after 0.25 s,
and presses quality and verdict (for a failure: reason and verdict). Waits are from the verdict's
key to the next episode's first frame. It prints JSON.
"""

import argparse
import contextlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np

from sidestick.datasets.judgements.counting_words import MACHINE
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.review.episode_review import EpisodeReview
from sidestick.teleop.review.episode_window import EpisodeWindow
from sidestick.teleop.review.review_loop import review_window, run_window
from sidestick.teleop.review.simulated_reviewer import SimulatedReviewer


def main() -> None:
    """Grade episodes of a copy of a workspace; print the rate and the waits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--episodes", type=int, default=40)
    options = parser.parse_args()
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "ws"
        source = Workspace.open(options.workspace)
        (copy / "episodes").mkdir(parents=True)
        shutil.copy(source.path / "workspace.toml", copy)
        for path in source.episodes()[: 2 * options.episodes]:
            os.link(path, copy / "episodes" / path.name) if _same_disk(path, copy) else shutil.copy(
                path, copy / "episodes"
            )
        workspace = Workspace.open(copy)
        with (
            review_window(headless=True) as (surface, pads),
            contextlib.closing(EpisodeReview(workspace, MACHINE)) as grading,
        ):
            page = EpisodeWindow(grading, pads)
            run_window(page, surface, SimulatedReviewer(options.episodes))
            review_speed = grading.review_speed
            spent = review_speed.clock() - review_speed.began
            waits = 1e3 * np.array(review_speed.waits)
    figures = {
        "episodes": len(review_speed.done),
        "episodes_per_minute": round(60 * len(review_speed.done) / spent, 1),
        "wait_ms_p50": round(float(np.median(waits)), 1),
        "wait_ms_max": round(float(waits.max()), 1),
        "waits_over_100_ms": int((waits > 100).sum()),
        "load_average": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(figures))


def _same_disk(path: Path, folder: Path) -> bool:
    return path.stat().st_dev == folder.stat().st_dev


if __name__ == "__main__":
    main()
