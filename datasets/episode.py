"""One episode in memory: its arrays, its summary, the branches that rewinds cut off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.errors import BadValue, DamagedFile
from ..sim_envs.spaces import Observation
from .durable import replace_file
from .hdf5 import Branch, Content, decode, decode_attributes, encode
from .labels import abandoned_labels, intervention_labels
from .schema import FINAL_OBS, FINAL_STATE, OBS, Columns
from .step import Driver, EpisodeHeader, Step, describe
from .step_packing import Packer, sizes_of
from .summary import EpisodeSummary, RecordedOutcome, from_attributes, summarise, to_attributes


@dataclass(frozen=True, repr=False)
class Episode:
    """One episode; every array has T rows, and the schema table says what each holds."""

    summary: EpisodeSummary
    """Who, what, how long, how it ended."""
    observations: Mapping[str, NDArray[Any]]
    """[T, ...] seen before each action: `<camera>_image`, `joint_pos` ...; images may be left out.
    """
    actions: NDArray[np.float32]  # [T, 7]
    human_actions: NDArray[np.float32]  # [T, 7]
    policy_actions: NDArray[np.float32]  # [T, 7]
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
    final_observation: Mapping[str, NDArray[Any]] | None = None
    """Seen after the last action, without the axis T; None when the recording broke off."""
    final_state: NDArray[np.float64] | None = None
    """[S] the simulator's state after the last action; None when the recording broke off."""
    abandoned: tuple[Branch, ...] = ()
    """Branches cut off by rewinds, in the order they were."""

    @classmethod
    def of_columns(
        cls,
        summary: EpisodeSummary,
        columns: Columns,
        final: Columns | None = None,
        abandoned: tuple[Branch, ...] = (),
    ) -> Self:
        """Sort columns [T, ...], named as the schema names them, into an episode."""
        flat = {key: rows for key, rows in columns.items() if not key.startswith(OBS)}
        return cls(
            summary=summary,
            observations=_below(columns, OBS),
            final_observation=None if final is None else _below(final, FINAL_OBS),
            final_state=None if final is None else final[FINAL_STATE],
            abandoned=abandoned,
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
        """Make an episode of recorded columns [T, ...]; labels and the last `done` are set here."""
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
        """Make an episode in memory of its steps and last state [S], without file or journal."""
        if not steps:
            raise BadValue("steps", "at least one step", "none")
        packer = Packer(sizes_of(steps[0].observation, steps[0].state))
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
    def read(cls, path: Path, images: bool = True) -> Self:
        """Read an episode's file; raise DamagedFile when it is not a whole one of ours."""
        return cls.of_content(decode(path, images), path)

    @classmethod
    def of_content(cls, content: Content, path: Path) -> Self:
        """Make an episode of what was read from a file."""
        summary = _summary(content.attributes, path)
        return cls.of_columns(summary, content.columns, content.final, content.abandoned)

    def encode(self) -> bytes:
        """Return the bytes of the episode's file."""
        attributes = to_attributes(self.summary)
        return encode(Content(attributes, self.columns, self.final, self.abandoned))

    def write(self, path: Path) -> None:
        """Write the episode's file so that it is either whole and on the disk, or not there."""
        replace_file(path, self.encode())

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """The arrays [T, ...] by the schema's keys, as they stand in the file."""
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
        """Return what was seen before a step, without the axis T; `len(episode)` for the end."""
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


def episode_summary(path: Path) -> EpisodeSummary:
    """Read who, what, how long without the arrays; raise DamagedFile as Episode.read does."""
    return _summary(decode_attributes(path), path)


def complete_columns(
    recorded: Columns, rejoined: frozenset[int] = frozenset()
) -> dict[str, NDArray[Any]]:
    """Add the columns [T, ...] that are made at conversion to those that were recorded.

    `rejoined` are the steps at which rewinds came back to the main line.
    """
    waiting = recorded["driver"] == Driver.NOBODY
    labels = intervention_labels(recorded["action_modes"], waiting, rejoined)
    return {**recorded, "dones": recorded["dones"].copy(), "intv_labels": labels}


def abandoned_columns(recorded: Columns) -> dict[str, NDArray[Any]]:
    """Add them to the columns [T, ...] of a branch that was left: none of it is ever a target."""
    labels = abandoned_labels(recorded["action_modes"])
    return {**recorded, "dones": recorded["dones"].copy(), "intv_labels": labels}


def _summary(attributes: Mapping[str, Any], path: Path) -> EpisodeSummary:
    """Read a summary off a file's attributes, or say what is wrong with them."""
    try:
        return from_attributes(attributes, path)
    except (KeyError, ValueError, TypeError) as error:
        raise DamagedFile(f"{path}: not an episode of ours: {error}") from error


def _below(columns: Columns, prefix: str) -> dict[str, NDArray[Any]]:
    """Return the entries under a prefix, without it."""
    return {
        key.removeprefix(prefix): rows for key, rows in columns.items() if key.startswith(prefix)
    }
