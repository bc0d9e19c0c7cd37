"""Jobs on a Ray cluster of one machine, and of two of which one goes: all results come home.

    python -m pytest -o addopts= -m ray tests

needs the extra `ray`; `make test-slow` runs them.
"""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sidestick.policies.engines.crew import Crew
from sidestick.policies.engines.job import Job, Preparation, WorkersLost
from sidestick.policies.engines.ray_engine import LOCAL, RayEngine, ray_module
from sidestick.policies.engines.shared_files import digest_of, unpacked
from sidestick.sim_envs.errors import BadValue, SidestickError
from tests.job_rig import die, die_once, nothing, refuse

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("default"),  # Ray leaves files and sockets to the interpreter's end
]


def where(seconds: float, big: int = 0) -> tuple[str, bytes]:
    """The machine that this worker is on, after a while, and something to carry home."""
    time.sleep(seconds)
    return str(ray_module().get_runtime_context().get_node_id()), bytes(big)


def read(shared: Any) -> bytes:
    """What is in a shared file, and in no folder afterwards."""
    with unpacked(shared) as folder:
        return (folder / "model").read_bytes()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two machines of one core each, faked on this one."""
    ray_module()
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.second = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    yield cluster
    cluster.shutdown()


@pytest.fixture
def engine(cluster: Any) -> RayEngine:
    """Of both machines, with as many workers as they have cores."""
    return RayEngine(cluster.address)


def test_a_job_s_worker_may_die_and_a_job_may_kill(engine: RayEngine, tmp_path: Path) -> None:
    """It costs the one job once more; a job that kills twice is named, and the rest is made."""
    with Crew(engine, Preparation(nothing)) as crew:
        jobs = [crew.submit(Job(f"job {n}", die_once, (n, tmp_path))) for n in range(5)]
        deadly = crew.submit(Job("seed 20003", die))
        assert crew.size() == 2
        assert [job.result(300) for job in jobs] == [*range(5)]
        with pytest.raises(WorkersLost, match=r"seed 20003: 2 worker"):
            deadly.result(300)
    tries = sorted(path.name for path in tmp_path.iterdir())
    assert tries == ["0-0", "1-0", "2-0", "2-1", "3-0", "4-0"]


def test_what_a_job_raises_is_raised_here_as_it_was(engine: RayEngine) -> None:
    """Of its own type alone, without the other machine's traceback; its worker lives on."""
    with Crew(engine, Preparation(nothing)) as crew:
        with pytest.raises(BadValue) as raised:
            crew.submit(Job("job", refuse)).result(300)
        assert type(raised.value) is BadValue
        assert str(raised.value) == str(BadValue("job", "something else"))
        assert crew.submit(Job("job", abs, (-1,))).result(300) == 1
    with Crew(engine, Preparation(refuse)) as crew, pytest.raises(BadValue):
        crew.submit(Job("job", abs, (-1,))).result(300)


def test_files_travel_once_for_their_content(engine: RayEngine, tmp_path: Path) -> None:
    """The machines need not see the disk."""
    (tmp_path / "model").write_bytes(b"weights")
    digest = digest_of(tmp_path, ["model"])
    with Crew(engine, Preparation(nothing)) as crew:
        shared = crew.share(tmp_path, ["model"], digest)
        assert crew.share(tmp_path, ["model"], digest) is shared
        (tmp_path / "model").unlink()
        assert [*crew.made(Job("read", read, (shared,)) for _ in range(3))] == [b"weights"] * 3


def test_a_machine_that_goes_costs_its_jobs_once_more(cluster: Any, engine: RayEngine) -> None:
    """Also where what it made was still on its way; both machines work before, one after."""
    with Crew(engine, Preparation(nothing)) as crew:
        places = {place for place, _ in crew.made(Job("a", where, (0.5,)) for _ in range(4))}
        assert len(places) == 2
        jobs = [crew.submit(Job(f"job {n}", where, (1.0, 10**6))) for n in range(8)]
        jobs[0].result(300)
        cluster.remove_node(cluster.second, allow_graceful=False)
        found = [job.result(300) for job in jobs]
        assert [len(content) for _, content in found] == [10**6] * 8
        assert len({place for place, _ in found[-2:]}) == 1


def test_no_cluster_is_named() -> None:
    """With what starts one."""
    with pytest.raises(SidestickError, match=r"127\.0\.0\.1:1: no Ray cluster.*ray start --head"):
        RayEngine("127.0.0.1:1").open()


def test_ray_may_start_for_one_command() -> None:
    """No process is left; two crews share it, and the handler of SIGTERM stays."""
    engine, before = RayEngine(LOCAL, 1), signal.getsignal(signal.SIGTERM)
    with Crew(engine, Preparation(nothing)) as one, Crew(engine, Preparation(nothing)) as other:
        worker = one.submit(Job("pid", os.getpid)).result(300)
        one.close()
        assert other.submit(Job("pid", os.getpid)).result(300) != worker
        assert signal.getsignal(signal.SIGTERM) is before
        assert len(engine.machines()) == 1
    assert not ray_module().is_initialized()
    end = time.monotonic() + 60
    while Path(f"/proc/{worker}").exists():
        assert time.monotonic() < end
        time.sleep(0.1)
