"""An episode without its arrays: who, what, how long, how it ended."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

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
    """What is known once an episode is over."""

    success: bool
    """True when the task was solved at the end."""
    complete: bool
    """False when the recording broke off and the episode was recovered."""
    ended: float
    """time.time() at the end, s."""


@dataclass(frozen=True)
class EpisodeSummary:
    """What a table of episodes shows."""

    id: str
    """Time and eight hexadecimal digits; sorts by time, names the file."""
    header: EpisodeHeader
    """What was known at the start."""
    outcome: RecordedOutcome
    """What was known at the end."""
    steps: int
    """Steps of the main line."""
    human_steps: int
    """Steps that the human drove, alone or blended, or on which the arm waited for her."""
    takeovers: int
    """How often the human took over."""
    version: int = FORMAT_VERSION
    """Format version of the file."""
    path: Path | None = None
    """Where the file is; None for an episode that lives in memory."""

    @property
    def success(self) -> bool:
        """True when the task was solved at the end."""
        return self.outcome.success

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
    """Count what a table of episodes shows, from the columns [T, ...] of one."""
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
    """Return a summary as attributes of a file; what is neither number nor text is JSON."""
    header = summary.header
    return {
        **asdict(header),
        **asdict(summary.outcome),
        "policy_id": header.policy_id or "",
        "stages": json.dumps(header.stages),
        "goal_names": json.dumps(header.goal_names),
        ENV_ARGS: json.dumps(dict(header.env_args), sort_keys=True),
        "id": summary.id,
        "num_samples": summary.steps,
        "human_steps": summary.human_steps,
        "takeovers": summary.takeovers,
        "version": summary.version,
        "sidestick_version": version("sidestick"),
        "image_order": "RGB",
    }


def from_attributes(attributes: Attributes, path: Path) -> EpisodeSummary:
    """Read a summary back; KeyError or ValueError when the attributes are not ours."""
    number = _whole(attributes["version"], "version")
    if number > FORMAT_VERSION:
        raise ValueError(f"format version {number}; this Sidestick reads up to {FORMAT_VERSION}")
    return EpisodeSummary(
        id=str(attributes["id"]),
        header=_header(attributes),
        outcome=RecordedOutcome(
            bool(attributes["success"]),
            bool(attributes["complete"]),
            _moment(attributes["ended"], "ended"),
        ),
        steps=_whole(attributes["num_samples"], "num_samples"),
        human_steps=_whole(attributes["human_steps"], "human_steps"),
        takeovers=_whole(attributes["takeovers"], "takeovers"),
        version=number,
        path=path,
    )


def header_to_json(header: EpisodeHeader) -> bytes:
    """Return a header as the first record of a journal."""
    return json.dumps({**asdict(header), "version": FORMAT_VERSION}).encode()


def header_from_json(body: bytes) -> EpisodeHeader:
    """Read a header back from a journal's first record; ValueError when it is not one of ours."""
    values = _json(body, "header", dict)
    if values.pop("version") > FORMAT_VERSION:
        raise ValueError("written by a later Sidestick")
    return _header({**values, "policy_id": values["policy_id"] or ""})


def _header(values: Attributes) -> EpisodeHeader:
    """Read the header's part of a file's attributes, where what is no number or text is JSON."""
    return EpisodeHeader(
        task=str(values["task"]),
        instruction=str(values["instruction"]),
        goal=str(values["goal"]),
        seed=_whole(values["seed"], "seed", NO_SEED),
        operator=str(values["operator"]),
        level=Level(_whole(values["level"], "level")),
        policy_id=str(values["policy_id"]) or None,
        stages=tuple(map(str, _json(values["stages"], "stages", list))),
        goal_names=tuple(map(str, _json(values["goal_names"], "goal_names", list))),
        env_args=_json(values[ENV_ARGS], ENV_ARGS, dict),
        started=_moment(values["started"], "started"),
    )


def _whole(value: object, name: str, least: int = 0) -> int:
    """Return a whole number, which numpy may have written; ValueError for anything else."""
    if not isinstance(value, int) or not least <= value <= MOST:
        raise ValueError(f"{name}: expected a whole number from {least}, got {value!r}")
    return int(value)


def _moment(value: object, name: str) -> float:
    """Return a time in seconds since 1970; ValueError for one that no calendar has."""
    if not isinstance(value, int | float) or not 0 <= value < END_OF_TIME_S:
        raise ValueError(f"{name}: expected seconds since 1970, got {value!r}")
    return float(value)


def _json(value: object, name: str, kind: type[Any]) -> Any:
    """Return what a text says in JSON, or the value that a journal had read from it already."""
    try:
        found = json.loads(value) if isinstance(value, str | bytes) else value
    except RecursionError:
        raise ValueError(f"{name}: nested too deeply") from None
    if not isinstance(found, kind):
        raise ValueError(f"{name}: expected a JSON {kind.__name__}, got {str(found)[:40]!r}")
    return found
