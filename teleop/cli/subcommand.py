"""What every verb is: its options as a frozen dataclass, and `run`."""

from pathlib import Path
from typing import Annotated, Protocol, TypeAlias

import tyro

DONE, FOUND, REFUSED = 0, 1, 2
"""Exit codes: as asked; done, but something is wrong; not done."""

WorkspacePath: TypeAlias = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="WS")]
"""The workspace's folder, as the first argument."""


class Subcommand(Protocol):
    """One thing that the command line does."""

    def run(self) -> int:
        """Do it; return the exit code."""
        ...
