"""These functions say which policy servers the user named: no other is ever asked.

A policy's folder may come from anybody, and may name a server: what cameras see would be sent
there. The command line notes those that the user named, and says so to all its processes by a
variable, with the token that each wants.
"""

import os
from collections.abc import Iterable

from ...sim_envs.errors import NotAllowed

VARIABLE = "SIDESTICK_POLICY_SERVERS"
"""A line for each server: its address, and its token after a space where it wants one."""


def allowed_servers() -> dict[str, str]:
    """The token of each allowed server by its address; empty where it wants none."""
    lines = filter(None, os.environ.get(VARIABLE, "").split("\n"))
    return {url: token.strip() for url, _, token in (line.partition(" ") for line in lines)}


def allow_servers(lines: Iterable[str]) -> None:
    """Allow servers, in this process and those that it starts from now on."""
    named = {url: token.strip() for url, _, token in (line.partition(" ") for line in lines) if url}
    os.environ[VARIABLE] = "\n".join(server_lines({**allowed_servers(), **named}))


def server_lines(servers: dict[str, str]) -> list[str]:
    """Addresses and tokens as lines."""
    return [f"{url} {token}".strip() for url, token in servers.items()]


def token_for(url: str) -> str:
    """The token of an allowed server; NotAllowed for one that the user did not name."""
    servers = allowed_servers()
    if url not in servers:
        raise NotAllowed(
            f"the policy server {url} was not named on this machine: what the cameras see would be "
            f"sent there. `sidestick policies WS --allow-server {url}` allows it from then on"
        )
    return servers[url]
