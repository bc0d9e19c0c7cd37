"""`recorded_run` keeps in the workspace what was run, with which options, and how it ended."""

import contextlib
import logging
import shlex
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from ...datasets.files.durable import replace_file
from ...datasets.files.plain_log import plain_log
from .command_words import options_of
from .everywhere import with_everywhere
from .options_file import options_toml, without_secrets
from .run_log import RunLog, keep_options
from .subcommand import DONE, FOUND, INTERRUPTED, REFUSED, Subcommand

_log = plain_log(__name__)
_log.logger.setLevel(logging.INFO)
OPTIONS_FILE = "options.toml"
"""In a policy's folder."""
ENDED = {
    DONE: "done",
    FOUND: "done, but something is wrong",
    REFUSED: "refused",
    INTERRUPTED: "interrupted",
}
LEAVES_NOTHING = frozenset(
    {"check", "inspect", "ladder", "ledger", "view", "serve", "serve-policy"}
)
"""Verbs of a workspace that make nothing in it: their options are in the log alone."""


def recorded_run(name: str, verb: Subcommand, words: Sequence[str], run: Callable[[], int]) -> int:
    """Run a verb that was given by these words; its exit code. What it raises is raised."""
    workspace = getattr(verb, "workspace", None)
    if not isinstance(workspace, Path):
        return run()
    log, started = RunLog(workspace), time.monotonic()
    logging.getLogger().addHandler(log)
    said = without_secrets(words, options_of(with_everywhere(type(verb))))
    _log.info("begun: %s", shlex.join(["sidestick", name, *said]))
    how = "ended by an error in the program"
    try:
        code = run()
        how = ENDED.get(code, str(code))
        return code
    except KeyboardInterrupt:
        how = ENDED[INTERRUPTED]
        raise
    except Exception as error:
        how = f"ended by {type(error).__name__}: {error}"
        raise
    except SystemExit:
        how = "ended from outside"
        raise
    finally:
        whole = f"{how} after {time.monotonic() - started:.1f} s"
        _log.info("%s", whole)
        if name not in LEAVES_NOTHING and how in (ENDED[DONE], ENDED[FOUND]):
            keep_options(workspace, f"{name}.toml", options_toml(name, verb, about(whole)))
        logging.getLogger().removeHandler(log)


def keep_with_policy(folder: Path, name: str, options: object) -> None:
    """Keep the options that made a policy in its folder, if that can be done."""
    with contextlib.suppress(OSError):
        replace_file(folder / OPTIONS_FILE, options_toml(name, options, about("made")).encode())


def about(how: str) -> str:
    """The line above a run's options: by which release, when, and how it ended."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"sidestick {version('sidestick')}, {now}: {how}"
