"""An `Episode` is one episode in memory: its arrays, its summary and branches cut off by rewinds.

It is made from a file, from a journal's columns or from Steps, and writes its HDF5 file.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.errors import BadValue, DamagedFile
from ..sim_envs.spaces import Observation
from .files.durable import replace_file
from .hdf5 import Branch, Content, decode, decode_attributes, encode
from .labels import abandoned_labels, intervention_labels
from .schema import FINAL_OBS, FINAL_STATE, OBS, Columns, whole
from .step import Driver, EpisodeHeader, Step, describe
from .step_packing import Packer, sizes_of
from .summary import EpisodeSummary, RecordedOutcome, from_attributes, summarise, to_attributes


@dataclass(frozen=True, repr=False)
class Episode:
    """One episode; every array has T rows, described by the table in `schema`."""

    summary: EpisodeSummary
    """Header, outcome and counts."""
    observations: Mapping[str, NDArray[Any]]
    """[T, ...] before each action: `<camera>_image`, `joint_pos` ...; images may be left out."""
    actions: NDArray[np.float32]  # [T, A]
    human_actions: NDArray[np.float32]  # [T, A]
    policy_actions: NDArray[np.float32]  # [T, A]
    rewards: NDArray[np.float32]  # [T]
    dones: NDArray[np.int64]  # [T]
    succeeded: NDArray[np.uint8]  # [T]
    states: NDArray[np.float64]  # [T, S]
    driver: NDArray[np.uint8]  # [T]
    level: NDArray[np.uint8]  # [T]
    action_modes: NDArray[np.int64]  # [T]
    intv_labels: NDArray[np.int64]  # [T]
    novelty: NDArray[np.float32]  # [T]
    stage: NDArray[np.int16]  # [T]
    reseat: NDArray[np.uint8]  # [T]
    takeover_id: NDArray[np.int32]  # [T]
    wall_time: NDArray[np.float64]  # [T]
    late_ms: NDArray[np.float32]  # [T]
    round_trip_ms: NDArray[np.float32]  # [T]
    final_observation: Mapping[str, NDArray[Any]] | None = None
    """After the last action, without the axis T; None when the recording broke off."""
    final_state: NDArray[np.float64] | None = None
    """[S] the simulator's state after the last action; None when the recording broke off."""
    abandoned: tuple[Branch, ...] = ()
    """Branches cut off by rewinds, in chronological order."""

    @classmethod
    def of_columns(
        cls,
        summary: EpisodeSummary,
        columns: Columns,
        final: Columns | None = None,
        abandoned: tuple[Branch, ...] = (),
    ) -> Self:
        """An episode of columns [T, ...] under the schema's keys; optional ones may be missing."""
        flat = {key: rows for key, rows in whole(columns).items() if not key.startswith(OBS)}
        return cls(
            summary=summary,
            observations=_below(columns, OBS),
            final_observation=None if final is None else _below(final, FINAL_OBS),
            final_state=None if final is None else final[FINAL_STATE],
            abandoned=tuple(Branch(branch.start, whole(branch.columns)) for branch in abandoned),
            **flat,
        )

    @classmethod
    def of_recording(
        cls,
        episode_id: str,
        header: EpisodeHeader,
        outcome: RecordedOutcome,
        recorded: Columns,
        final: Columns | None = None,
        abandoned: tuple[Branch, ...] = (),
    ) -> Self:
        """An episode of recorded columns [T, ...], with labels and the last `done` set."""
        columns = complete_columns(recorded, frozenset(branch.start for branch in abandoned))
        columns["dones"][-1:] = 1
        branches = tuple(Branch(b.start, abandoned_columns(b.columns)) for b in abandoned)
        summary = summarise(episode_id, header, outcome, columns)
        return cls.of_columns(summary, columns, final, branches)

    @classmethod
    def of_steps(
        cls,
        header: EpisodeHeader,
        steps: Sequence[Step],
        success: bool,
        complete: bool = True,
        final_observation: Observation | None = None,
        final_state: NDArray[np.float64] | None = None,
        episode_id: str = "in-memory",
    ) -> Self:
        """An episode of Steps and a last state [S], without file or journal."""
        if not steps:
            raise BadValue("steps", "at least one step", "none")
        packer = Packer(sizes_of(steps[0].observation, steps[0].state, header.spec))
        recorded = bytearray()
        for step in steps:
            packer.pack(step)
            recorded += packer.record
        rows = np.frombuffer(recorded, packer.layout)
        columns = {key: np.ascontiguousarray(rows[key]) for key in rows.dtype.names or ()}
        final = None
        if final_observation is not None and final_state is not None:
            end = packer.pack_final(final_observation, final_state)
            final = {key: end[key][0] for key in end.dtype.names or ()}
        outcome = RecordedOutcome(success, complete, steps[-1].wall_time)
        return cls.of_recording(episode_id, header, outcome, columns, final)

    @classmethod
    def read(cls, path: Path | str, images: bool = True) -> Self:
        """Read an episode's file; raise DamagedFile unless it is complete and valid."""
        return cls.of_content(decode(Path(path), images), Path(path))

    @classmethod
    def of_content(cls, content: Content, path: Path) -> Self:
        """An episode of a file's content; `path` is kept in its summary."""
        summary = _summary(content.attributes, path)
        return cls.of_columns(summary, content.columns, content.final, content.abandoned)

    def encode(self) -> bytes:
        """The bytes of the episode's file."""
        attributes = to_attributes(self.summary)
        return encode(Content(attributes, self.columns, self.final, self.abandoned))

    def write(self, path: Path | str) -> None:
        """Write the episode's file atomically and durably."""
        replace_file(Path(path), self.encode())

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """The arrays [T, ...] by the schema's keys, as in the file."""
        rows = {OBS + name: rows for name, rows in self.observations.items()}
        return rows | {name: getattr(self, name) for name in COLUMN_FIELDS}

    @property
    def final(self) -> Columns | None:
        """The last state [S] and observation by the keys in the file; None when it broke off."""
        if self.final_observation is None or self.final_state is None:
            return None
        seen = {FINAL_OBS + name: value for name, value in self.final_observation.items()}
        return {**seen, FINAL_STATE: self.final_state}

    def observation(self, step: int) -> Observation:
        """The observation before a step, without the axis T; `len(episode)` for the last one."""
        if step == len(self) and self.final_observation is not None:
            return dict(self.final_observation)
        return {name: rows[step] for name, rows in self.observations.items()}

    def __len__(self) -> int:
        return len(self.actions)

    def __repr__(self) -> str:
        shown = (f"{f.name}={describe(getattr(self, f.name))}" for f in fields(self))
        return f"Episode({', '.join(shown)})"


