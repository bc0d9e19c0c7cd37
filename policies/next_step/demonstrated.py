"""This module reads from demonstrations what each step was about: which object, held or not.

`NextStepChooser` learns from it. No rule of a task is needed, for the gripper itself says it: the
object of a step is the one that was where the gripper closed next, and then went along with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...datasets.frames import Frames
from ..task_features.grasp_labels import told_closed
from ..task_features.hand_frame import Array, heading, rotation

BEFORE = 30
"""Frames before a closing in which an object's distance from the place of the closing counts."""
UNSEEN_M = 0.25
"""Distance that an object which is not seen is taken to have."""
AGAIN_M = 0.08
"""A gripper that closes this near to where it opened takes again what it let go of."""
FAR_M = 1e3
"""Coordinates of what cannot be taken."""
CARRIED_AWAY_M = 0.06
"""A gripper that closed, and opened nearer than this to where it closed, carried nothing."""
STILL_THERE_M = 0.02
"""A closed gripper that moved by less than this from where it closed has lifted nothing yet."""


@dataclass(frozen=True)
class Grasp:
    """One closing of the gripper and the opening after it, as rows of the frames."""

    begin: int
    """First row that is about it: after the opening before, or the episode's first."""
    close: int
    """Row at which the gripper is told to close."""
    open: int
    """Row at which it is told to open again, or one after the episode's last row."""
    ends: bool
    """Whether it opens before the episode's end."""


@dataclass(frozen=True)
class Demonstrated:
    """What the steps of demonstrations were about, one row a frame."""

    about: NDArray[np.intp]
    """(N,) index of the object; M, the number of objects, after the last closing."""
    held: NDArray[np.bool_]
    """(N,) whether the gripper carries it."""
    release_m: Array
    """(N, 3) where the gripper opens once it has the object; NaN where it does not."""
    failed: NDArray[np.bool_]
    """(N,) whether the gripper closes, here or next, without bringing the object to its place."""
    known: NDArray[np.bool_]
    """(N,) whether the row says what it is about: not between reaching and carrying, nor where
    nothing was near when the gripper closed."""


def grasps(frames: Frames) -> Iterator[Grasp]:
    """The closings of all episodes, in order."""
    closed = told_closed(frames)
    bounds = np.searchsorted(frames.episode, np.arange(len(frames.episodes) + 1))
    for first, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        changes = first + 1 + np.flatnonzero(np.diff(closed[first:end].astype(np.int8)))
        starts = [first, *changes.tolist(), end]
        begin = first
        for row, until in pairwise(starts):
            if row < end and closed[row]:
                yield Grasp(begin, row, until, until < end)
                begin = until


def demonstrated(frames: Frames, places_m: Array, nameable: NDArray[np.bool_]) -> Demonstrated:
    """What every frame is about, from where the M objects were seen, (N, M, 3) metres or NaN.

    nameable (M,): which of them an instruction can name; only those are taken. An object that is
    taken again later was missed or dropped before: its place is where it was let go of last.
    """
    rows, objects = places_m.shape[:2]
    shown = Demonstrated(
        about=np.full(rows, objects, np.intp),
        held=np.zeros(rows, np.bool_),
        release_m=np.full((rows, 3), np.nan),
        failed=np.zeros(rows, np.bool_),
        known=np.ones(rows, np.bool_),
    )
    ee_m = frames.observations["ee_pos"].astype(np.float64)
    seen_m = np.where(nameable[:, None], places_m, FAR_M)
    last: dict[tuple[int, int], Array] = {}
    for one in reversed(list(grasps(frames))):
        _enter(shown, one, int(frames.episode[one.close]), ee_m, seen_m, last)
    return shown


@dataclass(frozen=True)
class NextPlaces:
    """Where the hand takes something next and lets go of it, one row a frame; NaN where unknown."""

    grasp_m: Array
    """(N, 3) the end effector where the gripper closes next, or has closed."""
    heading_rad: Array
    """(N,) its heading there."""
    release_m: Array
    """(N, 3) the end effector where the gripper then opens for good."""
    held: Array
    """(N,) 1 where the gripper carries something, 0 where it does not."""
    failed: NDArray[np.bool_]
    """(N,) whether the gripper closes, here or next, without bringing anything to its place."""


