"""A world that hangs or crashes while it is examined is named; what else can be answered is."""

from collections.abc import Callable

import pytest

from sidestick.sim_envs.errors import BadValue
from sidestick.sim_envs.making import make_world
from sidestick.sim_envs.worlds.conformance import Examination, examined
from sidestick.sim_envs.worlds.naming import ALLOWED_VARIABLE
from tests.worlds.stuck import FAULT_AT

STUCK = "tests.worlds.stuck:make"


@pytest.fixture
def examine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Examination]:
    """Examines a stuck world in a process of its own."""
    monkeypatch.setenv(ALLOWED_VARIABLE, STUCK)
    return lambda **options: examined(STUCK, lambda: make_world(STUCK, 24, **options), 12)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("sleeps", r"step() has not come back within 3 s (File "),
        ("crashes", "Fatal Python error: Segmentation fault (File "),
    ],
)
def test_where_it_is_stuck_in_c_is_named_and_the_rest_is_answered(
    examine: Callable[..., Examination], fault: str, said: str
) -> None:
    """The spec, the versions, the costs until then; its script is asked in a new process."""
    found = examine(fault=fault, answer_s=3.0)
    (problem,) = found.problems
    assert problem.startswith(f"in step {FAULT_AT} of the first episode: WorldFailed: ")
    assert said in problem
    assert found.spec["task"] == "Stuck"
    assert found.capabilities["expert"]
    assert found.versions["gymnasium"]
    assert found.step_ms > 0
    assert found.to_json()["deterministic"] is None


def test_one_that_hangs_while_it_is_made_is_named(examine: Callable[..., Examination]) -> None:
    """Within its time, and nothing else is asked."""
    found = examine(fault="never made", start_s=0.5)
    (problem,) = found.problems
    assert problem.startswith("cannot be made: WorldFailed: ")
    assert "make() has not come back within 0.5 s" in problem
    with pytest.raises(BadValue, match="start_s"):
        make_world(STUCK, start_s=True)


def test_a_sound_one_is_as_it_is_in_this_process(examine: Callable[..., Examination]) -> None:
    """The same answers, and costs that are its own."""
    found = examine()
    assert (found.problems, found.deterministic) == ([], True)
    assert found.reset_ms > 0
    assert found.picture_ms == found.picture_ms
