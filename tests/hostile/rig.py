"""The tests of hostile inputs run verbs by a `Worker`, in a `Place` that a maker has spoilt."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hostile.worker import TRACEBACK

WALL_S, CPU_S = 60.0, 40
"""Longest run, s: of one that waits for what never comes, and of one that computes."""
SLOWER_S = 10.0
"""Most that a hostile input may cost beside the verb itself, s of the processor."""
GROWN = 2**30
"""Most memory that it may cost beside the verb itself, bytes."""
ADDRESSES = 8 * 2**30
"""Address space of a run: what asks for more is a claim that somebody believed."""


@dataclass(frozen=True)
class Ran:
    """How one verb ended."""

    code: int | None
    """None where it did not end."""
    cpu_s: float
    wall_s: float
    grown: int
    """Bytes of memory that the run took beside what was imported."""
    output: str

    def faults(self, verb: "Ran") -> list[str]:
        """What is wrong with it, beside the run of the same verb on a sound input."""
        found = []
        if self.code is None:
            found.append(f"hang: not ended after {WALL_S:.0f} s")
        elif self.code == TRACEBACK or "Traceback (most recent call last)" in self.output:
            found.append(f"traceback: {self.output.strip().splitlines()[-1][:300]}")
        elif self.code not in (0, 1, 2):
            found.append(f"exit code {self.code}: {self.output[-300:]}")
        elif self.code == 2 and not self.output.strip():
            found.append("refused without a word")
        if self.cpu_s > verb.cpu_s + SLOWER_S:
            found.append(f"slow: {self.cpu_s:.1f} s, on a sound one {verb.cpu_s:.1f} s")
        if self.grown > max(verb.grown, 0) + GROWN:
            found.append(f"memory: {self.grown >> 20} MiB, on a sound one {verb.grown >> 20} MiB")
        if any(letter in self.output for letter in "\x1b\x07\x9b\u202e"):
            found.append("terminal: control characters are printed")
        return found


class Worker:
    """A process that has everything imported and runs verbs in forks."""

    def __init__(self, scratch: Path) -> None:
        self._output = scratch / "output"
        root = Path(__file__).parents[2]
        paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
        environment |= {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "COLUMNS": "200"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=root,
        )

    def run(self, words: Sequence[str], folder: Path, **environment: str) -> Ran:
        """Run one verb in a folder."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked: dict[str, Any] = {
            "words": [os.fsencode(word).hex() for word in words],
            "folder": str(folder),
            "output": str(self._output),
            "environment": environment,
            "wall_s": WALL_S,
            "cpu_s": CPU_S,
            "memory": ADDRESSES,
        }
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        ended = json.loads(self._process.stdout.readline())
        return Ran(**ended, output=self._output.read_text(errors="backslashreplace"))

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=30)
