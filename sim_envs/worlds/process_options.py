"""`ProcessOptions` say in which process a stranger's world runs, and what it may take there."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadValue
from ..free_memory import free_memory

SHARE = 0.5
"""Of the memory that is free when a world begins, which it may take unless its options say."""
LEAST_MIB = 1024
MIB = 2**20


@dataclass(frozen=True)
class ProcessOptions:
    """Keywords of `make_world` that are not the world's own."""

    own_process: bool = True
    """False keeps it in the process that drives, for a debugger; then nothing stops it in C."""
    answer_s: float = 40.0
    """How long a call may take. A world of Gymnasium stops itself after its `patience_s`, 30."""
    start_s: float = 300.0
    """How long importing and making it may take: some compile first."""
    memory_mib: int = 0
    """Memory that it may hold; half of what was free at its start unless given."""

    @classmethod
    def split(cls, keywords: Mapping[str, Any]) -> "tuple[ProcessOptions, dict[str, Any]]":
        """These options, and the keywords that are the world's own."""
        names = cls.__dataclass_fields__
        given = {key: value for key, value in keywords.items() if key in names}
        options = cls(**given)
        if not isinstance(options.own_process, bool):
            raise BadValue("own_process", "true or false", options.own_process)
        for name in ("answer_s", "start_s", "memory_mib"):
            value = getattr(options, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise BadValue(name, "a number that is not below 0", value)
        return options, {key: value for key, value in keywords.items() if key not in names}

    @property
    def memory_bytes(self) -> int:
        """How much it may hold."""
        if self.memory_mib:
            return self.memory_mib * MIB
        return max(LEAST_MIB * MIB, int(SHARE * free_memory()))


def held_bytes(process: int) -> int:
    """Memory that a process holds now; 0 where it is gone."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
