"""`sidestick completion` prints what completes verbs and options in a shell."""

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import tyro

from .everywhere import with_everywhere
from .streams import put_out
from .subcommand import DONE, NOTHING_LOST, Subcommand

DESCRIBED = "COMPLETION_SPEC = "
"""How the line of tyro's script begins that has all options; its texts are broken into lines, each
of which a shell would offer as a word."""


@dataclass(frozen=True)
class Completion:
    """Print what completes verbs and options in a shell; docs/verbs.md says where to keep it."""

    if_interrupted: ClassVar[str] = NOTHING_LOST

    shell: Annotated[Literal["bash", "zsh", "fish"], tyro.conf.Positional] = "bash"
    """The shell."""

    def run(self) -> int:
        """Print the script on standard output."""
        from .verbs import VERBS  # of which this is one

        verbs: dict[str, Callable[..., Subcommand]] = {
            name: with_everywhere(kind) for name, kind in VERBS.items()
        }
        asked = ["--tyro-print-completion", self.shell]
        with contextlib.redirect_stdout(io.StringIO()) as script, contextlib.suppress(SystemExit):
            tyro.extras.subcommand_cli_from_dict(
                verbs, prog="sidestick", args=asked, config=(tyro.conf.OmitArgPrefixes,)
            )
        lines = script.getvalue().splitlines(keepends=True)
        put_out("".join(_in_one(line) if line.startswith(DESCRIBED) else line for line in lines))
        return DONE


def _in_one(line: str) -> str:
    """The line of all options with none of its texts broken."""
    return line.replace("\\n", " ")
