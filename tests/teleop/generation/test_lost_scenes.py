"""A scene in which a stranger's task fails is left out by name, and the others are tried."""

from itertools import count, islice

import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.policies.engines.job import JobFailed
from sidestick.teleop.generation import attempts as attempts_module
from sidestick.teleop.generation.attempts import MOST_LOST, Attempt, Attempts
from sidestick.teleop.generation.generating_operator import GeneratingOperator
from tests.job_rig import ThreadEngine


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Attempts that succeed at once, but for the seeds in this set."""
    failing: set[int] = set()

    def made_up(seed: int, tried: int) -> Attempt:
        if seed in failing:
            raise JobFailed(f"seed {seed}: the motor is hot")
        return Attempt(seed, True, "done", (0.0, 0.0), (), 1.0, tried)

    monkeypatch.setattr(attempts_module, "_attempt", made_up)
    return failing


def opened() -> Attempts:
    """Attempts of nobody."""
    return Attempts(WorkspaceConfig("ShelfPick"), GeneratingOperator, (), 0.0, ThreadEngine(1))


def test_a_scene_that_fails_is_left_out_by_name(tried: set[int]) -> None:
    """It is neither a success nor a failure, and is not tried again."""
    tried |= {1, 3}
    lost: dict[int, str] = {}
    with opened() as attempts:
        made = attempts.run(count(), lambda seed, error: lost.update({seed: str(error)}))
        assert [attempt.seed for attempt in islice(made, 4)] == [0, 2, 4, 5]
    assert lost == {seed: f"seed {seed}: the motor is hot" for seed in (1, 3)}


@pytest.mark.parametrize(
    ("first", "heard"), [(0, 0), (1, MOST_LOST - 1)], ids=["from the first on", "later"]
)
def test_where_all_fail_it_ends(tried: set[int], first: int, heard: int) -> None:
    """At once where the first ones do, else after many in a row."""
    tried |= {*range(first, 100)}
    lost: list[int] = []
    with opened() as attempts, pytest.raises(JobFailed, match="the motor is hot"):
        for _ in attempts.run(count(), lambda seed, _: lost.append(seed)):
            pass
    assert len(lost) == heard
