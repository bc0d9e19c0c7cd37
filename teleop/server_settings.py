"""These functions keep which policy servers the user named, in a file of the user's settings."""

import contextlib

from ..policies.remote.consent import allow_servers, allowed_servers, server_lines
from ..sim_envs.errors import BadValue
from .devices.settings import BadSettings, read_setting, write_setting

SERVERS_FILE = "policy_servers.txt"
"""Addresses of allowed servers, one a line, with the token that a server wants after a blank."""


def allow_noted_servers() -> None:
    """Allow the servers of the user's settings, in this process and those that it starts.

    Settings that cannot be read allow none; what then needs one says so.
    """
    with contextlib.suppress(BadSettings):
        allow_servers(read_setting(SERVERS_FILE).splitlines())


def note_server(url: str, token: str = "") -> None:
    """Allow a server that the user named, now and from now on; with a token, or its known one."""
    if not token.isprintable() or " " in token:
        raise BadValue("--server-token", "letters, digits and signs without blanks", repr(token))
    known = allowed_servers()
    if url in known and (not token or known[url] == token):
        return
    allow_servers([f"{url} {token}"])
    path = write_setting(
        SERVERS_FILE, "".join(f"{one}\n" for one in server_lines(allowed_servers()))
    )
    path.chmod(0o600)
