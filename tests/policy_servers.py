"""Policy servers for tests: of a stranger, well or badly behaved, and our own in a thread."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from sidestick.policies.policy import LearnedPolicy
from sidestick.policies.policy_server import policy_app
from sidestick.policies.remote.consent import allow_servers
from sidestick.policies.remote.wire import MOST_BYTES, pack, unpack

Answers = Callable[[dict[str, Any]], Any]
"""From a question to what is packed; bytes and text go as they are, None ends the connection."""
HANGS = object()


@contextlib.contextmanager
def stranger(answers: Answers, greeting: Any = None) -> Iterator[str]:
    """A WebSocket server's address, which is allowed."""

    def answer(client: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            client.send(pack(greeting or {}))
            for message in client:
                said = answers(unpack(message))  # type: ignore[arg-type]  # bytes
                if said is HANGS:
                    time.sleep(0.5)
                    said = {"actions": np.ones((1, 2))}
                if said is None:
                    return
                client.send(said if isinstance(said, bytes | str) else pack(said))

    with serve(answer, "127.0.0.1", 0, max_size=MOST_BYTES, compression=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        allow_servers([url])
        yield url
        server.shutdown()


@contextlib.contextmanager
def served(policy: LearnedPolicy, token: str = "") -> Iterator[str]:
    """Our own server's host and port, while it runs in a thread."""
    config = uvicorn.Config(
        policy_app(policy, token), ws="websockets-sansio", ws_max_size=MOST_BYTES,
        ws_per_message_deflate=False, log_level="error", timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        for url in (f"ws://{place}/", f"http://{place}/act"):
            allow_servers([f"{url} {token}"])
        try:
            yield place
        finally:
            server.should_exit = True
            thread.join()
