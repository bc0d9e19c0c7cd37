"""The server over TLS, with a certificate of its own: https, wss, and a cookie for these alone."""

import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from websockets.sync.client import connect

from sidestick.teleop.web.access import Access
from sidestick.teleop.web.app import make_app
from sidestick.teleop.web.server import ServerOptions, bound, config
from tests.chromium import until
from tests.web_rig import web_workspace

OPENSSL = shutil.which("openssl")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    if OPENSSL is None:
        pytest.skip("there is no openssl to make a certificate with (apt-get install openssl)")
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    made = [OPENSSL, "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    place = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made, *kind, *place, *files], check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def served(certificate: tuple[Path, Path], tmp_path: Path) -> Iterator[tuple[int, Access]]:
    """A server as `sidestick serve --tls-cert --tls-key` runs it; its port and who is let in."""
    cert, key = certificate
    options = ServerOptions(port=0, tls_cert=cert, tls_key=key).checked()
    access = Access()
    app, seat = make_app(web_workspace(tmp_path / "ws", 1), access, options.rules, options.secure)
    server = uvicorn.Server(config(app, options))
    with contextlib.closing(bound(options)) as listening, contextlib.closing(seat):
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        until(lambda: server.started)
        yield listening.getsockname()[1], access
        server.should_exit = True
        thread.join(10)


def test_pages_and_sockets_are_encrypted_and_the_cookie_never_travels_otherwise(
    served: tuple[int, Access], certificate: tuple[Path, Path]
) -> None:
    port, access = served
    trusting = ssl.create_default_context(cafile=certificate[0])
    origin = f"https://localhost:{port}"
    body = json.dumps({"token": access.invite("owner"), "name": "Ada"}).encode()
    asked = urllib.request.Request(
        f"{origin}/api/enter", body, {"Content-Type": "application/json", "Origin": origin}
    )
    with urllib.request.urlopen(asked, context=trusting) as answer:
        cookie = answer.headers["set-cookie"]
    assert {"Secure", "HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    known = {"Cookie": cookie.partition(";")[0]}
    page = urllib.request.Request(f"{origin}/people", headers=known)
    with urllib.request.urlopen(page, context=trusting) as answer:
        assert answer.status == 200
        assert "Ada" in answer.read().decode()
    address = f"wss://localhost:{port}/ws/seat?drives=no"
    with connect(address, ssl=trusting, origin=origin, additional_headers=known) as talk:  # type: ignore[arg-type]
        assert "seat" in json.loads(talk.recv(timeout=10))


def test_nothing_is_served_in_the_clear_or_to_who_does_not_trust_the_certificate(
    served: tuple[int, Access],
) -> None:
    port, _ = served
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
        plain.sendall(b"GET /enter HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            assert b"HTTP/1.1 200" not in plain.recv(4096)
    with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
        urllib.request.urlopen(f"https://localhost:{port}/enter")
