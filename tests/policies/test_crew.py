"""A worker that dies costs its job once more; a job that kills is named, and the rest is made."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sidestick.policies.engines.crew import Crew
from sidestick.policies.engines.job import Job, Preparation, WorkersLost
from sidestick.policies.engines.local import LocalEngine
from sidestick.sim_envs.errors import BadValue
from tests.job_rig import die, die_once, nothing, refuse


@pytest.fixture
def crew() -> Crew:
    """Two workers that need nothing; closed by the test."""
    return Crew(LocalEngine(2), Preparation(nothing))


def test_a_worker_that_dies_costs_its_job_once_more(crew: Crew, tmp_path: Path) -> None:
    """All results come, and no other job is made twice."""
    with crew:
        jobs = [crew.submit(Job(f"job {n}", die_once, (n, tmp_path))) for n in range(6)]
        assert [job.result(60) for job in jobs] == [*range(6)]
    tries = sorted(path.name for path in tmp_path.iterdir())
    assert tries == ["0-0", "1-0", "2-0", "2-1", "3-0", "4-0", "5-0"]


def test_a_job_that_kills_is_named_and_the_rest_is_made(crew: Crew) -> None:
    """It is tried twice, and it may be for want of memory."""
    with crew:
        deadly = crew.submit(Job("seed 20003", die))
        others = [crew.submit(Job(f"job {n}", abs, (-n,))) for n in range(4)]
        with pytest.raises(WorkersLost, match=r"seed 20003: 2 worker.*memory; fewer"):
            deadly.result(60)
        assert [job.result(60) for job in others] == [*range(4)]


def test_what_a_job_raises_is_raised_here(crew: Crew) -> None:
    """Its worker lives on."""
    with crew:
        with pytest.raises(BadValue, match="job: expected something else"):
            crew.submit(Job("job", refuse)).result(60)
        assert crew.submit(Job("job", abs, (-1,))).result(60) == 1


@pytest.mark.parametrize(("prepare", "error"), [(refuse, BadValue), (die, WorkersLost)])
def test_workers_that_cannot_begin_end_the_jobs(prepare: object, error: type[Exception]) -> None:
    """With the reason, where there is one, and never by waiting for ever."""
    with Crew(LocalEngine(2), Preparation(prepare)) as crew, pytest.raises(error):  # type: ignore[arg-type]
        crew.submit(Job("job", abs, (-1,))).result(60)


COMMAND = """
import os, sys, time
from sidestick.policies.engines.crew import Crew, as_they_come
from sidestick.policies.engines.job import Job, Preparation
from sidestick.policies.engines.local import LocalEngine

def prepare():
    print("started", os.getpid(), flush=True)

if __name__ == "__main__":
    try:
        with Crew(LocalEngine(2), Preparation(prepare)) as crew:
            jobs = [crew.submit(Job("sleep", time.sleep, (60,))) for _ in range(2)]
            print("submitted", flush=True)
            list(as_they_come(jobs))
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.mark.parametrize("wait_for", ["submitted", "started"])
def test_ctrl_c_is_for_the_first_process_alone(wait_for: str, tmp_path: Path) -> None:
    """It reaches the whole group, whether the workers are still starting or at work."""
    script = tmp_path / "command.py"
    script.write_text(COMMAND)
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as command:  # fmt: skip
        assert command.stdout is not None
        while wait_for not in command.stdout.readline():
            pass
        began = time.monotonic()
        os.killpg(command.pid, signal.SIGINT)
        out, err = command.communicate(timeout=50)
    assert "interrupted" in out
    assert "Traceback" not in err, err
    assert time.monotonic() - began < 45  # the jobs were not waited for
