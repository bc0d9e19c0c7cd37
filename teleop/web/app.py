"""`make_app` puts the server together: its pages, what they ask for, and the guard before them."""

import secrets
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from ...datasets.workspace import Workspace
from ...sim_envs.errors import SidestickError
from .access import Access
from .dataset.edits import Edits
from .dataset.library import Library
from .dataset.routes import dataset_routes
from .driving.routes import driving_routes
from .driving.seat import OpenOutlet, RunStation, Seat
from .entering import entering_routes
from .guard import Guard, GuardRules
from .judging.desk import Desk
from .judging.network_items import network_makers
from .judging.routes import judging_routes
from .judging.stock import Stock
from .pages import Pages
from .report_page import ReportPage, report_routes
from .requests import refusal

STATIC = Path(__file__).parent / "static"


def no_station(operator: str, open_outlet: OpenOutlet) -> object:
    """Stands where nobody may drive."""
    raise SidestickError("this server has no seat")


def make_app(
    workspace: Workspace,
    access: Access | None = None,
    rules: GuardRules | None = None,
    secure: bool = False,
    run: RunStation = no_station,
) -> tuple[ASGIApp, Seat]:
    """The whole server of a workspace, and its seat, which has to be closed at the end.

    `secure` where it is reached by HTTPS alone; `run` runs a station at the seat.
    """
    routes: list[BaseRoute] = [
        *entering_routes(),
        *driving_routes(),
        *report_routes(),
        *judging_routes(),
        *dataset_routes(),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={SidestickError: refusal},
    )
    app.state.access = access or Access()
    app.state.cookie = f"sidestick-{secrets.token_hex(4)}"
    app.state.secure = secure
    app.state.pages = Pages()
    app.state.library = Library(workspace)
    app.state.desk = Desk(app.state.library, Stock(app.state.library, network_makers(workspace)))
    app.state.edits = Edits(app.state.library)
    app.state.report = ReportPage(workspace)
    app.state.seat = seat = Seat(run)
    app.state.sockets = Counter[str]()
    return Guard(app, rules or GuardRules(), _visitor_id(app)), seat


def _visitor_id(app: Starlette) -> Callable[[HTTPConnection], str]:
    """What names the visitor behind a request; empty for a stranger."""

    def named(connection: HTTPConnection) -> str:
        found = app.state.access.visitor(connection.cookies.get(app.state.cookie, ""))
        return found.id if found else ""

    return named
