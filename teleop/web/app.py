"""`make_app` puts the server together: its pages, what they ask for, and the guard before them."""

import secrets
from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from ...datasets.workspace import Workspace
from ...sim_envs.errors import SidestickError
from .access import Access
from .dataset.edits import Edits
from .dataset.library import Library
from .dataset.routes import dataset_routes
from .entering import entering_routes
from .guard import Guard, GuardRules
from .judging.desk import Desk
from .judging.network_items import network_makers
from .judging.routes import judging_routes
from .judging.stock import Stock
from .pages import Pages
from .requests import refusal

STATIC = Path(__file__).parent / "static"


def make_app(
    workspace: Workspace,
    access: Access | None = None,
    rules: GuardRules | None = None,
    secure: bool = False,
    more: Sequence[BaseRoute] = (),
) -> ASGIApp:
    """The whole server of a workspace; `secure` where it is reached by HTTPS alone."""
    routes: list[BaseRoute] = [
        *entering_routes(),
        *judging_routes(),
        *dataset_routes(),
        *more,
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
    return Guard(app, rules or GuardRules())
