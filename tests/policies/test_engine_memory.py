"""Workers are as many as there are cores, and never more than there is memory for."""

from pathlib import Path

import pytest

from sidestick.policies.engines import memory
from sidestick.policies.engines.memory import (
    WORKER_MIB,
    cores,
    free_mib,
    training_mib,
    workers_here,
)
from sidestick.sim_envs.errors import BadValue

MIB = 2**20


@pytest.fixture
def container(tmp_path: Path) -> Path:
    """A container with 1,000 MiB, of which 700 are used, 200 of them for cached files."""
    for name, text in {
        "memory.max": f"{1000 * MIB}\n",
        "memory.current": f"{700 * MIB}\n",
        "memory.stat": f"anon 5\ninactive_file {200 * MIB}\n",
        "cpu.max": "150000 100000\n",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_container_s_memory_counts(container: Path, tmp_path: Path) -> None:
    """The smaller of its room and the machine's; cached files are room."""
    machine = tmp_path / "meminfo"
    machine.write_text("MemTotal: 9999999 kB\nMemAvailable:    1024000 kB\n")
    assert free_mib(machine, container) == 500
    (container / "memory.max").write_text("max\n")
    assert free_mib(machine, container) == 1000
    assert free_mib(tmp_path / "none", container) is None


def test_the_container_s_cores_count(container: Path) -> None:
    """A part of a core is one."""
    assert cores(container) <= 2
    (container / "cpu.max").write_text("50000 100000\n")
    assert cores(container) == 1
    (container / "cpu.max").write_text("max 100000\n")
    assert cores(container) == cores(container / "none") >= 1


def test_a_worker_a_core_as_far_as_the_memory_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """More that are asked for are refused, with how many there is memory for."""
    monkeypatch.setattr(memory, "cores", lambda: 8)
    assert workers_here(None, None) == workers_here(None, 100 * WORKER_MIB) == 8
    assert workers_here(None, 3 * WORKER_MIB) == workers_here(3, 3 * WORKER_MIB) == 3
    assert workers_here(None, 10) == 1
    assert workers_here(99, None) == 99
    with pytest.raises(BadValue, match=r"--workers: expected at most 3.*free"):
        workers_here(4, 3 * WORKER_MIB)


def test_a_training_takes_more_memory_than_a_rollout(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep trains fewer at the same time where they would not fit, and refuses more."""
    monkeypatch.setattr(memory, "cores", lambda: 8)
    each = training_mib(10_000)
    assert each > training_mib(60) > WORKER_MIB
    assert workers_here(None, 2 * each + 1, each) == 2
    with pytest.raises(BadValue, match=rf"--workers: expected at most 2.*{each} MiB"):
        workers_here(3, 2 * each + 1, each)