_NOT_COLUMNS = {"summary", "observations", "final_observation", "final_state", "abandoned"}
COLUMN_FIELDS = tuple(f.name for f in fields(Episode) if f.name not in _NOT_COLUMNS)
"""The fields of Episode that are columns of the schema under the same name."""


def episode_summary(path: Path | str) -> EpisodeSummary:
    """Read the summary without the arrays; raise DamagedFile as Episode.read does."""
    return _summary(decode_attributes(Path(path)), Path(path))


def complete_columns(
    recorded: Columns, rejoined: frozenset[int] = frozenset()
) -> dict[str, NDArray[Any]]:
    """The recorded columns [T, ...] with those that are made at conversion.

    `rejoined` are the steps at which rewinds returned to the main line.
    """
    waiting = recorded["driver"] == Driver.NOBODY
    labels = intervention_labels(recorded["action_modes"], waiting, rejoined)
    return {**recorded, "dones": recorded["dones"].copy(), "intv_labels": labels}


def in_driving_order(episode: Episode, names: Collection[str]) -> dict[str, NDArray[Any]]:
    """Columns [T, ...] of main line and abandoned branches, in the order of driving.

    Undoes the rewinds from the last to the first: what the main line holds after a rewind's place
    was driven after the branch that the rewind cut off there. Clocks are not asked: they are set.
    """
    line, later = {name: episode.columns[name] for name in names}, []
    for branch in reversed(episode.abandoned):
        later.append({name: rows[branch.start :] for name, rows in line.items()})
        line = {
            name: np.concatenate([rows[: branch.start], branch.columns[name]])
            for name, rows in line.items()
        }
    parts = [line, *reversed(later)]
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def abandoned_columns(recorded: Columns) -> dict[str, NDArray[Any]]:
    """The same for an abandoned branch [T, ...]; its labels exclude every step from training."""
    labels = abandoned_labels(recorded["action_modes"])
    return {**recorded, "dones": recorded["dones"].copy(), "intv_labels": labels}


def _summary(attributes: Mapping[str, Any], path: Path) -> EpisodeSummary:
    """The summary in a file's attributes; DamagedFile when they are not valid."""
    try:
        return from_attributes(attributes, path)
    except (KeyError, ValueError, TypeError) as error:
        raise DamagedFile(f"{path}: not a Sidestick episode: {error}") from error


def _below(columns: Columns, prefix: str) -> dict[str, NDArray[Any]]:
    """The entries under a prefix, without it."""
    return {
        key.removeprefix(prefix): rows for key, rows in columns.items() if key.startswith(prefix)
    }
