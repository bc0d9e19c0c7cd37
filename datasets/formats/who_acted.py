"""This module works out who acted at each step of another tool's episode, from what it recorded.

robomimic files of Sirius hold `action_modes` or `intv_labels` (-1 demonstration, 0 robot, 1
intervention, -10 shortly before one), LeRobot datasets a flag of each step at which a person drove.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import FormatError
from ..step import ActionMode, Driver, Level

MODES, LABELS = "action_modes", "intv_labels"
FLAGS = ("intervention", "complementary_info.is_intervention")
"""LeRobot's flags of the steps that a person drove: of its DAgger, and of HIL-SERL."""
MADE_OF_MODES = "{}: worked out from {}"
NO_MODES = "action_modes: not recorded, taken as for a demonstration"


def given_modes(columns: Mapping[str, NDArray[Any]]) -> tuple[NDArray[Any] | None, str]:
    """The action modes [T] that an episode has, and the column that holds them; None without."""
    if MODES in columns:
        return np.asarray(columns[MODES]), MODES
    if LABELS in columns:
        labels = np.asarray(columns[LABELS])
        return np.where(labels == ActionMode.PRE_INTERVENTION, ActionMode.ROLLOUT, labels), LABELS
    return None, ""


def modes_of_flags(flags: NDArray[Any], anywhere: bool) -> NDArray[np.int64]:
    """Action modes [T] of LeRobot's flags [T] or [T, 1].

    A dataset that has no intervention `anywhere` holds demonstrations: LeRobot has no value for
    those.
    """
    rows = np.asarray(flags).reshape(len(flags), -1)[:, 0]
    if not anywhere:
        return np.full(len(rows), int(ActionMode.DEMONSTRATION))
    return np.where(rows.astype(bool), int(ActionMode.INTERVENTION), int(ActionMode.ROLLOUT))


def fill_in(columns: dict[str, NDArray[Any]], filled_in: list[str]) -> None:
    """Add the columns that say who acted, made of the modes, unless they are there.

    FormatError for modes of no meaning. `filled_in` gets what was assumed, once.
    """
    actions = columns["actions"]
    modes, source = given_modes(columns)
    if modes is None:
        modes = np.full(len(actions), int(ActionMode.DEMONSTRATION))
        _note(filled_in, NO_MODES)
    known = (ActionMode.DEMONSTRATION, ActionMode.ROLLOUT, ActionMode.INTERVENTION)
    if modes.shape != (len(actions),) or not np.isin(modes, known).all():
        strange = np.setdiff1d(modes, known)[:1].tolist()
        raise FormatError(f"{source}: expected one of -1, 0 and 1 at each step, got {strange}")
    human = modes != ActionMode.ROLLOUT
    made = {
        MODES: modes,
        "driver": np.where(human, int(Driver.HUMAN), int(Driver.POLICY)),
        "level": np.full(len(modes), int(Level.DEMONSTRATE if human.all() else Level.SUPERVISED)),
        "takeover_id": _takeovers(modes),
        "human_actions": np.where(human[:, None], actions, np.nan),
        "policy_actions": np.where(human[:, None], np.nan, actions),
    }
    for key in [name for name in made if name not in columns]:
        columns[key] = made[key]
        if key != MODES or source:
            _note(filled_in, MADE_OF_MODES.format(key, source or MODES))


def _takeovers(modes: NDArray[Any]) -> NDArray[np.int64]:
    """Which takeover each step [T] belongs to: every unbroken run of interventions is one."""
    taken = modes == ActionMode.INTERVENTION
    begins = taken & ~np.concatenate([[False], taken[:-1]])
    return np.where(taken, np.cumsum(begins) - 1, -1)


def _note(filled_in: list[str], line: str) -> None:
    if line not in filled_in:
        filled_in.append(line)


def flag_among(names: Sequence[str]) -> str | None:
    """The column that flags interventions in a LeRobot dataset; None without one."""
    return next((flag for flag in FLAGS if flag in names), None)
