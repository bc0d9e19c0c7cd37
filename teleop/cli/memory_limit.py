"""A limit of memory that a command would break is said before the command begins.

Native code that gets no memory ends with a segmentation fault and without a word. Measured with
`ulimit -v`: `check` takes 426 MiB of addresses, driving, training and rollouts up to 1.2 GiB, and
40 MiB more for each further core.
"""

import os
import resource

MIB = 2**20
LIGHT_MIB, HEAVY_MIB, A_CORE_MIB = 512, 1536, 40
LIGHT = frozenset(
    {"tasks", "pad", "check", "inspect", "episodes", "view", "export", "import", "merge"}
)
"""Verbs that work without PyTorch."""
COUNTED_CORES = 2
"""Cores of the machine on which it was measured."""


def memory_missing(verb: str = "") -> str:
    """What a verb, or the command line at all, lacks under this process's limit; empty for nothing.

    Loads nothing that needs memory itself.
    """
    needed = LIGHT_MIB if not verb or verb in LIGHT else HEAVY_MIB
    needed += A_CORE_MIB * max(0, (os.cpu_count() or 1) - COUNTED_CORES)
    allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
    if allowed in (resource.RLIM_INFINITY, -1) or allowed >= needed * MIB:
        return ""
    return (
        f"{f'sidestick {verb}' if verb else 'sidestick'} needs {needed} MiB of memory addresses, "
        f"and this shell allows {allowed // MIB}; raise the limit: `ulimit -v unlimited`, or "
        f"at least {needed * 1024}"
    )
