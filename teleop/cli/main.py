"""`main` runs the verb that the command line of `sidestick` names."""

import logging
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import tyro

from ...datasets.files.names import shown
from ...sim_envs.errors import SidestickError, UnknownName
from ..server_settings import allow_noted_servers
from ..world_settings import allow_noted
from .command_words import options_of
from .console import be_quiet, complain, log_handler, say, show_more
from .earlier_names import present_words
from .everywhere import Everywhere, with_everywhere
from .help_lines import whole_words
from .interrupts import heard_interrupts
from .memory_limit import memory_missing
from .numbers import check_numbers
from .options_file import with_file
from .recorded_run import recorded_run
from .streams import OutputLost, give_up
from .subcommand import FOUND, INTERRUPTED, REFUSED, Subcommand
from .verbs import PLACES, VERBS, name_of, outlines
from .version import Version

LONGEST_NAME = 300
"""Of a file in an error, characters."""
DESCRIPTION = (
    "Teach a robot arm by driving it, and hand over the stick step by step. "
    "`sidestick VERB --help` explains a verb and its options."
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the verb that the command line names, and exit with its code."""
    logging.basicConfig(level=logging.WARNING, handlers=[log_handler()])
    verb = None
    try:
        with whole_words(sys.stdout):
            verb = _parse(arguments)
        code = _run(verb, sys.argv[2:] if arguments is None else arguments[1:])
    except OutputLost as error:
        complain(error)
        code = FOUND
    except BrokenPipeError:  # as of `sidestick --help | head -1`
        give_up(sys.stdout)
        code = FOUND
    except SidestickError as error:
        if Everywhere.of(verb).verbose:
            traceback.print_exc()
        complain(error)
        code = REFUSED
    except OSError as error:  # of a name or a disk, wherever it came up
        complain(f"{error.strerror or error}: {shown(error.filename or '', LONGEST_NAME)}")
        code = REFUSED
    except MemoryError as error:
        complain(f"not enough memory for this: {error}")
        code = REFUSED
    except KeyboardInterrupt:  # while the command line was read
        complain("interrupted; nothing was begun")
        code = INTERRUPTED
    sys.exit(code)


def _parse(arguments: Sequence[str] | None) -> Subcommand:
    """The verb that is named, with its options; the list of verbs, or an error, without one."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    config = (tyro.conf.OmitArgPrefixes,)
    if given == ["--version"]:
        return Version()
    if given and given[0] in PLACES:
        if missing := memory_missing(given[0]):
            raise SidestickError(missing)
        kind: Callable[..., Subcommand] = (whole := with_everywhere(VERBS[given[0]]))
        words = present_words(given[0], options_of(whole), given[1:])
        words = with_file(given[0], VERBS[given[0]], words)
        return tyro.cli(kind, prog=f"sidestick {given[0]}", args=words, config=config)
    if given and not given[0].startswith("-"):
        raise UnknownName("verb", given[0], PLACES)
    verbs: dict[str, Callable[..., Any]] = dict(outlines())
    verb: Subcommand = tyro.extras.subcommand_cli_from_dict(
        verbs, prog="sidestick", description=DESCRIPTION, args=given, config=config
    )
    return verb


def _run(verb: Subcommand, words: Sequence[str]) -> int:
    asked_everywhere = Everywhere.of(verb)
    be_quiet(asked_everywhere.quiet)
    if asked_everywhere.verbose:
        show_more()
    allow_noted()
    allow_noted_servers()
    check_numbers(verb)
    _choose_device(getattr(verb, "device", None), getattr(type(verb), "device", None))
    try:
        with heard_interrupts():
            return recorded_run(name_of(verb), verb, words, verb.run)
    except KeyboardInterrupt:
        complain(f"interrupted; {verb.if_interrupted}")
        return INTERRUPTED


def _choose_device(asked: str | None, usual: str | None) -> None:
    """Choose what networks run on and say it; what nobody asked for waits for the first network."""
    if asked is None:
        return
    from ...policies.base.device import AUTO, choose_later, chosen_in_words

    def tell(device: str) -> None:
        say(f"networks run on {device}")

    if asked == usual == AUTO:
        choose_later(tell)
    else:
        tell(chosen_in_words(asked))


if __name__ == "__main__":  # for `accelerate launch -m`; else the entry point calls main()
    main()
