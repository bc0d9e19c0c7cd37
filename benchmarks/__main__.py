"""`make bench` runs this program: every benchmark that takes minutes, one after the other.

Longer ones are run by hand; see benchmarks/README.md. Ratios are measured within one run, because
machines are shared: absolute milliseconds vary with other processes.
"""

import subprocess
import sys
from pathlib import Path

DEMO = Path("runs/demo")
BENCHMARKS: tuple[tuple[str, ...], ...] = (
    ("rendering",),
    ("stepping",),
    ("recording_stall", "--episodes", "2"),
    ("reading",),
    ("kill_recording", "--kills", "50"),
    ("scripted_success", "ShelfPick", "--episodes", "100"),
)


def main() -> int:
    """Run all benchmarks; the exit code is the number of those that failed."""
    chosen = list(BENCHMARKS)
    if (DEMO / "workspace.toml").exists():
        chosen.append(("tick", str(DEMO)))
    failed = 0
    for name, *options in chosen:
        print(f"== {name} {' '.join(options)}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *options]
        failed += subprocess.run(command, check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
