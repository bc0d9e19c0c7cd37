"""`Guard` stands before the pages: it refuses wrong hosts, strange origins, and too much.

It is ASGI middleware; `app` wraps everything in it, so no route can forget to ask.
"""

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .allowance import Allowance

LARGEST_BODY = 64 * 1024
"""Bytes of a request; an answer of a judge has a few hundred."""
SAFE = ("GET", "HEAD", "OPTIONS")
CLOSED_BY_GUARD = 4403
"""Code with which a WebSocket is refused."""
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "gamepad=(self), camera=(), microphone=(), geolocation=()",
}
"""With every answer."""


@dataclass(frozen=True)
class GuardRules:
    """What the guard lets through."""

    hosts: frozenset[str] = frozenset()
    """Names beside those of this machine itself under which browsers may ask; see --name."""
    local: bool = True
    """Whether the server listens on this machine alone."""
    rate: float = 60.0
    """Requests a second of one visitor."""
    burst: float = 300.0
    """Requests at once: a page with its pictures."""


class Guard:
    """Refuses before anything else is done; adds the security headers to every answer."""

    def __init__(
        self,
        app: ASGIApp,
        rules: GuardRules,
        known: Callable[[HTTPConnection], str] = lambda _: "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`known` names a visitor that was let in; empty for a stranger."""
        self.inner, self._rules, self._known, self._clock = app, rules, known, clock
        self._allowances: dict[str, Allowance] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass."""
        if scope["type"] not in ("http", "websocket"):
            await self.inner(scope, receive, send)
            return
        refused = self._refused(scope)
        if refused is not None:
            await self._refuse(refused, scope, receive, send)
            return
        await self.inner(scope, _limited(receive, scope), _headed(send))

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        """Status and words of a refusal; None where the request may pass."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self.is_own(host):
            return 421, "this server does not answer under that name; see --name"
        socket = scope["type"] == "websocket"
        if (socket or scope["method"] not in SAFE) and not _same_origin(headers, scope):
            return 403, "requests must come from this server's own pages"
        if not self._allowance(scope).take(self._clock()):
            return 429, "too many requests; wait a moment"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return 413, f"a request may have {LARGEST_BODY} bytes"
        return None

    def is_own(self, host: str) -> bool:
        """Whether a Host header names this server; a foreign name may be a rebound one."""
        name = _without_port(host)
        if name in LOOPBACK_NAMES or name in self._rules.hosts:
            return True
        return not self._rules.local and _is_address(name)

    def _allowance(self, scope: Scope) -> Allowance:
        """A visitor's own, as judges behind one tunnel have one address; strangers share theirs."""
        client = scope.get("client") or ("", 0)
        key = self._known(HTTPConnection(scope)) or str(client[0])
        if len(self._allowances) > 10_000:
            self._allowances.clear()
        rules = self._rules
        return self._allowances.setdefault(key, Allowance(rules.rate, rules.burst))

    async def _refuse(
        self, refused: tuple[int, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        status, words = refused
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": CLOSED_BY_GUARD, "reason": words})
            return
        await PlainTextResponse(words, status)(scope, receive, _headed(send))


def _same_origin(headers: Headers, scope: Scope) -> bool:
    """Whether the Origin header is that of the page this server gave out."""
    scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
    return headers.get("origin") == f"{scheme}://{headers.get('host', '')}"


def _without_port(host: str) -> str:
    name, _, port = host.rpartition(":")
    return name.lower() if name and port.isdecimal() else host.lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _limited(receive: Receive, scope: Scope) -> Receive:
    """The same stream of a request, broken off where its body grows too large without a length."""
    got = 0

    async def limited() -> Message:
        nonlocal got
        message = await receive()
        if message["type"] == "http.request":
            got += len(message.get("body", b""))
            if got > LARGEST_BODY:
                raise HTTPException(413, f"a request may have {LARGEST_BODY} bytes")
        return message

    return limited if scope["type"] == "http" else receive


def _headed(send: Send) -> Send:
    """The same answers with the security headers, where a page does not bring stricter ones."""

    async def headed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return headed
