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
EpisodeName: TypeAlias = Annotated[
    str,
    tyro.conf.arg(
        metavar="EPISODE",
        help="An episode's id, a part of it, or its place (0 is the first, -1 the last).",
    ),
]
"""How one episode is named; `datasets.episode_names` finds it."""
Person: TypeAlias = Annotated[
    str | None, tyro.conf.arg(metavar="NAME", help_behavior_hint="(default: the login name)")
]
"""The option --operator: the name of a person, for the records."""


class Subcommand(Protocol):
    """A verb of the command line."""

    if_interrupted: ClassVar[str]
    """What is kept where Ctrl-C ends it, and what the same command does then."""

    def run(self) -> int:
        """Run the verb; the exit code."""
        ...
