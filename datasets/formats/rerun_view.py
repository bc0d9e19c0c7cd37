"""This module sends an episode to the Rerun viewer: images, actions, driver, stage, arm in 3D."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.kinematics import joint_frames
from ..episode import Episode
from ..recorded_spec import BUILT_IN
from ..schema import is_image
from ..step import Driver
from .optional import require
from .transfer import atomic_target

APPLICATION = "sidestick"
SERIES = ("novelty", "rewards", "level", "driver", "takeover_id", "late_ms", "round_trip_ms")
"""Columns that are logged as one curve each."""
AXIS_M = 0.1
STEP, TIME = "step", "time"


def save(episode: Episode, hz: int, target: Path) -> None:
    """Write an episode as an .rrd file, atomically; needs no screen."""
    rerun = require("rerun", "view")
    with atomic_target(target) as temporary:
        stream = rerun.RecordingStream(APPLICATION, recording_id=episode.summary.id)
        memory = stream.memory_recording()  # Rerun's own file sink only logs that a disk is full
        log(rerun, stream, episode, hz)
        temporary.write_bytes(memory.drain_as_bytes())
        stream.disconnect()


def show(episode: Episode, hz: int) -> None:
    """Open an episode in the viewer."""
    rerun = require("rerun", "view")
    stream = rerun.RecordingStream(APPLICATION, recording_id=episode.summary.id)
    stream.spawn()
    log(rerun, stream, episode, hz)
    stream.disconnect()


def log(rerun: Any, stream: Any, episode: Episode, hz: int) -> None:
    """Log an episode to a recording stream, column by column."""
    steps = np.arange(len(episode))
    index = [rerun.TimeColumn(STEP, sequence=steps)]
    index += [rerun.TimeColumn(TIME, duration=steps / hz)]
    header = episode.summary.header
    text = f"# {header.instruction}\n{episode.summary.id}, {header.operator}, seed {header.seed}"
    stream.log("about", rerun.TextDocument(text, media_type="text/markdown"), static=True)
    for name, images in episode.observations.items():
        if is_image(name):
            _log_images(rerun, stream, index, f"cameras/{name.removesuffix('_image')}", images)
    names = header.spec.action.names
    for who in ("actions", "human_actions", "policy_actions"):
        _log_curves(rerun, stream, index, f"{who}", getattr(episode, who), names)
    for name in SERIES:
        _log_curves(rerun, stream, index, name, getattr(episode, name)[:, None], (name,))
    if header.spec == BUILT_IN:
        _log_arm(rerun, stream, index, episode)
    _log_labels(rerun, stream, episode, hz)


def _log_images(
    rerun: Any, stream: Any, index: list[Any], path: str, images: NDArray[np.uint8]
) -> None:
    """Log a camera's images, uint8[T, height, width, 3]."""
    height, width = images.shape[1:3]
    form = rerun.components.ImageFormat(
        width=width, height=height, color_model="RGB", channel_datatype="U8"
    )
    stream.log(path, rerun.Image.from_fields(format=form), static=True)
    columns = rerun.Image.columns(buffer=images.reshape(len(images), -1))
    stream.send_columns(path, indexes=index, columns=columns)


def _log_curves(
    rerun: Any,
    stream: Any,
    index: list[Any],
    path: str,
    rows: NDArray[Any],
    names: tuple[str, ...],
) -> None:
    """Log rows [T, n] as n curves of one plot; nothing where all are NaN."""
    if not np.isfinite(rows).any():
        return
    stream.log(path, rerun.SeriesLines(names=list(names)), static=True)
    scalars = rows.astype(np.float64)
    columns = rerun.Scalars.columns(scalars=scalars.reshape(-1))
    if rows.shape[1] > 1:
        columns = columns.partition(lengths=[rows.shape[1]] * len(rows))
    stream.send_columns(path, indexes=index, columns=columns)


def _log_arm(rerun: Any, stream: Any, index: list[Any], episode: Episode) -> None:
    """Log the arm as a line through its joints, the end effector's path, and its axes."""
    joints = episode.observations["joint_pos"]
    frames = [joint_frames(row) for row in joints.astype(np.float64)]
    points = np.array([[[0, 0, 0], *(f[:3, 3] for f in fs), ee[:3, 3]] for fs, ee in frames])
    bends = points.shape[1]
    columns = rerun.LineStrips3D.columns(strips=list(points.astype(np.float32)))
    stream.send_columns("arm/links", indexes=index, columns=columns)
    dots = rerun.Points3D.columns(positions=points.reshape(-1, 3).astype(np.float32))
    lengths = [bends] * len(points)
    stream.send_columns("arm/joints", indexes=index, columns=dots.partition(lengths=lengths))
    pose = rerun.Transform3D.columns(
        translation=episode.observations["ee_pos"], quaternion=episode.observations["ee_quat"]
    )
    stream.send_columns("arm/hand", indexes=index, columns=pose)
    stream.log("arm/hand", rerun.TransformAxes3D(AXIS_M), static=True)
    stream.log("arm/path", rerun.LineStrips3D([episode.observations["ee_pos"]]), static=True)


def _log_labels(rerun: Any, stream: Any, episode: Episode, hz: int) -> None:
    """Log the driver and the stage as text whenever they change."""
    names = dict(enumerate(episode.summary.header.stages))
    drivers = {driver.value: driver.name.lower() for driver in Driver}
    for path, rows, labels in (
        ("words/driver", episode.driver, drivers),
        ("words/stage", episode.stage, names),
    ):
        before = None
        for step, value in enumerate(rows.tolist()):
            if value != before:
                stream.set_time(STEP, sequence=step)
                stream.set_time(TIME, duration=step / hz)
                stream.log(path, rerun.TextLog(labels.get(value, str(value))))
            before = value
