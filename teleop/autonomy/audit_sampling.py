"""Which autonomous episodes a person watches: a random share, known before they begin."""

from collections.abc import Callable

import numpy as np

from ...sim_envs.errors import BadValue

AUDITED_SHARE = 0.2
"""Of all autonomous episodes, unless the operator wants another."""
STREAM = 11
"""Keeps this draw apart from others that are made of the same seed."""


def audit_sampler(share: float = AUDITED_SHARE) -> Callable[[int], bool]:
    """Tells for an episode's seed whether it is watched; always the same for the same seed."""
    if not 0 <= share <= 1:
        raise BadValue("audited share", "between 0 and 1", share)

    def audited(seed: int) -> bool:
        return bool(np.random.default_rng([seed, STREAM]).random() < share)

    return audited
