"""`sidestick serve-policy` lets other programs drive with a policy, over WebSocket or HTTP."""

import ipaddress
import secrets
import socket
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from tyro.conf import arg

from ...datasets.formats.optional import require
from ...datasets.workspace import Workspace
from ...policies.loaded_policy import trained_here
from ...policies.remote.wire import MOST_BYTES
from ...policies.store import PolicyStore
from ...sim_envs.errors import BadValue
from .console import print_json, say
from .numbers import Port
from .subcommand import DONE, NOTHING_LOST, Device, WorkspacePath

LOCAL = "127.0.0.1"
PORT = 8643
MOST_CLIENTS = 16
"""Connections at once; each has a past of its own."""


@dataclass(frozen=True)
class ServePolicy:
    """Let other programs drive with a policy: a WebSocket as openpi's servers have, or POST /act.

    Observations go in and plans come out, as msgpack. docs/policy-api.md has examples.
    """

    if_interrupted: ClassVar[str] = NOTHING_LOST

    workspace: WorkspacePath
    """Folder of the workspace."""
    policy: Annotated[str | None, arg(metavar="ID")] = None
    """Number of the policy; the one that drives unless given."""
    host: str = LOCAL
    """Address to listen on. Any but a loopback address wants a token, which is made and shown."""
    port: Port = PORT
    """Port to listen on; 0 for any that is free."""
    token: str = ""
    """What clients must bring as Authorization: Api-Key TOKEN."""
    device: Device = "auto"
    """What networks run on."""
    json: bool = False
    """Say address, token and policy as JSON on standard output."""

    def run(self) -> int:
        """Serve until interrupted."""
        for module in ("starlette", "websockets"):
            require(module, "serve")
        uvicorn = require("uvicorn", "serve")
        workspace = Workspace.open(self.workspace)
        store = PolicyStore(workspace.policies_dir)
        choice = store.choose(self.policy)
        from ...policies.policy_server import policy_app  # it loads PyTorch

        policy = trained_here(store.load(choice.policy_id, workspace.config), "serving")
        open_to_others = not _is_loopback(self.host)
        token = self.token or (secrets.token_urlsafe(24) if open_to_others else "")
        config = uvicorn.Config(
            policy_app(policy, token),
            ws="websockets-sansio",
            ws_max_size=MOST_BYTES,
            ws_per_message_deflate=False,
            limit_concurrency=MOST_CLIENTS,
            timeout_graceful_shutdown=1,
            log_level="warning",
        )
        with _listening(self.host, self.port) as listener:
            host, port = listener.getsockname()[:2]
            place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            self._tell(choice.label, choice.policy_id, f"ws://{place}/", token)
            uvicorn.Server(config).run(sockets=[listener])
        return DONE

    def _tell(self, label: str, policy_id: str, url: str, token: str) -> None:
        post = url.replace("ws:", "http:") + "act"
        if self.json:
            print_json({"policy": policy_id, "url": url, "act": post, "token": token or None})
            return
        say(f"{label}\nserved at {url} (WebSocket) and {post} (POST); Ctrl-C ends it")
        if token:
            say(f"clients bring the header Authorization: Api-Key {token}")
        if not _is_loopback(self.host):
            say("others on the network can reach it, and nothing is encrypted: `ssh -L` is safer")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listening(host: str, port: int) -> Any:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise BadValue("--host and --port", "an address that is free here", error) from None
