"""These routes let people in, show who is there, and make addresses for others."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from .access import ROLE_SETS, VISIT_LIFE_S, Role
from .requests import NotKnown, access_of, allowed, body_of, visitor_of


@dataclass(frozen=True)
class Entering:
    """What a browser sends to come in."""

    token: str
    name: str


@dataclass(frozen=True)
class Inviting:
    """Whom an address is wanted for."""

    role: str


def entering_routes() -> list[Route]:
    """Coming in, leaving, and inviting."""
    return [
        Route("/", home),
        Route("/enter", enter_page),
        Route("/people", people_page),
        Route("/api/enter", enter, methods=["POST"]),
        Route("/api/leave", leave, methods=["POST"]),
        Route("/api/me", me),
        Route("/api/people", people),
        Route("/api/invitations", invite, methods=["POST"]),
    ]


async def home(request: Request) -> Response:
    """The first page that the visitor may open; where people come in for all others."""
    try:
        visitor = visitor_of(request)
    except NotKnown:
        return RedirectResponse("/enter", 303)
    return RedirectResponse(request.app.state.pages.first(visitor), 303)


async def enter_page(request: Request) -> Response:
    """The page that exchanges the token in its address for a cookie."""
    page: Response = request.app.state.pages.page("enter", None)
    return page


async def people_page(request: Request) -> Response:
    """Who is here, and addresses for others."""
    visitor = allowed(request, Role.EDIT)
    page: Response = request.app.state.pages.page("people", visitor, kinds=tuple(ROLE_SETS))
    return page


async def enter(request: Request) -> Response:
    """Spend a token for a cookie."""
    given = await body_of(request, Entering, "entering")
    state, access = request.app.state, access_of(request)
    secret = access.enter(given.token, given.name)
    visitor = access.visitor(secret)
    assert visitor is not None
    answer = JSONResponse({"to": state.pages.first(visitor)})
    answer.set_cookie(
        state.cookie, secret, max_age=int(VISIT_LIFE_S), path="/", httponly=True,
        samesite="strict", secure=state.secure,
    )  # fmt: skip
    return answer


async def leave(request: Request) -> Response:
    """Forget the visitor."""
    visitor_of(request)
    access_of(request).leave(request.cookies[request.app.state.cookie])
    answer = JSONResponse({"to": "/enter"})
    answer.delete_cookie(request.app.state.cookie, path="/")
    return answer


async def me(request: Request) -> Response:
    """Who the visitor is, and what they may do."""
    visitor = visitor_of(request)
    return JSONResponse({"name": visitor.name, "roles": sorted(visitor.roles)})


async def people(request: Request) -> Response:
    """Everybody who is here."""
    allowed(request, Role.EDIT)
    access = access_of(request)
    here = [
        {"name": v.name, "roles": sorted(v.roles), "idle_s": round(access.clock() - v.seen)}
        for v in access.visitors()
    ]
    return JSONResponse({"people": here})


async def invite(request: Request) -> Response:
    """An address for one more person."""
    allowed(request, Role.EDIT)
    given = await body_of(request, Inviting, "invitation")
    return JSONResponse({"path": f"/enter#{access_of(request).invite(given.role)}"})
