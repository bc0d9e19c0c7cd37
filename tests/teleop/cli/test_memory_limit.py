"""Commands under a limit of memory work, or say how much they need; no fault without a word."""

import resource
import subprocess
import sys
from collections.abc import Sequence

import pytest

from sidestick.teleop.cli.memory_limit import HEAVY_MIB, LIGHT_MIB, MIB, memory_missing


def limited(mib: int, arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run the command line with so many MiB of addresses."""
    command = (sys.executable, "-m", "sidestick.teleop.cli.main", *arguments)
    return subprocess.run(
        command, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (mib * MIB, mib * MIB)),
    )  # fmt: skip


@pytest.mark.parametrize(("mib", "verb"), [(120, "check"), (700, "drive")])
def test_too_little_memory_is_refused_with_how_much_is_needed(mib: int, verb: str) -> None:
    """Before anything is loaded that would die of it."""
    done = limited(mib, [verb, "nowhere"])
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert f"allows {mib}; raise the limit" in done.stderr


def test_what_is_enough_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is that of the verb."""
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("resource.getrlimit", lambda _: (LIGHT_MIB * MIB, -1))
    assert not memory_missing("check")
    assert f"sidestick train needs {HEAVY_MIB} MiB" in memory_missing("train")
    monkeypatch.setattr("resource.getrlimit", lambda _: (resource.RLIM_INFINITY, -1))
    assert not memory_missing("train")
