"""An episode without its arrays: who, what, how long, how it ended."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from .schema import FORMAT_VERSION, Columns
from .step import Driver, EpisodeHeader

Attributes: TypeAlias = Mapping[str, Any]
ENV_ARGS = "env_args"


@dataclass(frozen=True)
class Outcome:
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
    outcome: Outcome
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
    episode_id: str, header: EpisodeHeader, outcome: Outcome, columns: Columns
) -> EpisodeSummary:
    """Count what a table of episodes shows."""
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
    number = int(attributes["version"])
    if number > FORMAT_VERSION:
        raise ValueError(f"format version {number}; this Sidestick reads up to {FORMAT_VERSION}")
    return EpisodeSummary(
        id=str(attributes["id"]),
        header=_header(attributes),
        outcome=Outcome(
            bool(attributes["success"]), bool(attributes["complete"]), float(attributes["ended"])
        ),
        steps=int(attributes["num_samples"]),
        human_steps=int(attributes["human_steps"]),
        takeovers=int(attributes["takeovers"]),
        version=number,
        path=path,
    )


def header_to_json(header: EpisodeHeader) -> bytes:
    """Return a header as the first record of a journal."""
    return json.dumps({**asdict(header), "version": FORMAT_VERSION}).encode()


def header_from_json(body: bytes) -> EpisodeHeader:
    """Read a header back from a journal's first record."""
    values = json.loads(body)
    if values.pop("version") > FORMAT_VERSION:
        raise ValueError("written by a later Sidestick")
    values["stages"] = tuple(values["stages"])
    values["goal_names"] = tuple(values["goal_names"])
    return EpisodeHeader(**values)


def _header(attributes: Attributes) -> EpisodeHeader:
    """Read the header's part of a file's attributes."""
    return EpisodeHeader(
        task=str(attributes["task"]),
        instruction=str(attributes["instruction"]),
        goal=str(attributes["goal"]),
        seed=int(attributes["seed"]),
        operator=str(attributes["operator"]),
        level=int(attributes["level"]),
        policy_id=str(attributes["policy_id"]) or None,
        stages=tuple(json.loads(attributes["stages"])),
        goal_names=tuple(json.loads(attributes["goal_names"])),
        env_args=json.loads(attributes[ENV_ARGS]),
        started=float(attributes["started"]),
    )
