"""`/report` shows the workspace's report; it is made anew when something changed.

It is a page of its own with its styles and figures inside, so it comes with rules of its own: no
scripts at all, and nothing from anywhere.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ...datasets.workspace import Workspace
from ..report.collect import collect
from ..report.page import render
from .access import Role
from .requests import allowed

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; sandbox; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Of the report alone: its styles stand in it, scripts cannot run."""
AT_ONCE_S = 1.5
"""Whoever asks waits for so long, and after that looks at a page that says what is done."""
KEPT_S = 30.0
"""A page is shown for so long after it was made, whatever changes: a driver changes it always."""


@dataclass
class ReportPage:
    """The report of a workspace, kept until something changes."""

    workspace: Workspace
    clock: Callable[[], float] = time.monotonic
    _html: str = ""
    _of: tuple[int, float] = (0, 0.0)
    _made: float = float("-inf")
    _failed: Exception | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _making: threading.Thread | None = None

    def html(self) -> str | None:
        """The page; None while it is made, which goes on after this returns."""
        with self._lock:
            if self._is_current():
                return self._html
            if self._making is None:
                self._making = threading.Thread(target=self._make, name="report", daemon=True)
                self._making.start()
            making = self._making
        making.join(AT_ONCE_S)
        with self._lock:
            failed, self._failed = self._failed, None
            if failed is not None:
                raise failed
            return self._html if self._is_current() else None

    def _is_current(self) -> bool:
        just_made = self.clock() - self._made < KEPT_S
        return bool(self._html) and (just_made or self._state() == self._of)

    def _state(self) -> tuple[int, float]:
        """What changes with the workspace."""
        database = self.workspace.db_path
        changed = database.stat().st_mtime if database.exists() else 0.0
        return len(self.workspace.episodes()), changed

    def _make(self) -> None:
        now = self._state()
        try:
            html = render(collect(self.workspace))
            with self._lock:
                self._html, self._of, self._made = html, now, self.clock()
        except Exception as error:  # raised where the page was asked for
            self._failed = error
        finally:
            with self._lock:
                self._making = None


def report_routes() -> list[Route]:
    """The report."""
    return [Route("/report", report)]


async def report(request: Request) -> Response:
    """The report as a page."""
    visitor = allowed(request, Role.WATCH)
    page: ReportPage = request.app.state.report
    html = await run_in_threadpool(page.html)
    if html is None:
        waiting: Response = request.app.state.pages.page("waiting", visitor)
        return waiting
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})
