"""Graded predictions, which reviewers accepted or corrected, become further training windows.

`train` adds them to the windows of the episodes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...datasets.frames import Frames
from ...sim_envs.errors import BadValue
from .class_weights import DEMONSTRATION
from .window_data import TrainingData


@dataclass(frozen=True, repr=False)
class AcceptedPrediction:
    """The actions that a reviewer accepted, or gave instead, from one recorded step on."""

    episode: str
    """Id of the episode with the step."""
    step: int
    """Index of the step whose observation the actions follow."""
    actions: NDArray[np.float32]
    """(H, A) in [-1, 1]; more or fewer than the policy's chunk are cut or masked."""


def with_accepted_predictions(
    data: TrainingData,
    frames: Frames,
    examples: Sequence[AcceptedPrediction],
    label: int = DEMONSTRATION,
) -> TrainingData:
    """The training data with one more window for each example that lies in `frames`.

    They get the class `label`, that of demonstrations: a person approved every action. As
    interventions, a handful of them would fill half of every batch.
    """
    places = {summary.id: number for number, summary in enumerate(frames.episodes)}
    firsts = np.searchsorted(frames.episode, np.arange(len(places) + 1))
    found = [
        (example, places[example.episode])
        for example in examples
        if example.episode in places
        and example.step < firsts[places[example.episode] + 1] - firsts[places[example.episode]]
    ]
    if not found:
        return data
    chunks = [_padded(example.actions, data) for example, _ in found]
    numbers = np.array([number for _, number in found], np.int64)
    steps = np.array([example.step for example, _ in found], np.int64)
    rows, past, marks = firsts[numbers] + steps, data.past, data.marks
    if past is not None:  # the reviewer saw only the step itself
        past = np.concatenate([past, np.repeat(rows[:, None], past.shape[1], axis=1)])
    if marks is not None:
        unknown = np.full((len(found), *marks.shape[1:]), np.nan, np.float32)
        marks = np.concatenate([marks, unknown])
    return replace(
        data,
        rows=np.concatenate([data.rows, rows]),
        past=past,
        marks=marks,
        actions=np.concatenate([data.actions, np.stack([actions for actions, _ in chunks])]),
        mask=np.concatenate([data.mask, np.stack([mask for _, mask in chunks])]),
        classes=np.concatenate([data.classes, np.full(len(found), label, np.int64)]),
        episodes=np.concatenate([data.episodes, numbers]),
    )


def _padded(
    actions: NDArray[np.float32], data: TrainingData
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """As many actions as a window has (the last one repeats), and which of them count."""
    size, chunk = data.actions.shape[2], data.chunk
    if actions.shape[1:] != (size,):
        expected = f"{size} numbers an action, as its episode has"
        raise BadValue("accepted prediction", expected, actions.shape[1])
    given = actions[:chunk]
    rest = np.repeat(given[-1:], chunk - len(given), axis=0)
    return np.concatenate([given, rest]), np.arange(chunk) < len(given)
