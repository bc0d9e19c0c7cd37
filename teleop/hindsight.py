"""Evidence in hindsight: trials of saved episodes whose process died before it judged them.

An episode that shall be evidence is written down when it begins. Where its file is whole and its
trial is missing, the trial is made of the file: the recorded steps say all that the witness heard.
"""

import logging
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..datasets.episode import Episode
from ..datasets.step import Driver, Level
from ..sim_envs.errors import DamagedFile
from .account import Account
from .assist import blend
from .authority import usable
from .ladder import Change
from .ladder_book import LadderBook
from .levels import State

STATES = {Driver.POLICY: State.POLICY, Driver.HUMAN: State.HUMAN, Driver.BLEND: State.BLEND}
COLUMNS = ("driver", "human_actions", "policy_actions", "novelty", "stage", "wall_time")
_log = logging.getLogger(__name__)
Rows = dict[str, NDArray[Any]]


def catch_up(book: LadderBook) -> list[Change]:
    """Add the trials that are missing; return the changes of level that follow. Safe to repeat."""
    files = {s.id: s.path for s in book.workspace.summaries() if s.complete and s.steps}
    changes: list[Change] = []
    for case in book.cases():
        path = files.get(case.episode)
        if path is None or not book.knows(case):
            continue
        try:
            trial = account_of(path).trial(case)
        except DamagedFile as error:
            _log.warning("no evidence: %s", error)
            continue
        changes += book.add(trial)
    return changes


def account_of(path: Path) -> Account:
    """What a recorded episode's file says of it, as the witness would have heard it."""
    episode = Episode.read(path, images=False)
    rows = _in_order(episode)
    states = _states(rows, Level(episode.summary.header.level))
    runs = [state for state, _ in groupby(states)]
    return Account(
        human=rows["human_actions"],
        policy=rows["policy_actions"],
        states=states,
        shares=_shares(rows, states),
        stages=rows["stage"],
        names=episode.summary.header.stages,
        success=episode.summary.success,
        takeovers=episode.summary.takeovers,
        requests=runs.count(State.CALLING),
        rewinds=len(episode.abandoned),
    )


def _in_order(episode: Episode) -> Rows:
    """The columns of the main line and of branches that were left, as they were driven."""
    lines = [episode.columns, *(branch.columns for branch in episode.abandoned)]
    rows = {name: np.concatenate([line[name] for line in lines]) for name in COLUMNS}
    if not episode.abandoned:
        return rows
    order = np.argsort(rows["wall_time"], kind="stable")
    return {name: values[order] for name, values in rows.items()}


def _states(rows: Rows, level: Level) -> list[State]:
    """Who had the arm; on call an arm that holds still, with a policy that has an answer, calls."""
    waiting = State.CALLING if level is Level.ON_CALL else State.RESTING
    return [
        STATES.get(Driver(driver), waiting if usable(wish) else State.RESTING)
        for driver, wish in zip(rows["driver"].tolist(), rows["policy_actions"], strict=True)
    ]


def _shares(rows: Rows, states: Sequence[State]) -> list[float]:
    """The policy's share of the motion where both drove; NaN elsewhere."""
    wishes = zip(rows["human_actions"], rows["policy_actions"], rows["novelty"], strict=True)
    return [
        blend(human, policy, 1.0 - float(novelty))[1] if state is State.BLEND else float("nan")
        for state, (human, policy, novelty) in zip(states, wishes, strict=True)
    ]
