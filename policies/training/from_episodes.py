"""`training_data` turns frames of recorded episodes into the windows that training reads.

`train` and the learner call it, with the vision that prepares the inputs.
"""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...datasets.config import OUR_RENDERER, UNKNOWN_RENDERER
from ...datasets.episode import Episode
from ...datasets.frames import Frames
from ...datasets.summary import EpisodeSummary
from ...datasets.windows import Windows
from ...sim_envs.errors import BadValue, PolicyError, UnknownName
from ...sim_envs.spaces import CAMERAS, IMAGE_SIZE
from ..next_step.chooser import FAILED
from ..next_step.learning import UPDATES
from ..perception.keypoint_cache import KeypointCache
from ..policy_config import PolicyConfig
from ..task_features import hand_frame
from ..task_features.features import Columns
from ..task_features.grasp_labels import grasps_under_way
from ..task_features.pointed_object import GRASPED
from ..vision.keypoints import KeypointVision
from ..vision.object_pointing import ObjectPointing
from ..vision.protocol import Vision
from .progress import counted
from .window_data import TrainingData

Marks = Callable[[Frames, str], NDArray[np.float32]]
"""Makes marks (N, marks, 2) of frames of a task, see `GraspSupervision.marks`."""
IDLE = ("bridge", "cut", "keep")
"""Treatments of steps on which nothing moves: leave out of the chunks, cut chunks there, keep."""


def config_of(frames: Frames) -> PolicyConfig:
    """A policy's config for the episodes; PolicyError if they differ in task or observations."""
    if not frames.episodes:
        raise PolicyError("no episodes to train on; record some with `sidestick drive`")
    found = {_kind(summary) for summary in frames.episodes}
    if len(found) > 1:
        raise PolicyError(f"episodes of different kinds cannot be trained on together: {found}")
    task, renderer, goal_names, image_size = found.pop()
    cameras = tuple(name.removesuffix("_image") for name in frames.images) or CAMERAS
    sides = {rows.shape[1] for rows in frames.images.values()}
    side = sides.pop() if sides else image_size
    spec = frames.spec
    return PolicyConfig(
        task,
        renderer,
        goal_names,
        cameras,
        side,
        action_axes=spec.action.axes,
        readings=spec.readings,
    )


def variation_of(frames: Frames) -> str:
    """The episodes' level of domain randomization; of several levels one that is not "none"."""
    levels = sorted({summary.header.variation for summary in frames.episodes} - {"none"})
    return levels[-1] if levels else "none"


def training_data(
    frames: Frames,
    vision: Vision,
    chunk: int = 16,
    idle: str = "bridge",
    cache: KeypointCache | None = None,
    *,
    history: int = 1,
    stride: int = 1,
    marks: Marks | None = None,
) -> TrainingData:
    """Windows over `frames` with the inputs that `vision` prepares.

    Steps towards a grasp that did not hold are left out, where vision knows which these are. For
    keypoints `frames` need not hold images: what the cache lacks is read episode by episode.
    A window has `history` frames, `stride`
    steps apart, and the marks that `marks` makes of the frames.
    """
    if idle not in IDLE:
        raise UnknownName("treatment of idle steps", idle, IDLE)
    drop, bridge = idle != "keep", idle == "bridge"
    windows = Windows(frames, chunk, history, drop_idle=drop, bridge_idle=bridge, stride=stride)
    columns = _columns(frames, vision, cache or KeypointCache(None))
    inputs, actions = vision.prepare(columns), frames.actions[windows.chunk_index]
    if hand_frame.KEY in inputs:
        angle = inputs[hand_frame.KEY].astype(np.float64)[windows.starts]
        actions = hand_frame.turned_actions(actions, -angle)
    data = TrainingData(
        inputs=inputs,
        rows=windows.starts,
        actions=actions,
        mask=windows.chunk_mask,
        classes=windows.classes,
        episodes=frames.episode[windows.starts].astype(np.int64),
        episode_ids=tuple(summary.id for summary in frames.episodes),
        past=windows.history_index(np.arange(len(windows)))[:, :-1] if history > 1 else None,
        marks=None if marks is None else marks(frames, config_of(frames).task)[windows.starts],
    )
    return _without_failed(data, columns, windows.starts)


