"""This benchmark measures where a policy's encoders locate items in scenes it was not trained on.

    python -m benchmarks.pointing WS POLICY

POLICY is the folder of a policy with end-to-end vision of the kind `pointer`, or its subfolder
`encoders`. Evaluated on the successful demonstrations of WS that are not among its episodes, until
the gripper closes: the distance of the grasp point from the ray of the front camera's peak; the
error of the wrist camera's peak; and, given each other item as the goal, whether the peak is on
that item (by the shipped perception) or on the demonstrated one. It prints one JSON document.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sidestick.datasets.frames import Frames
from sidestick.datasets.workspace import Workspace
from sidestick.policies.perception.network import Perception
from sidestick.policies.policy import load_policy
from sidestick.policies.task_features.features import Columns
from sidestick.policies.task_features.grasp_labels import grasp_marks, next_grasps
from sidestick.policies.task_features.triangulation import PinholeCamera, cells, centroid
from sidestick.policies.vision.grasp_pointing import GraspPointing
from sidestick.sim_envs.making import describe_task
from sidestick.sim_envs.spaces import GRIP
from sidestick.teleop.learning.workspace_training import succeeded

EVERY = 15
"""Steps of an episode between two that are evaluated; the first always is."""
LEAST_CELLS = 3.0
"""Cells of an item that the shipped perception must find, for its position to count."""
SAME = 0.12
"""Largest distance of peaks on the same item, in units of half an image."""


def chosen(frames: Frames) -> np.ndarray:
    """Indices (N,) of the steps to evaluate, before the gripper closes."""
    first = np.diff(frames.episode, prepend=-1) > 0
    before = np.isfinite(next_grasps(frames)).all(-1) & (frames.actions[:, GRIP] <= 0)
    return np.flatnonzero(before & (first | (np.arange(len(frames)) % EVERY == 0)))


def told(vision: GraspPointing, columns: Columns, goal: np.ndarray) -> np.ndarray:
    """Heatmap peaks (N, cameras, 3) for item `goal` (N,): x, y in [-1, 1] and probability."""
    named = np.eye(vision.config.num_goals, dtype=np.float32)[goal]
    features = vision.prepare({**columns, "goal": named})["features"]
    peaks = features[:, : vision.seen].astype(np.float64).reshape(len(goal), -1, 3)
    peaks[..., :2] /= np.maximum(peaks[..., 2:], 1e-3)
    return peaks


def off_the_ray(task: str, peaks: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Distances (N,), cm, of points (N, 3), m, from the rays of the front camera's peaks (N, 2)."""
    pinhole = PinholeCamera.of(describe_task(task).cameras["front"])
    rays = pinhole.rays(peaks)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    away = places - pinhole.eye
    return 100 * np.linalg.norm(away - (away * rays).sum(-1, keepdims=True) * rays, axis=-1)


def others(task: str, vision: GraspPointing, columns: Columns, goal: np.ndarray) -> dict[str, int]:
    """Counts of peaks on the named and on the demonstrated item, for each other item named."""
    counts = {"asked": 0, "right": 0, "demonstrated": 0}
    seen = Perception.load_shipped(task).keypoints(np.asarray(columns["front_image"], np.uint8))
    meant = told(vision, columns, goal)[:, 0, :2]
    for item in range(vision.config.num_goals):
        there = (cells(seen[:, 1 + item]) > LEAST_CELLS) & (goal != item)
        peaks = told(vision, columns, np.full(len(goal), item))[:, 0, :2]
        right = np.linalg.norm(peaks - centroid(seen[:, 1 + item]), axis=-1) < SAME
        same = np.linalg.norm(peaks - meant, axis=-1) < SAME
        for name, hits in (
            ("asked", there),
            ("right", there & right),
            ("demonstrated", there & same),
        ):
            counts[name] += int(hits.sum())
    return counts


def measure(workspace: Workspace, folder: Path) -> dict[str, Any]:
    """All metrics, as JSON."""
    policy, task = load_policy(folder), workspace.config.task
    vision = policy.network.vision
    if not isinstance(vision, GraspPointing):
        raise SystemExit(f"{folder}: its vision is {vision.name}, which gives no heatmaps")
    vision = vision if vision.config.frozen else vision.freeze()
    learnt = set(policy.config.provenance.episodes)
    new = [s.path for s in workspace.summaries() if succeeded(s) and s.id not in learnt]
    frames = Frames.read([path for path in new if path is not None])
    steps = chosen(frames)
    columns: Columns = {k: v[steps] for k, v in {**frames.observations, **frames.images}.items()}
    goal, first = columns["goal"].argmax(-1), np.diff(frames.episode[steps], prepend=-1) > 0
    peaks = told(vision, columns, goal)
    off = off_the_ray(task, peaks[:, 0, :2], next_grasps(frames)[steps].astype(np.float64))
    marks = grasp_marks(frames, task, ("wrist",))[steps, 0]
    shown = np.isfinite(marks).all(-1)
    wrist = (
        np.linalg.norm(peaks[shown, 1, :2] - marks[shown], axis=-1) * policy.config.image_size / 2
    )
    return {
        "learnt_from": len(learnt),
        "episodes": int(first.sum()),
        "steps": len(steps),
        "front_cm": summary(off),
        "front_cm_first_frame": summary(off[first]),
        "wrist_pixels": summary(wrist),
        "wrist_knows_whether_seen": float(((peaks[:, 1, 2] > 0.5) == shown).mean()),
        "other_items": others(task, vision, {k: v[::5] for k, v in columns.items()}, goal[::5]),
    }


def summary(values: np.ndarray) -> dict[str, float]:
    """Median, mean and 90th percentile of values (N,)."""
    return {
        "median": round(float(np.median(values)), 2),
        "mean": round(float(values.mean()), 2),
        "p90": round(float(np.percentile(values, 90)), 2),
    }


def main() -> None:
    """Measure and print JSON."""
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    torch.set_num_threads(1)
    print(json.dumps(measure(Workspace.open(Path(sys.argv[1])), Path(sys.argv[2])), indent=1))


if __name__ == "__main__":
    main()
