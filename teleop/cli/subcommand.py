"""Every verb is a `Subcommand`: a frozen dataclass of its options, with `run`."""

from pathlib import Path
from typing import Annotated, ClassVar, Protocol, TypeAlias

import tyro

DONE, FOUND, REFUSED, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: as asked; done, but something is wrong; not done; ended by Ctrl-C."""

Device: TypeAlias = Annotated[
    str,
    tyro.conf.arg(
        metavar="auto|cpu|cuda[:N]",
        help="What networks run on. auto: the first GPU, else the CPU.",
    ),
]
"""The option --device; `main` chooses the device before the verb runs, and says it."""
NOTHING_LOST = "nothing is lost; run it again"
"""What an interruption of a verb means that only reads."""
WorkspacePath: TypeAlias = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="WS")]
"""The workspace's folder, as the first argument."""


class Subcommand(Protocol):
    """A verb of the command line."""

    if_interrupted: ClassVar[str]
    """What is kept where Ctrl-C ends it, and what the same command does then."""

    def run(self) -> int:
        """Run the verb; the exit code."""
        ...
