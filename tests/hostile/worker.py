"""This program runs verbs for `Worker`, each in a fork of itself: nothing is imported twice.

One line of JSON says what to run, one line says how it ended. A fork that hangs, dies or fills its
memory costs one run.
"""

import gc
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import get_type_hints

from sidestick.teleop.cli.main import main
from sidestick.teleop.cli.verbs import VERBS

TRACEBACK = 70
"""Exit code of a verb that ended in another error than its own."""
POLL_S = 0.005


def run(asked):
    """Run one verb in a fork; how it ended."""
    began = time.monotonic()
    before = resident()
    child = os.fork()
    if child == 0:
        in_child(asked)
    code, used = waited(child, began + asked["wall_s"])
    cpu = used.ru_utime + used.ru_stime
    grown = used.ru_maxrss * 1024 - before
    return {"code": code, "cpu_s": cpu, "wall_s": time.monotonic() - began, "grown": grown}


def waited(child, deadline):
    """The exit code of a child, None where it was ended at the deadline, and what it used."""
    while True:
        done, status, used = os.wait4(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status), used
        if time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
            return None, os.wait4(child, 0)[2]
        time.sleep(POLL_S)


def in_child(asked):
    """Run the verb as its own process would, with its output in a file."""
    os.setsid()
    with open(asked["output"], "wb") as output, open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    resource.setrlimit(resource.RLIMIT_CPU, (asked["cpu_s"], asked["cpu_s"] + 5))
    resource.setrlimit(resource.RLIMIT_AS, (resident(0) + asked["memory"],) * 2)
    code = TRACEBACK
    try:
        main([os.fsdecode(bytes.fromhex(word)) for word in asked["words"]])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def resident(field=1):
    """Bytes of this process in memory; with field 0 those of its address space."""
    return int(Path("/proc/self/statm").read_text().split()[field]) * resource.getpagesize()


if __name__ == "__main__":
    for verb in VERBS.values():
        get_type_hints(verb)
    gc.freeze()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()