def next_places(frames: Frames) -> NextPlaces:
    """What the gripper alone says of every frame, whatever the cameras see.

    What is let go of and taken again from there was dropped, or missed: its place is where it is
    let go of afterwards.
    """
    rows = len(frames)
    unknown = np.full((rows, 3), np.nan)
    found = NextPlaces(
        unknown, np.full(rows, np.nan), unknown.copy(), np.zeros(rows), np.zeros(rows, np.bool_)
    )
    ee_m = frames.observations["ee_pos"].astype(np.float64)
    facing = heading(rotation(frames.observations["ee_quat"]))
    later: Grasp | None = None
    for one in reversed(list(grasps(frames))):
        whole, closed = slice(one.begin, one.open), slice(one.close, one.open)
        opens = one.open if one.ends else one.open - 1
        found.grasp_m[whole], found.heading_rad[whole] = ee_m[one.close], facing[one.close]
        away_m = np.linalg.norm(ee_m[closed] - ee_m[one.close], axis=1)
        lifted = one.close + int(np.argmax(away_m > STILL_THERE_M))
        again = later is not None and _again(frames, ee_m[:, :2], opens, later)
        if away_m[-1] > CARRIED_AWAY_M and not again:
            found.held[one.close : lifted], found.held[lifted : one.open] = np.nan, 1.0
            found.release_m[whole] = ee_m[opens]
        else:
            found.held[closed], found.failed[whole] = np.nan, True
            if later is not None and again:
                found.release_m[whole] = found.release_m[later.close]
        later = one
    return found


def _again(frames: Frames, at_m: Array, opens: int, later: Grasp) -> bool:
    """Whether the hand takes next, in the same episode, what it let go of at row `opens`."""
    same = frames.episode[later.close] == frames.episode[opens]
    return bool(same and np.linalg.norm(at_m[later.close] - at_m[opens]) < AGAIN_M)


def _enter(
    shown: Demonstrated,
    one: Grasp,
    episode: int,
    ee_m: Array,
    seen_m: Array,
    last: dict[tuple[int, int], Array],
) -> None:
    """Enter one handling; `last` has where each object of each episode is let go of later."""
    whole, closed = slice(one.begin, one.open), slice(one.close, one.open)
    which, gap_m = _nearest(ee_m, seen_m, one)
    shown.about[whole], shown.known[whole] = which, gap_m < UNSEEN_M
    away_m = np.linalg.norm(ee_m[closed] - ee_m[one.close], axis=1)
    carried = bool(away_m[-1] > CARRIED_AWAY_M)
    lifted = one.close + int(np.argmax(away_m > STILL_THERE_M))
    if carried and (episode, which) not in last:
        shown.known[one.close : lifted] = False
        shown.held[lifted : one.open] = True
        last[episode, which] = ee_m[one.open if one.ends else one.open - 1]
    else:
        shown.known[closed] = False
        shown.failed[whole] = True
    shown.release_m[whole] = last.get((episode, which), np.nan)


def _nearest(ee_m: Array, places_m: Array, one: Grasp) -> tuple[int, float]:
    """The object that was where the gripper closed, and then with it, and how far off, metres."""
    before = slice(max(one.begin, one.close - BEFORE), one.close + 1)
    there = np.linalg.norm(places_m[before] - ee_m[one.close], axis=-1)
    along = np.linalg.norm((places_m - ee_m[:, None])[one.close : one.open], axis=-1)
    gap_m = _median(there) + _median(along)
    return int(gap_m.argmin()), float(gap_m.min() / 2)


def _median(distance_m: Array) -> Array:
    """The median of each column, (M,), of which unseen ones count as far."""
    return np.asarray(np.median(np.nan_to_num(distance_m, nan=UNSEEN_M), axis=0))
