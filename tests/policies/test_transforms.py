"""These tests check the laws of the preprocessing transforms and their JSON form."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sidestick.policies.base.transforms import STD_FLOOR, Clip, Normalise, apply, from_json, to_json
from sidestick.sim_envs.errors import BadValue, UnknownName

tables = hnp.arrays(np.float64, (7, 3), elements=st.floats(-100, 100, width=32))


@given(tables)
def test_normalising_can_be_undone(values):
    """inverse(normalise(x)) is x."""
    normalise = Normalise.fit(values)
    x = torch.from_numpy(values)
    assert torch.allclose(normalise.inverse(normalise(x)), x, atol=1e-9)


@given(tables)
def test_json_brings_the_same_function_back(values):
    """Transforms read from JSON are equal to those written, and compute the same."""
    chain = (Normalise.fit(values), Clip(5.0))
    again = from_json(json.loads(json.dumps(to_json(chain))))
    assert again == chain
    x = torch.from_numpy(values)
    assert torch.equal(apply(again, x), apply(chain, x))


def test_a_constant_input_does_not_explode():
    """An input that is constant in training is divided by the floor, not by 0."""
    normalise = Normalise.fit(np.ones((5, 1)))
    assert normalise.std == (STD_FLOOR,)
    assert torch.isfinite(normalise(torch.zeros(1, 1))).all()


def test_unknown_kinds_and_fields_are_refused():
    """The error names the unknown kind or the kind with unknown fields."""
    with pytest.raises(UnknownName, match="normalise"):
        from_json([{"kind": "whiten"}])
    with pytest.raises(BadValue, match="clip"):
        from_json([{"kind": "clip", "height": 3}])
