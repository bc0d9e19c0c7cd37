"""A `Connection` asks a policy server; it raises PolicyError with the reason for anything else.

`connect` chooses by the address: a WebSocket, which greets with its metadata as openpi's servers
do, or a post for each question. Redirections are not followed, and proxies are not used.
"""

import contextlib
import http.client
import socket
import time
from typing import Any, Protocol
from urllib.parse import urlsplit

from ...sim_envs.errors import BadValue, MissingExtra, PolicyError
from ...sim_envs.install import install_hint
from .consent import token_for
from .settings import HTTP, RemoteSettings
from .wire import MOST_BYTES, pack, unpack

MSGPACK = "application/msgpack"
OPEN_TIMEOUT_S = 5.0
LONGEST_REASON = 300
"""Letters of a server's complaint that are passed on."""
PORTS = {"ws": 80, "http": 80, "wss": 443, "https": 443}


class Connection(Protocol):
    """One server."""

    def metadata(self) -> dict[str, Any]:
        """What it says of itself, once it was reached; empty where it says nothing."""
        ...

    def ask(self, question: dict[str, Any]) -> Any:
        """Its answer to an observation, unpacked."""
        ...

    def close(self) -> None:
        """Let go of it; asking again connects anew."""
        ...


def connect(settings: RemoteSettings) -> Connection:
    """A connection that is opened when it is used; NotAllowed for a server nobody named."""
    token = token_for(settings.url)
    kind = PostConnection if urlsplit(settings.url).scheme in HTTP else WebSocketConnection
    return kind(settings.url, settings.timeout_s, token)


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Api-Key {token}"} if token else {}


class WebSocketConnection:
    """A WebSocket that stays open; closed after a failure, so that no late answer is taken."""

    def __init__(self, url: str, timeout_s: float, token: str) -> None:
        self._url, self._timeout_s, self._token = url, timeout_s, token
        self._socket: Any = None
        self._held = contextlib.ExitStack()
        self._metadata: dict[str, Any] = {}

    def metadata(self) -> dict[str, Any]:
        """The first message of the server."""
        self._open()
        return self._metadata

    def ask(self, question: dict[str, Any]) -> Any:
        """Send and wait."""
        self._open()
        try:
            self._socket.send(pack(question))
            answer = self._socket.recv(self._timeout_s)
        except Exception as error:
            self.close()
            raise self._failed(error) from error
        return self._unpacked(answer)

    def close(self) -> None:
        """Close the WebSocket."""
        self._socket = None
        self._held.close()

    def _open(self) -> None:
        if self._socket is not None:
            return
        try:
            from websockets.sync.client import connect as connect_websocket
        except ImportError:
            raise MissingExtra(f"policy servers need websockets; {install_hint('serve')}") from None
        parts = urlsplit(self._url)
        try:
            place = (str(parts.hostname), parts.port or PORTS[parts.scheme])
            opened = socket.create_connection(place, min(OPEN_TIMEOUT_S, self._timeout_s))
            opening = connect_websocket(
                self._url,
                sock=opened,  # a redirection elsewhere is refused then
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=1.0,
                max_size=MOST_BYTES,
                compression=None,
                ping_interval=None,
                additional_headers=_headers(self._token),
            )
            self._socket = self._held.enter_context(opening)
            greeting = self._socket.recv(OPEN_TIMEOUT_S)
        except Exception as error:
            self.close()
            raise self._failed(error) from error
        said = self._unpacked(greeting)
        self._metadata = said if isinstance(said, dict) else {}

    def _unpacked(self, message: object) -> Any:
        if isinstance(message, bytes):
            try:
                return unpack(message)
            except BadValue as error:
                self.close()
                raise PolicyError(f"{self._url}: {error}") from None
        lines = str(message).strip().splitlines() or ["nothing"]
        raise PolicyError(f"{self._url}: the server says: {lines[-1][:LONGEST_REASON]}")

    def _failed(self, error: Exception) -> PolicyError:
        return _no_answer(self._url, error, self._timeout_s)


class PostConnection:
    """Observations are posted to the address, each for itself."""

    def __init__(self, url: str, timeout_s: float, token: str) -> None:
        self._url, self._timeout_s, self._token = url, timeout_s, token

    def metadata(self) -> dict[str, Any]:
        """Nothing: such a server does not greet."""
        return {}

    def close(self) -> None:
        """Nothing stays open."""

    def ask(self, question: dict[str, Any]) -> Any:
        """Post and read, within the time in all."""
        parts, ends = urlsplit(self._url), time.monotonic() + self._timeout_s
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        link = kind(str(parts.hostname), parts.port, timeout=self._timeout_s)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": MSGPACK, "Accept": MSGPACK, **_headers(self._token)}
        try:
            link.request("POST", path, pack(question), headers)
            answer = link.getresponse()
            body = bytearray()
            while part := answer.read1(2**16):
                body += part
                if len(body) > MOST_BYTES:
                    raise BadValue("answer", f"at most {MOST_BYTES} bytes", "more")
                if time.monotonic() > ends:
                    raise TimeoutError
        except (OSError, http.client.HTTPException, BadValue) as error:
            raise _no_answer(self._url, error, self._timeout_s) from error
        finally:
            link.close()
        if answer.status != http.client.OK:
            said = bytes(body).decode("utf-8", "replace").strip()[:LONGEST_REASON]
            raise PolicyError(f"{self._url}: the server says: {answer.status} {said}")
        try:
            return unpack(bytes(body))
        except BadValue as error:
            raise PolicyError(f"{self._url}: {error}") from None


def _no_answer(url: str, error: Exception, timeout_s: float) -> PolicyError:
    late = isinstance(error, TimeoutError)
    reason = f"none within {timeout_s:g} s" if late else f"{type(error).__name__}: {error}"
    return PolicyError(f"{url}: no answer ({reason[:LONGEST_REASON]}); does the server run?")
