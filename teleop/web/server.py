"""`run_server` serves a workspace until it is stopped, and prints the address that lets one in.

`sidestick serve` calls it. It listens on this machine alone unless it is told otherwise.
"""

import contextlib
import ipaddress
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from ...sim_envs.errors import BadValue, SidestickError
from .access import Access
from .guard import GuardRules

KEPT_S = 75
"""An idle connection is closed after this: judges think for seconds, and go on with the same."""
LARGEST_MESSAGE = 16 * 1024
"""Bytes of one message of a browser over a WebSocket."""
RISK = (
    "--insecure: everybody on the way can read what is sent, take over a session and drive the "
    "arm. Prefer an ssh tunnel (docs/remote.md) or --tls-cert and --tls-key"
)


@dataclass(frozen=True)
class ServerOptions:
    """Where the server listens, and how it is reached."""

    host: str = "127.0.0.1"
    port: int = 8420
    tls_cert: Path | None = None
    tls_key: Path | None = None
    insecure: bool = False
    names: tuple[str, ...] = ()
    """Names beside this machine's own under which browsers may ask for it."""

    @property
    def local(self) -> bool:
        """Whether this machine alone reaches it."""
        return is_loopback(self.host)

    @property
    def secure(self) -> bool:
        """Whether it is reached by HTTPS."""
        return self.tls_cert is not None

    @property
    def rules(self) -> GuardRules:
        """What the guard lets through."""
        own = frozenset(name.lower() for name in (*self.names, self.host))
        return GuardRules(own, self.local)

    def checked(self) -> "ServerOptions":
        """Itself; BadValue where others could reach it and nothing protects what is sent."""
        if (self.tls_cert is None) != (self.tls_key is None):
            raise BadValue("TLS", "both --tls-cert and --tls-key", "one of them")
        for path in (self.tls_cert, self.tls_key):
            if path is not None and not path.is_file():
                raise BadValue("TLS", "a file in PEM format", str(path))
        if not self.local and not self.secure and not self.insecure:
            raise BadValue(
                "--host",
                "127.0.0.1 (reach it by `ssh -L`, see docs/remote.md), or --tls-cert and "
                "--tls-key with it, or --insecure if you accept that everybody on the way can "
                "read what is sent and drive the arm",
                self.host,
            )
        return self

    def address(self, path: str) -> str:
        """The address of a path, as it is printed."""
        scheme = "https" if self.secure else "http"
        shown = self.names[0] if self.names else self.host
        host = f"[{shown}]" if ":" in shown else shown
        return f"{scheme}://{host}:{self.port}{path}"


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches what listens there."""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def bound(options: ServerOptions) -> socket.socket:
    """A socket that listens; SidestickError where the port is taken."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((options.host, options.port))
    except OSError as error:
        opened.close()
        raise SidestickError(
            f"cannot listen on {options.host}:{options.port}: {error.strerror or error}; "
            "choose another --port"
        ) from error
    return opened


def run_server(
    app: ASGIApp, access: Access, options: ServerOptions, tell: Callable[[str], object]
) -> None:
    """Serve until SIGINT or SIGTERM; `tell` gets the address that lets its first reader in."""
    with contextlib.closing(bound(options)) as listening:
        options = replace(options, port=listening.getsockname()[1])  # 0 is any that is free
        if not options.local and not options.secure:
            tell(RISK)
        tell(f"open {options.address('/enter')}#{access.invite('owner')}")
        tell("that address works once; the page People makes more. Ctrl-C ends the server")
        with unwound_by_sigterm():
            uvicorn.Server(config(app, options)).run([listening])


@contextlib.contextmanager
def unwound_by_sigterm() -> Iterator[None]:
    """Let SIGTERM raise SystemExit meanwhile, so that whoever called closes the seat.

    Uvicorn sends itself the signal again once it has ended, and that would end the process at once.
    Outside the main thread nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def config(app: ASGIApp, options: ServerOptions) -> uvicorn.Config:
    """How uvicorn runs: quiet, and without trusting headers of a proxy."""
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=KEPT_S,
        ssl_certfile=options.tls_cert,
        ssl_keyfile=options.tls_key,
    )
