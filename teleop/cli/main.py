"""`main` runs the verb that the command line of `sidestick` names."""

import logging
import sys
from collections.abc import Callable, Sequence

import tyro

from ...policies.base.device import named, use_device
from ...sim_envs.errors import SidestickError
from .check import Check
from .compare import Compare
from .console import complain, log_handler, say
from .drive import Drive
from .evaluate import Evaluate
from .export import Export
from .import_ import Import
from .inspect import Inspect
from .ladder import LadderVerb
from .learn import Learn
from .ledger import LedgerVerb
from .merge import Merge
from .numbers import check_numbers
from .pad import Pad
from .policies import Policies
from .practice import Practice
from .pretrain import Pretrain
from .quickstart import QuickstartVerb
from .replay import Replay
from .report import Report
from .review import Review
from .subcommand import INTERRUPTED, REFUSED, Subcommand
from .tasks import Tasks
from .train import Train
from .view import ViewEpisode

VERBS: dict[str, type[Subcommand]] = {
    "quickstart": QuickstartVerb,
    "tasks": Tasks,
    "pad": Pad,
    "drive": Drive,
    "pretrain": Pretrain,
    "train": Train,
    "policies": Policies,
    "practice": Practice,
    "learn": Learn,
    "evaluate": Evaluate,
    "replay": Replay,
    "compare": Compare,
    "report": Report,
    "review": Review,
    "ladder": LadderVerb,
    "ledger": LedgerVerb,
    "check": Check,
    "inspect": Inspect,
    "view": ViewEpisode,
    "export": Export,
    "import": Import,
    "merge": Merge,
}
DESCRIPTION = "Teach a robot arm by driving it, and hand over the stick step by step."


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the verb that the command line names, and exit with its code."""
    logging.basicConfig(level=logging.WARNING, handlers=[log_handler()])
    try:
        code = _run(_parse(arguments))
    except SidestickError as error:
        complain(error)
        code = REFUSED
    except KeyboardInterrupt:  # while the command line was read
        complain("interrupted; nothing was begun")
        code = INTERRUPTED
    sys.exit(code)


def _parse(arguments: Sequence[str] | None) -> Subcommand:
    verb: Subcommand = tyro.extras.subcommand_cli_from_dict(
        dict[str, Callable[..., Subcommand]](VERBS),
        prog="sidestick",
        description=DESCRIPTION,
        args=arguments,
        config=(tyro.conf.OmitArgPrefixes,),
    )
    return verb


def _run(verb: Subcommand) -> int:
    check_numbers(verb)
    asked = getattr(verb, "device", None)
    if asked is not None:
        say(f"networks run on {named(use_device(asked))}")
    try:
        return verb.run()
    except KeyboardInterrupt:
        complain(f"interrupted; {verb.if_interrupted}")
        return INTERRUPTED


if __name__ == "__main__":  # for `accelerate launch -m`; else the entry point calls main()
    main()
