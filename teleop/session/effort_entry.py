"""`effort_entry` makes every entry of the ledger of human effort, from counted ticks.

`human_effort` calls it for sessions, which count along; `recorded_effort` counts from files.
"""

from collections.abc import Sequence
from typing import Any

from ...datasets.database import EffortEntry
from ...datasets.step import Level
from ...datasets.summary import EpisodeSummary
from ...sim_envs.spaces import CONTROL_HZ
from .levels import name

KINDS = {Level.DEMONSTRATE: "demonstrations", Level.SUPERVISED: "supervised"}
"""The ledger's names of levels, where they differ from `levels.name`; workspaces hold them."""


def kind_of_level(level: Level) -> str:
    """The ledger's name for episodes of a level."""
    return KINDS.get(level, name(level))


def effort_entry(
    kind: str,
    round_number: int,
    policy_id: str | None,
    *,
    episodes: int,
    successes: int,
    policy: int,
    driven: int = 0,
    watched: int = 0,
    takeovers: int = 0,
    hz: float = CONTROL_HZ,
    **payload: Any,
) -> EffortEntry:
    """An entry from ticks that the operator drove, had to watch, and that the policy drove.

    `payload` is whatever else was counted, as JSON values.
    """
    return EffortEntry(
        round=round_number,
        kind=kind,
        driven_s=driven / hz,
        watched_s=watched / hz,
        takeovers=takeovers,
        episodes=episodes,
        payload={
            "steps_human": driven,
            "steps_policy": policy,
            "successes": successes,
            "policy": policy_id,
            **payload,
        },
    )


def recorded_effort(
    done: Sequence[EpisodeSummary],
    level: Level,
    round_number: int,
    policy_id: str | None,
    hz: float,
) -> EffortEntry:
    """The entry of supervised or demonstrated episodes from their files, where no session counted.

    Every step of the policy counts as watched.
    """
    policy = sum(summary.policy_steps for summary in done)
    return effort_entry(
        kind_of_level(level),
        round_number,
        policy_id,
        episodes=len(done),
        successes=sum(summary.success for summary in done),
        policy=policy,
        driven=sum(summary.human_steps for summary in done),
        watched=policy,
        takeovers=sum(summary.takeovers for summary in done),
        hz=hz,
    )
