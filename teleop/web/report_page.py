"""`/report` shows the workspace's report; it is made anew when something changed.

It is a page of its own with its styles and figures inside, so it comes with rules of its own: no
scripts at all, and nothing from anywhere.
"""

import threading
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


@dataclass
class ReportPage:
    """The report of a workspace, kept until something changes."""

    workspace: Workspace
    _html: str = ""
    _of: tuple[int, float] = (0, 0.0)
    _making: threading.Lock = field(default_factory=threading.Lock)

    def html(self) -> str:
        """The page as it is now."""
        with self._making:
            database = self.workspace.db_path
            changed = database.stat().st_mtime if database.exists() else 0.0
            now = (len(self.workspace.episodes()), changed)
            if not self._html or now != self._of:
                self._html, self._of = render(collect(self.workspace)), now
            return self._html


def report_routes() -> list[Route]:
    """The report."""
    return [Route("/report", report)]


async def report(request: Request) -> Response:
    """The report as a page."""
    allowed(request, Role.WATCH)
    page: ReportPage = request.app.state.report
    html = await run_in_threadpool(page.html)
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})
