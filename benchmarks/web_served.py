"""A server of the pages in a thread, for `benchmarks.web` and `benchmarks.web_fleet`."""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import uvicorn

from sidestick.datasets.workspace import Workspace
from sidestick.teleop.web.access import Access
from sidestick.teleop.web.app import make_app
from sidestick.teleop.web.driving.seat import Seat
from sidestick.teleop.web.guard import GuardRules
from sidestick.teleop.web.server import ServerOptions, bound, config


@contextlib.contextmanager
def served(workspace: Workspace, access: Access, run: Any = None) -> Iterator[tuple[str, Seat]]:
    """A server in a thread of this process; its address and its seat."""
    options = ServerOptions(port=0)
    loose = GuardRules(rate=1e4, burst=1e4)
    more = {} if run is None else {"run": run}
    app, seat = make_app(workspace, access, loose, **more)
    with contextlib.closing(bound(options)) as listening:
        server = uvicorn.Server(config(app, options))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        while not server.started:
            time.sleep(0.05)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", seat
        finally:
            seat.close()
            server.should_exit = True
            thread.join()


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """The median and the 99th percentile."""
    return {f"p{p}": round(float(np.percentile(values, p)), 1) for p in (50, 99)}
