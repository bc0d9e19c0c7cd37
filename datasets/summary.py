"""An `EpisodeSummary` is an episode without its arrays: header, outcome, counts.

This module also converts it to and from the attributes of an episode's file.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from .files.decoding import parsed_json
from .files.names import episode_name, shown
from .recorded_spec import spec_of, spec_texts
from .schema import FORMAT_VERSION, Columns
from .step import Driver, EpisodeHeader, Level

Attributes: TypeAlias = Mapping[str, Any]
ENV_ARGS = "env_args"
NO_SEED = -1
"""Seed of an episode that another tool recorded."""
MOST = 2**63 - 1
END_OF_TIME_S = 253_402_300_799.0
"""The year 9999."""


@dataclass(frozen=True)
class RecordedOutcome:
    """How an episode ended."""

    success: bool
    """True when the task was solved at the end."""
    complete: bool
    """False when the recording broke off and the episode was recovered."""
    ended: float
    """time.time() at the end, s."""
    success_known: bool = True
    """False when another tool did not record whether the task was solved; `success` is False."""


@dataclass(frozen=True)
class EpisodeSummary:
    """Header, outcome and counts of an episode."""

    id: str
    """Time and eight hexadecimal digits; sorts by time, and is the file's stem (`names`)."""
    header: EpisodeHeader
    """What was known at the start."""
    outcome: RecordedOutcome
    """What was known at the end."""
    steps: int
    """Steps of the main line."""
    human_steps: int
    """Steps that the operator drove, alone or blended, or on which the arm waited for help."""
    takeovers: int
    """Number of takeovers."""
    version: int = FORMAT_VERSION
    """Format version of the file."""
    path: Path | None = None
    """The file; None for an episode that is only in memory."""

    def __post_init__(self) -> None:
        episode_name(self.id)

    @property
    def success(self) -> bool:
        """True when the task was solved at the end."""
        return self.outcome.success

    @property
    def success_known(self) -> bool:
        """False when nobody recorded whether the task was solved."""
        return self.outcome.success_known

    @property
    def success_label(self) -> str:
        """For people: success, failure, or unknown where nobody recorded it."""
        if not self.success_known:
            return "unknown"
        return "success" if self.success else "failure"

    @property
    def complete(self) -> bool:
        """False when the recording broke off."""
        return self.outcome.complete

    @property
    def policy_steps(self) -> int:
        """Steps that the policy drove alone."""
        return self.steps - self.human_steps


def summarise(
    episode_id: str, header: EpisodeHeader, outcome: RecordedOutcome, columns: Columns
) -> EpisodeSummary:
    """The summary of an episode with these columns [T, ...]."""
    takeovers = columns["takeover_id"]
    return EpisodeSummary(
        id=episode_id,
        header=header,
        outcome=outcome,
        steps=len(columns["actions"]),
        human_steps=int(np.count_nonzero(columns["driver"] != Driver.POLICY)),
        takeovers=len(np.unique(takeovers[takeovers >= 0])),
    )


def to_attributes(summary: EpisodeSummary) -> dict[str, Any]:
    """A summary as attributes of a file; values other than numbers and text become JSON."""
    return {
        **header_attributes(summary.header),
        **asdict(summary.outcome),
        "id": summary.id,
        "num_samples": summary.steps,
        "human_steps": summary.human_steps,
        "takeovers": summary.takeovers,
        "version": summary.version,
        "sidestick_version": version("sidestick"),
        "image_order": "RGB",
    }


def header_attributes(header: EpisodeHeader) -> dict[str, Any]:
    """A header as attributes of a file."""
    return {
        **_plain(header),
        "policy_id": header.policy_id or "",
        "stages": json.dumps(header.stages),
        "goal_names": json.dumps(header.goal_names),
        ENV_ARGS: json.dumps(dict(header.env_args), sort_keys=True),
    }


def from_attributes(attributes: Attributes, path: Path) -> EpisodeSummary:
    """The summary in a file's attributes; KeyError or ValueError when they are not valid."""
    number = _integer(attributes["version"], "version")
    if number > FORMAT_VERSION:
        raise ValueError(f"format version {number}; this Sidestick reads up to {FORMAT_VERSION}")
    return EpisodeSummary(
        id=episode_name(attributes["id"]),
        header=_header(attributes),
        outcome=RecordedOutcome(
            bool(attributes["success"]),
            bool(attributes["complete"]),
            _moment(attributes["ended"], "ended"),
            bool(attributes.get("success_known", True)),
        ),
        steps=_integer(attributes["num_samples"], "num_samples"),
        human_steps=_integer(attributes["human_steps"], "human_steps"),
        takeovers=_integer(attributes["takeovers"], "takeovers"),
        version=number,
        path=path,
    )


def header_to_json(header: EpisodeHeader) -> bytes:
    """A header as the first record of a journal."""
    return json.dumps({**_plain(header), "version": FORMAT_VERSION}).encode()


def header_from_json(body: bytes) -> EpisodeHeader:
    """The header in a journal's first record; ValueError when it is not valid."""
    values = _json(body, "header", dict)
    if values.pop("version") > FORMAT_VERSION:
        raise ValueError("written by a later Sidestick")
    return _header({**values, "policy_id": values["policy_id"] or ""})


def _header(values: Attributes) -> EpisodeHeader:
    """The header in a file's attributes, where values other than numbers and text are JSON."""
    return EpisodeHeader(
        task=str(values["task"]),
        instruction=str(values["instruction"]),
        goal=str(values["goal"]),
        seed=_integer(values["seed"], "seed", NO_SEED),
        operator=str(values["operator"]),
        level=Level(_integer(values["level"], "level")),
        policy_id=str(values["policy_id"]) or None,
        stages=tuple(map(str, _json(values["stages"], "stages", list))),
        goal_names=tuple(map(str, _json(values["goal_names"], "goal_names", list))),
        env_args=_json(values[ENV_ARGS], ENV_ARGS, dict),
        started=_moment(values["started"], "started"),
        spec=spec_of(values),
    )


def _plain(header: EpisodeHeader) -> dict[str, Any]:
    """A header's fields, the spec as texts."""
    fields = asdict(header)
    del fields["spec"]
    return fields | spec_texts(header.spec)


def _integer(value: object, name: str, least: int = 0) -> int:
    """An integer, possibly numpy's; ValueError for anything else."""
    if not isinstance(value, int) or not least <= value <= MOST:
        raise ValueError(f"{name}: expected a whole number from {least}, got {value!r}")
    return int(value)


def _moment(value: object, name: str) -> float:
    """A time, s since 1970; ValueError outside the years 1970 to 9999."""
    if not isinstance(value, int | float) or not 0 <= value < END_OF_TIME_S:
        raise ValueError(f"{name}: expected seconds since 1970, got {value!r}")
    return float(value)


def _json(value: object, name: str, kind: type[Any]) -> Any:
    """The value of a JSON text, or the already decoded value of a journal."""
    found = parsed_json(value, name) if isinstance(value, str | bytes) else value
    if not isinstance(found, kind):
        raise ValueError(f"{name}: expected a JSON {kind.__name__}, got {shown(found)}")
    return found
