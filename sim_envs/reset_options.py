"""This module reads the options of a reset: at which ticks a replayed episode was re-seated.

A change of driver moves the arm's target to where the arm is. It is no action, so that actions
alone do not repeat an episode in which the driver changed; with these ticks they do.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .errors import BadValue

RESEATS = "reseats"
"""Option: the ticks before whose action the target is moved to the measured pose."""


def reseats_of(options: Mapping[str, Any] | None) -> frozenset[int]:
    """The ticks, from 0, that the options name; BadValue where they are none.

    Options that the environment does not know are left to wrappers.
    """
    given = (options or {}).get(RESEATS, ())
    try:
        ticks = np.asarray(given)
    except ValueError:
        ticks = np.zeros(1)
    whole = ticks.dtype.kind in "iu" or not ticks.size
    if ticks.ndim != 1 or not whole or (ticks.size and ticks.min() < 0):
        raise BadValue(f"option {RESEATS}", "a list of ticks, whole numbers from 0", given)
    return frozenset(ticks.tolist())
