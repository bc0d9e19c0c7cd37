"""`with_everywhere` adds to a verb the options that every verb takes."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, make_dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import FlagCreatePairsOff, arg

from .option_help import with_plain_help
from .subcommand import Subcommand

OPTIONS: Mapping[str, Any] = {
    "options_file": Annotated[
        Path | None,
        arg(
            name="config",
            metavar="FILE",
            help="Options from a TOML or JSON file, such as a run leaves in WS/history; what is "
            "given on the command line wins.",
            help_behavior_hint="",
        ),
    ],
    "verbose": Annotated[
        FlagCreatePairsOff[bool],
        arg(
            aliases=("-v",),
            help="Say what is kept in the log too, and where in the program an error came up.",
            help_behavior_hint="",
        ),
    ],
    "quiet": Annotated[
        FlagCreatePairsOff[bool],
        arg(
            aliases=("-q",),
            help="Say nothing but warnings and errors; --json still prints its document.",
            help_behavior_hint="",
        ),
    ],
}
"""Name and type of each; `main` reads them."""
DEFAULTS: Mapping[str, Any] = {"options_file": None, "verbose": False, "quiet": False}


@dataclass(frozen=True)
class Everywhere:
    """The values of the options that every verb takes."""

    options_file: Path | None = None
    verbose: bool = False
    quiet: bool = False

    @classmethod
    def of(cls, verb: Subcommand | None) -> "Everywhere":
        """Those of a verb that a command line named; the defaults of any other."""
        return cls(**{name: getattr(verb, name, value) for name, value in DEFAULTS.items()})


@functools.cache
def with_everywhere(kind: type[Subcommand]) -> type[Subcommand]:
    """The class of a verb with these options after its own, and its own with plain help."""
    if all(hasattr(kind, name) for name in OPTIONS):
        return kind  # it has them already
    added = [
        (name, annotation, field(default=DEFAULTS[name], kw_only=True))
        for name, annotation in OPTIONS.items()
    ]
    return make_dataclass(
        kind.__name__,
        [*with_plain_help(kind), *added],
        bases=(kind,),
        frozen=True,
        namespace={"__doc__": kind.__doc__},
    )
