"""Jobs on a cluster of one machine are made as here; `test_rollouts_on_ray` has the long tests."""

from pathlib import Path

import pytest

from sidestick.policies.engines.crew import Crew
from sidestick.policies.engines.job import Job, Preparation
from sidestick.policies.engines.ray_engine import LOCAL, RayEngine
from tests.job_rig import die_once, nothing

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("default"),  # Ray leaves files and sockets to the interpreter's end
]


def test_an_actor_that_dies_costs_its_job_once_more(tmp_path: Path) -> None:
    """All results come, in the order of the jobs, and no other job is made twice."""
    pytest.importorskip("ray", reason="needs the extra ray")
    with Crew(RayEngine(LOCAL, workers=1), Preparation(nothing)) as crew:
        jobs = [crew.submit(Job(f"job {n}", die_once, (n, tmp_path))) for n in range(4)]
        assert [job.result(240) for job in jobs] == [*range(4)]
    tries = sorted(path.name for path in tmp_path.iterdir())
    assert tries == ["0-0", "1-0", "2-0", "2-1", "3-0"]
