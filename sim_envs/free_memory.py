"""How much memory can be had: `available_bytes` as the kernel says, `free_memory` in any case."""

import os
from pathlib import Path

MEMINFO = Path("/proc/meminfo")


def available_bytes(meminfo: Path = MEMINFO) -> int | None:
    """Bytes of memory that are available before the machine swaps; None where nobody says."""
    try:
        lines = meminfo.read_text().splitlines()
        words = (line.split() for line in lines if line.startswith("MemAvailable:"))
        return next((int(size) * 1024 for _, size, *_ in words), None)
    except (OSError, ValueError):
        return None


def free_memory() -> int:
    """Those bytes, or half of the memory that the machine has."""
    known = available_bytes()
    if known is not None:
        return known
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
