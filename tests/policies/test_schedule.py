"""This test checks the default number of updates."""

import pytest

from sidestick.policies.base.schedule import LEAST_UPDATES, MOST_UPDATES, updates


def test_training_is_as_long_as_the_data_is_worth() -> None:
    """More windows mean more updates and larger batches fewer, within the bounds."""
    lengths = [updates(windows, 512) for windows in (1, 1_000, 2_750, 5_500, 22_000, 10**7)]
    assert lengths == sorted(lengths)
    assert lengths[0] == LEAST_UPDATES
    assert lengths[-1] == MOST_UPDATES
    assert updates(22_000, 1024) == pytest.approx(updates(22_000, 512) / 2, abs=1)
