"""These tests check temporal ensembling of overlapping plans."""

import numpy as np
import pytest

from sidestick.policies.heads.temporal_ensembling import TemporalEnsemble


def plan(value, chunk=8):
    return np.full((chunk, 7), value, np.float32), np.zeros((chunk, 7), np.float32)


def test_the_first_plan_is_left_as_it_is():
    """There is nothing to average it with."""
    rng = np.random.default_rng(0)
    actions, spread = rng.normal(size=(2, 8, 7)).astype(np.float32)
    mean, std = TemporalEnsemble(8, 2, 0.01).add(actions, np.abs(spread))
    assert np.allclose(mean, actions)
    assert np.allclose(std, np.abs(spread), atol=1e-6)


def test_overlapping_steps_are_averaged_and_the_rest_is_new():
    """At rate 0 weights are equal; the old plan reaches 6 steps into the new one."""
    ensemble = TemporalEnsemble(8, 2, 0.0)
    ensemble.add(*plan(0.0))
    mean, spread = ensemble.add(*plan(1.0))
    assert np.allclose(mean[:6], 0.5)
    assert np.allclose(mean[6:], 1.0)
    assert np.allclose(spread[:6], 0.5)
    assert np.allclose(spread[6:], 0.0)


def test_plans_are_aligned_in_time():
    """Plans that continue one ramp average to the ramp."""
    ensemble = TemporalEnsemble(8, 3, 0.3)
    for start in range(0, 30, 3):
        ramp = np.repeat(np.arange(start, start + 8, dtype=np.float32)[:, None], 7, axis=1)
        mean, spread = ensemble.add(ramp, np.zeros_like(ramp))
        assert np.allclose(mean, ramp, atol=1e-4)
        assert np.allclose(spread, 0, atol=1e-2)


def test_the_oldest_counts_most():
    """Weights are exp(-rate * i), i = 0 for the oldest, as published."""
    ensemble = TemporalEnsemble(8, 4, 1.0)
    ensemble.add(*plan(0.0))
    mean, _ = ensemble.add(*plan(1.0))
    assert mean[0, 0] == pytest.approx(np.exp(-1) / (1 + np.exp(-1)))


def test_after_a_reset_nothing_is_remembered():
    """Neither the plans nor their number are kept."""
    ensemble = TemporalEnsemble(8, 2, 0.0)
    ensemble.add(*plan(0.0))
    ensemble.reset()
    assert (ensemble.add(*plan(1.0))[0] == 1).all()
