"""`audit_sampler` draws which autonomous episodes the operator watches, from their seeds."""

from collections.abc import Callable

import numpy as np

from ...sim_envs.errors import BadValue

AUDITED_SHARE = 0.2
"""Share of autonomous episodes that are watched, unless the operator wants another."""
STREAM = 11
"""Makes this draw independent of others from the same seed."""


def audit_sampler(share: float = AUDITED_SHARE) -> Callable[[int], bool]:
    """A function that says for an episode's seed whether it is watched, always the same."""
    if not 0 <= share <= 1:
        raise BadValue("audited share", "between 0 and 1", share)

    def audited(seed: int) -> bool:
        return bool(np.random.default_rng([seed, STREAM]).random() < share)

    return audited
