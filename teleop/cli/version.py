"""`sidestick --version` says which release this is."""

import sys
from dataclasses import dataclass
from importlib.metadata import version
from typing import ClassVar

from .subcommand import DONE, NOTHING_LOST


@dataclass(frozen=True)
class Version:
    """Say which release this is."""

    if_interrupted: ClassVar[str] = NOTHING_LOST

    def run(self) -> int:
        """Print it on standard output, as a line."""
        sys.stdout.write(f"sidestick {version('sidestick')}\n")
        return DONE
