"""Workers end with their parent, leave Ctrl-C to it, and their deaths are told of in words."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sidestick.policies.base.worker_pool import WorkerLost, WorkerPool


def nothing() -> None:
    """Prepare a worker that needs nothing."""


def die() -> None:
    """End as by `kill -9`."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_is_a_sentence() -> None:
    """Not concurrent.futures' traceback; it says what may be the reason, and what to do."""
    with WorkerPool(1, nothing) as pool:
        jobs = [pool.submit(die)]
        with pytest.raises(WorkerLost, match="want of memory; fewer --workers"):
            list(pool.results(jobs))


COMMAND = """
import os, sys, time
from sidestick.policies.base.worker_pool import WorkerPool

def prepare():
    print("started", os.getpid(), flush=True)

if __name__ == "__main__":
    try:
        with WorkerPool(2, prepare) as pool:
            jobs = [pool.submit(time.sleep, 60) for _ in range(2)]
            print("submitted", flush=True)
            list(pool.results(jobs))
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
