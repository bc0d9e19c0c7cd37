"""Answer Sidestick's questions over a WebSocket; needs `pip install msgspec websockets numpy`.

Copy it beside a policy of your own: `serve(lambda observation: actions)`.
"""

import argparse
import sys
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as serve_websocket


def pack(value: Any) -> bytes:
    """Bytes of maps, lists, text, numbers and arrays."""

    def plain(one: Any) -> Any:
        array = np.ascontiguousarray(one)
        data, kind = array.tobytes(), array.dtype.str
        return {b"__ndarray__": True, b"data": data, b"dtype": kind, b"shape": array.shape}

    return msgspec.msgpack.encode(value, enc_hook=plain)


def unpack(message: bytes) -> Any:
    """The inverse of pack()."""

    def arrays(value: Any) -> Any:
        if isinstance(value, dict) and b"__ndarray__" in value:
            array = np.frombuffer(value[b"data"], np.dtype(value[b"dtype"]))
            return array.reshape(value[b"shape"]).copy()
        if isinstance(value, dict):
            return {key: arrays(item) for key, item in value.items()}
        return value

    return arrays(msgspec.msgpack.decode(message))


def serve(
    act: Callable[[dict[str, Any]], Any],
    host: str = "127.0.0.1",
    port: int = 8000,
    clients: int = 1,
) -> None:
    """Greet each client, then answer each observation with {"actions": [H, A] or [A]}.

    An observation with "reset": True is the first of an episode, or after a takeover. More than one
    of the `clients` at once is for policies that remember nothing of the observations before.
    """
    free = threading.Semaphore(clients)

    def answer(client: ServerConnection) -> None:
        if not free.acquire(timeout=1.0):
            client.send("busy: this policy has a past, and serves one client; use --workers 1")
            return
        try:
            talk(client)
        finally:
            free.release()

    def talk(client: ServerConnection) -> None:
        client.send(pack({}))
        try:
            for message in client:
                try:
                    client.send(pack({"actions": np.asarray(act(unpack(message)))}))
                except (KeyError, TypeError, ValueError, RuntimeError) as error:
                    client.send(f"{type(error).__name__}: {error}")  # as text: it holds the arm
        except ConnectionClosed:
            return

    with serve_websocket(answer, host, port, max_size=2**26, compression=None) as server:
        sys.stdout.write(f"ws://{host}:{server.socket.getsockname()[1]}/\n")
        sys.stdout.flush()
        server.serve_forever()


def arguments(what: str) -> argparse.Namespace:
    """The checkpoint and the port of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", help=what)
    parser.add_argument("--port", type=int, default=8000)
    return parser.parse_args()