def _without_failed(
    data: TrainingData, columns: Columns, starts: NDArray[np.integer]
) -> TrainingData:
    """The windows, which begin at rows `starts` (N,), that no failed grasp begins or ends."""
    if FAILED not in columns:
        return data
    failed = columns[FAILED].astype(np.bool_)[starts]
    return data if failed.all() else data.take(~failed)


def perceive(frames: Frames, vision: Vision, cache: KeypointCache, progress: bool) -> None:
    """Let perception see all episodes, into the cache, so that later parts find it there."""
    if isinstance(vision, KeypointVision):
        with counted("looking at episodes", len(frames.episodes), progress) as seen:
            _keypoints(frames, vision, cache, seen)


def teach_next_step(
    frames: Frames, vision: Vision, cache: KeypointCache, seed: int, progress: bool = False
) -> float | None:
    """Teach vision which object is next; the seconds of learning, None where it points at none."""
    if not isinstance(vision, KeypointVision) or vision.chooser is None:
        return None
    found = _keypoints(frames, vision, cache)
    columns: Columns = {**frames.observations, "keypoints": found}
    started = time.monotonic()
    with counted("learning which object is next", UPDATES, progress) as learnt:
        vision.learn_next_step(frames, columns, seed, learnt)
    return time.monotonic() - started


def _columns(frames: Frames, vision: Vision, cache: KeypointCache) -> Columns:
    """The columns (N, ...) that `vision` prepares inputs from, one row a frame."""
    columns: Columns = {**frames.observations}
    if isinstance(vision, KeypointVision):
        columns["keypoints"] = _keypoints(frames, vision, cache)
        columns[GRASPED] = grasps_under_way(frames)
        if vision.chooser is not None:
            columns |= vision.chooser.shown(frames, columns)
        return columns
    columns |= frames.images
    if isinstance(vision, ObjectPointing) and vision.config.frozen:
        columns |= vision.shown(frames)
    if missing := [key for key in vision.keys if key not in columns]:
        raise BadValue("frames", f"observations {', '.join(vision.keys)}", f"none of {missing}")
    return columns


def _keypoints(
    frames: Frames,
    vision: KeypointVision,
    cache: KeypointCache,
    seen: Callable[[int], object] = lambda episodes: None,
) -> NDArray[np.float32]:
    """Keypoints of all frames, (N, cameras, K, 6), from the cache or else from images.

    `seen` is called with the number of episodes done.
    """
    fingerprint, parts = vision.perception.fingerprint, []
    ends = np.searchsorted(frames.episode, np.arange(len(frames.episodes) + 1))
    for number, summary in enumerate(frames.episodes):
        rows = slice(int(ends[number]), int(ends[number + 1]))

        def look(rows: slice = rows, summary: EpisodeSummary = summary) -> NDArray[np.float32]:
            return vision.see(_images(frames, rows, summary))

        shape = (rows.stop - rows.start, *vision.keypoints_shape)
        parts.append(cache.get(fingerprint, summary.id, shape, look))
        seen(number + 1)
    return np.concatenate(parts)


def _images(frames: Frames, rows: slice, summary: EpisodeSummary) -> Columns:
    if frames.images:
        return {key: images[rows] for key, images in frames.images.items()}
    if summary.path is None:
        raise BadValue(f"episode {summary.id}", "images or a file to read them from", "neither")
    return dict(Episode.read(summary.path).observations)


def _kind(summary: EpisodeSummary) -> tuple[str, str, tuple[str, ...], int]:
    """Task, renderer, names of goals and size of pictures, as the header says them.

    A description that names no renderer is of another tool, whose renderer is not known.
    """
    header = summary.header
    kwargs = header.env_kwargs
    unnamed = UNKNOWN_RENDERER if header.env_args else OUR_RENDERER
    renderer = str(kwargs.get("renderer", unnamed))
    size = int(kwargs.get("image_size", IMAGE_SIZE))
    return header.task, renderer, tuple(header.goal_names), size
