"""These functions read what browsers ask: who it is, what a body says, and which role it takes.

Every route calls `visitor_of` or `allowed` first; the error handlers turn refusals into JSON.
"""

from typing import Any, TypeVar

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ...datasets.files.decoding import decoded, parsed_json
from ...sim_envs.errors import BadValue, SidestickError, UnknownName
from .access import Access, NotInvited, Role, Visitor
from .guard import LARGEST_BODY

T = TypeVar("T")
LONGEST_WORDS = 400
"""Of an error that is told to a browser, characters."""


class RoleMissing(SidestickError):
    """A visitor asks for something that the address they were given is not for."""


class NotKnown(SidestickError):
    """Nobody with this cookie was let in."""


def access_of(connection: HTTPConnection) -> Access:
    """The server's access."""
    found: Access = connection.app.state.access
    return found


def visitor_of(connection: HTTPConnection) -> Visitor:
    """Who asks; NotKnown for nobody that was let in."""
    secret = connection.cookies.get(connection.app.state.cookie, "")
    found = access_of(connection).visitor(secret) if secret else None
    if found is None:
        raise NotKnown("open the address that `sidestick serve` has printed")
    return found


def allowed(connection: HTTPConnection, *roles: Role) -> Visitor:
    """Who asks, if they have one of the roles; RoleMissing otherwise."""
    visitor = visitor_of(connection)
    if not visitor.roles & {*roles}:
        raise RoleMissing(f"your address is not for this; it takes one to {' or '.join(roles)}")
    return visitor


async def body_of(request: Request, schema: type[T], name: str) -> T:
    """The JSON body as its schema has it; BadValue where it does not fit or has other keys."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise BadValue("content type", "application/json", request.headers.get("content-type"))
    given = parsed_json(await request.body(), name, LARGEST_BODY)
    return decoded(given, schema, name, closed=True)


STATUS: dict[type[SidestickError], int] = {
    NotKnown: 401,
    NotInvited: 403,
    RoleMissing: 403,
    UnknownName: 404,
    BadValue: 400,
}


async def refusal(request: Request, error: Exception) -> Response:
    """An error as JSON; a page that nobody may see leads to where people come in."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 409)
    wants_page = "text/html" in request.headers.get("accept", "") and request.method == "GET"
    if wants_page and status in (401, 403):
        return RedirectResponse("/enter", 303)
    return JSONResponse({"error": _short(error)}, status)


def _short(error: Exception) -> str:
    """The words of an error, cut off: some list every episode that there is."""
    words = str(error)
    return words if len(words) <= LONGEST_WORDS else f"{words[:LONGEST_WORDS]}…"


def number_in(value: str | None, name: str, least: int, most: int, usual: int) -> int:
    """A number of a query; BadValue for one that is none or out of bounds."""
    if value is None or value == "":
        return usual
    if not value.isdecimal() or len(value) > 9 or not least <= int(value) <= most:
        raise BadValue(name, f"a number from {least} to {most}", repr(value[:40]))
    return int(value)


Json = dict[str, Any]
